// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A place on the jury, one storage word.
/// @param owner who votes for it; zero for a tombstone: a seat that was left
/// @param since when it was taken, UNIX second
/// @param leavingAt when its owner asked to leave, or penalties used up half of it, UNIX second; zero if neither
/// @param quanta stake in quanta; a new seat has {Seats.QUANTA}
struct Seat {
    address owner;
    uint40 since;
    uint40 leavingAt;
    uint16 quanta;
}

using Seats for Seat global;

library Seats {
    /// @notice Quanta of stake in a seat of one unit: everything the court charges and pays is a number of these.
    uint16 internal constant QUANTA = 20;

    /// @notice Whether the seat may judge a case that was challenged at `calledAt`.
    /// @dev The answer is the same whenever it is asked before `calledAt` plus the exit delay: later calls of its owner
    /// or anybody else cannot change it. That is what keeps the last to reveal a secret from choosing between juries.
    function mayJudge(Seat storage self, uint256 calledAt) internal view returns (bool) {
        return self.owner != address(0) && self.since < calledAt && (self.leavingAt == 0 || self.leavingAt > calledAt);
    }
}
