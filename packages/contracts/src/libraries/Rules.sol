// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The numbers that the court goes by. Times are in seconds, amounts in quanta of stake.
library Rules {
    /// @dev How long an open case waits for somebody to contest it.
    uint48 internal constant OPEN_SEC = 2 days;
    /// @dev How long the claimant has to answer a demand, and the buyer to act on the answer.
    uint48 internal constant DATA_SEC = 12 hours;
    uint8 internal constant DEMANDS_MAX = 3;
    uint256 internal constant CHUNK_BYTES_MAX = 1024;
    /// @dev How long both parties have to show their secrets of a round.
    uint48 internal constant SECRETS_SEC = 18 hours;
    uint48 internal constant COMMIT_SEC = 24 hours;
    uint48 internal constant REVEAL_SEC = 18 hours;
    uint48 internal constant APPEAL_SEC = 24 hours;
    /// @dev More than the sum of all of the above over all rounds, which is 18 days.
    uint48 internal constant CASE_SEC_MAX = 20 days;
    uint48 internal constant FAULT_SEC = 7 days;
    /// @dev A seat that could be drawn when a case was challenged is there until its last round is over.
    uint48 internal constant SEAT_EXIT_SEC = 21 days;
    /// @dev How many blocks after the second party has bound itself the block comes that the jury is drawn with.
    uint48 internal constant DRAW_DELAY_BLOCKS = 4;

    uint16 private constant JURY_SIZE_FIRST = 3;
    uint8 internal constant ROUND_LAST = 3;
    /// @dev Drawing a seat fails when it is a tombstone, too new, being left, or drawn already: this many tries for each.
    uint256 internal constant DRAW_TRIES = 8;

    /// @dev What each vote with the majority earns, and what each of the others costs its seat.
    uint16 internal constant FEE_QUANTA = 1;
    uint16 internal constant MINORITY_QUANTA = 2;
    uint16 internal constant SILENCE_QUANTA = 4;
    /// @dev A seat with less than this is drawn for no new case.
    uint16 internal constant SEAT_QUANTA_MIN = 10;
    uint16 internal constant DATA_QUANTA = 1;

    /// @notice Size of the jury: 3, 7, 15, 31.
    function jurySize(uint8 round) internal pure returns (uint16) {
        unchecked {
            return (JURY_SIZE_FIRST + 1 << round) - 1;
        }
    }

    /// @notice What each side stakes for a round: twice what its jury can cost.
    function stakeQuanta(uint8 round) internal pure returns (uint16) {
        unchecked {
            return 2 * FEE_QUANTA * jurySize(round);
        }
    }
}
