// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a quorum says: the largest number that `quorum` of those asked vouch for.
library Quorums {
    /// @notice A ranking of the `quorum` largest numbers seen so far, largest first; zeros at the start.
    function create(uint256 quorum) internal pure returns (uint256[] memory ranking) {
        return new uint256[](quorum);
    }

    function add(uint256[] memory ranking, uint256 value) internal pure {
        uint256 last = ranking.length - 1;
        if (value <= ranking[last]) return;
        uint256 place = last;
        while (place > 0 && ranking[place - 1] < value) {
            ranking[place] = ranking[place - 1];
            --place;
        }
        ranking[place] = value;
    }

    /// @notice The smallest of the ranking: as many as it has places were at least this.
    function agreed(uint256[] memory ranking) internal pure returns (uint256) {
        return ranking[ranking.length - 1];
    }
}
