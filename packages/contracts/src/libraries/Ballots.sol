// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ruling} from "../types/Stage.sol";

/// @notice The votes of a round in one word: 256 / size bits for each position of a jury of 3, 7, 15 or 31, so 85, 36, 17
/// or 8 of them.
///
///     0  nothing yet        1  committed        2  the truth of the case        else  a tag of another truth
///
/// A tag is the vote modulo what fits. Two different votes of the same jury share one by chance at most once in 253
/// times in the largest jury, where it takes fifteen such chances to make a majority, and practically never in the
/// smaller ones.
library Ballots {
    uint256 internal constant NONE = 0;
    uint256 internal constant COMMITTED = 1;
    uint256 internal constant TRUTH = 2;
    uint256 private constant OTHERS = 3;

    function ballotAt(uint256 ballots, uint256 size, uint256 position) internal pure returns (uint256) {
        uint256 width = 256 / size;
        return (ballots >> (position * width)) & ((1 << width) - 1);
    }

    function commit(uint256 ballots, uint256 size, uint256 position) internal pure returns (uint256) {
        return ballots | (COMMITTED << (position * (256 / size)));
    }

    /// @dev The position is committed.
    function reveal(uint256 ballots, uint256 size, uint256 position, bytes32 vote, bytes32 truth)
        internal
        pure
        returns (uint256)
    {
        uint256 width = 256 / size;
        uint256 tag = vote == truth ? TRUTH : OTHERS + uint256(vote) % ((1 << width) - OTHERS);
        return ballots ^ ((COMMITTED ^ tag) << (position * width));
    }

    /// @return none how many of the `jurors` have done nothing yet
    /// @return hidden how many have committed but not revealed
    function missing(uint256 ballots, uint256 size, uint256 jurors)
        internal
        pure
        returns (uint256 none, uint256 hidden)
    {
        for (uint256 position = 0; position < jurors; ++position) {
            uint256 ballot = ballotAt(ballots, size, position);
            if (ballot == NONE) ++none;
            else if (ballot == COMMITTED) ++hidden;
        }
    }

    /// @notice What more than half of those who revealed agree on.
    /// @return ruling none if there is no such thing
    /// @return winner the ballot of the majority
    function count(uint256 ballots, uint256 size, uint256 jurors)
        internal
        pure
        returns (Ruling ruling, uint256 winner)
    {
        uint256 revealed;
        uint256 lead;
        for (uint256 position = 0; position < jurors; ++position) {
            uint256 ballot = ballotAt(ballots, size, position);
            if (ballot <= COMMITTED) continue;
            ++revealed;
            // Boyer and Moore: if there is a majority it is what stays.
            if (lead == 0) (winner, lead) = (ballot, 1);
            else if (ballot == winner) ++lead;
            else --lead;
        }
        uint256 votes;
        for (uint256 position = 0; position < jurors; ++position) {
            if (ballotAt(ballots, size, position) == winner) ++votes;
        }
        if (revealed == 0 || votes * 2 <= revealed) return (Ruling.None, 0);
        ruling = winner == TRUTH ? Ruling.Right : Ruling.Wrong;
    }
}
