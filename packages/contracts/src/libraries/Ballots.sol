// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ruling} from "../types/Stage.sol";

/// @notice The votes of a round in one word: a hash of 160 bits over all commitments in the order they came, and 96 / size
/// bits for each position of a jury of 3, 7, 15 or 31, so 32, 13, 6 or 3 of them:
///
///     0  nothing yet        1  committed        2  the truth of the case        else  a tag of another truth
///
/// A tag is the vote modulo what fits. Different votes can share one: the largest jury has five, and still less than one
/// jury in a thousand makes a majority out of thirty-one different votes. In the smaller ones it practically never
/// happens. Who votes at random hopes in vain for a fee that is half of what being wrong costs.
library Ballots {
    uint256 internal constant NONE = 0;
    uint256 internal constant COMMITTED = 1;
    uint256 internal constant TRUTH = 2;
    uint256 private constant OTHERS = 3;
    uint256 private constant BITS = 96;
    uint256 private constant BIT = 1;

    function ballotAt(uint256 votes, uint256 size, uint256 position) internal pure returns (uint256) {
        unchecked {
            uint256 width = BITS / size;
            return (votes >> (position * width)) & ((BIT << width) - 1);
        }
    }

    function commit(uint256 votes, uint256 size, uint256 position, bytes32 commitment) internal pure returns (uint256) {
        unchecked {
            uint256 ballots = (votes & type(uint96).max) | (COMMITTED << (position * (BITS / size)));
            return (extend(votes >> BITS, position, commitment) << BITS) | ballots;
        }
    }

    /// @notice The hash over one commitment more.
    function extend(uint256 commits, uint256 position, bytes32 commitment) internal pure returns (uint256) {
        return uint160(uint256(keccak256(abi.encode(commits, position, commitment))));
    }

    function commitsOf(uint256 votes) internal pure returns (uint256) {
        return votes >> BITS;
    }

    /// @dev The position is committed.
    function reveal(uint256 votes, uint256 size, uint256 position, bytes32 vote, bytes32 truth)
        internal
        pure
        returns (uint256)
    {
        unchecked {
            uint256 width = BITS / size;
            uint256 tag = vote == truth ? TRUTH : OTHERS + uint256(vote) % ((BIT << width) - OTHERS);
            return votes ^ ((COMMITTED ^ tag) << (position * width));
        }
    }

    /// @return none how many of the `jurors` have done nothing yet
    /// @return hidden how many have committed but not revealed
    function missing(uint256 votes, uint256 size, uint256 jurors) internal pure returns (uint256 none, uint256 hidden) {
        unchecked {
            for (uint256 position = 0; position < jurors; ++position) {
                uint256 ballot = ballotAt(votes, size, position);
                if (ballot == NONE) ++none;
                else if (ballot == COMMITTED) ++hidden;
            }
        }
    }

    /// @notice What more than half of those who revealed agree on.
    /// @return ruling none if there is no such thing
    /// @return winner the ballot of the majority
    function count(uint256 votes, uint256 size, uint256 jurors) internal pure returns (Ruling ruling, uint256 winner) {
        unchecked {
            uint256 revealed;
            uint256 lead;
            for (uint256 position = 0; position < jurors; ++position) {
                uint256 ballot = ballotAt(votes, size, position);
                if (ballot <= COMMITTED) continue;
                ++revealed;
                // Boyer and Moore: if there is a majority it is what stays.
                if (lead == 0) (winner, lead) = (ballot, 1);
                else if (ballot == winner) ++lead;
                else --lead;
            }
            uint256 agreed;
            for (uint256 position = 0; position < jurors; ++position) {
                if (ballotAt(votes, size, position) == winner) ++agreed;
            }
            if (revealed == 0 || agreed * 2 <= revealed) return (Ruling.None, 0);
            ruling = winner == TRUTH ? Ruling.Right : Ruling.Wrong;
        }
    }
}
