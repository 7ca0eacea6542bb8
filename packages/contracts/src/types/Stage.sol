// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Where a case is. See the drawing in docs/court.md.
enum Phase {
    Open,
    Demanded,
    Drawing,
    Voting,
    Ruled
}

/// @notice What a jury found: no majority, that the receipt tells the truth, or that a majority agrees on another truth.
enum Ruling {
    None,
    Right,
    Wrong
}

/// @notice How a case ended. Every case ends in one of these and stays there for ever.
/// @dev `Upheld`, `Failed` and `Split` (burden of proof: the plaintiff gets nothing, stakes go back) are what a jury, a
/// silence or a missed deadline come to. `Paid`: what was claimed has been paid meanwhile. `Rebutted`: the claimant lied
/// about what it was paid.
enum Outcome {
    None,
    Upheld,
    Failed,
    Split,
    Paid,
    Rebutted
}

/// @notice The half of a stage that jurors need not know.
/// @param plaintiff as in the case
/// @param defendant who demanded data, and then who challenged
/// @param plaintiffLink the newest link of the plaintiff's hash chain: the next secret hashes to it
/// @param defendantLink the same of the defendant
/// @param drawHash hash of the block that the jury is drawn with, zero until it is pinned
/// @param seatCount how many seats there were when the case was challenged
struct Sides {
    address plaintiff;
    address defendant;
    bytes32 plaintiffLink;
    bytes32 defendantLink;
    bytes32 drawHash;
    uint32 seatCount;
}

/// @notice The half of a stage that jurors vote on.
/// @param clock the small fields of {State} in one word, from the highest bits down: `phase(8) ‖ ruling(8) ‖ round(8) ‖
/// demands(8) ‖ flags(8) ‖ jurors(8) ‖ pot(16) ‖ until(48) ‖ dataUntil(48) ‖ calledAt(48) ‖ target(48)`
/// @param seats0 the drawn seats, 32 bits each, the first in the lowest bits
/// @param seats1 the ninth to sixteenth
/// @param seats2 the seventeenth to twenty-fourth
/// @param seats3 the rest
struct Turn {
    uint256 clock;
    uint256 seats0;
    uint256 seats1;
    uint256 seats2;
    uint256 seats3;
}

/// @notice All of a case that changes. Never stored: whoever moves the case gives it, and its hash is part of what the
/// court remembers. Every event says what changed, and every function answers the next stage.
struct Stage {
    Sides sides;
    Turn turn;
}

/// @notice A case as jurors bring it.
/// @param id of the case
/// @param docket hash of all that jurors need not know, see {States.docketOf}
/// @param truth of the case
/// @param turn the half of the stage that they vote on
struct Hearing {
    bytes32 id;
    bytes32 docket;
    bytes32 truth;
    Turn turn;
}

/// @notice A stage as the court works on it: {Sides}, then the fields of the clock, then the seats.
/// @param phase see {Phase}
/// @param ruling of the last round, none before
/// @param round 0 to 3
/// @param demands how often the buyer has demanded data
/// @param flags who revealed the secret of this round and who paid the stake of it, see {States}
/// @param jurors how many seats were drawn
/// @param pot what the court holds for this case, in quanta of stake
/// @param until UNIX second up to which the parties may act; in `Voting`, up to which jurors may commit
/// @param dataUntil `Demanded`: UNIX second up to which the claimant may answer
/// @param calledAt when the case was challenged, UNIX second: who did not sit before cannot judge
/// @param target `Demanded`: index of the chunk; `Drawing`: number of the block whose hash is drawn with
struct State {
    address plaintiff;
    address defendant;
    bytes32 plaintiffLink;
    bytes32 defendantLink;
    bytes32 drawHash;
    uint32 seatCount;
    Phase phase;
    Ruling ruling;
    uint8 round;
    uint8 demands;
    uint8 flags;
    uint8 jurors;
    uint16 pot;
    uint48 until;
    uint48 dataUntil;
    uint48 calledAt;
    uint48 target;
    uint256 seats0;
    uint256 seats1;
    uint256 seats2;
    uint256 seats3;
}

using States for State global;

library States {
    uint8 internal constant PLAINTIFF_REVEALED = 1;
    uint8 internal constant DEFENDANT_REVEALED = 2;
    uint8 internal constant BOTH_REVEALED = 3;
    uint8 internal constant PLAINTIFF_STAKED = 4;
    uint8 internal constant DEFENDANT_STAKED = 8;

    uint256 private constant SIDES_BYTES = 6 * 32;
    uint256 private constant SEATS_BYTES = 4 * 32;
    /// @dev Where the seats begin in a {State} in memory.
    uint256 private constant SEATS_AT = 17 * 32;

    /// @notice The stage that a caller gives.
    /// @dev Copied without a look at its fields: what is not clean has another hash than what is remembered, so that
    /// {headOf} must be compared before anything else is done with it.
    function load(Stage calldata given) internal pure returns (State memory self) {
        self = load(given.turn);
        assembly ("memory-safe") {
            calldatacopy(self, given, SIDES_BYTES)
        }
    }

    /// @notice The stage as far as a juror gives it; the sides are zero.
    function load(Turn calldata given) internal pure returns (State memory self) {
        assembly ("memory-safe") {
            let clock := calldataload(given)
            // Six fields of a byte, one of two, four of six.
            mstore(add(self, 0xc0), byte(0, clock))
            mstore(add(self, 0xe0), byte(1, clock))
            mstore(add(self, 0x100), byte(2, clock))
            mstore(add(self, 0x120), byte(3, clock))
            mstore(add(self, 0x140), byte(4, clock))
            mstore(add(self, 0x160), byte(5, clock))
            mstore(add(self, 0x180), and(shr(192, clock), 0xffff))
            mstore(add(self, 0x1a0), and(shr(144, clock), 0xffffffffffff))
            mstore(add(self, 0x1c0), and(shr(96, clock), 0xffffffffffff))
            mstore(add(self, 0x1e0), and(shr(48, clock), 0xffffffffffff))
            mstore(add(self, 0x200), and(clock, 0xffffffffffff))
            calldatacopy(add(self, SEATS_AT), add(given, 0x20), SEATS_BYTES)
        }
    }

    /// @notice What jurors need to know of all that they need not know: `keccak256(abi.encode(facts, sides))`.
    /// @param facts hash of the case
    function docketOf(Sides calldata sides, bytes32 facts) internal pure returns (bytes32 docket) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, facts)
            calldatacopy(add(free, 0x20), sides, SIDES_BYTES)
            docket := keccak256(free, add(SIDES_BYTES, 0x20))
        }
    }

    /// @notice All that the court remembers of a running case: `keccak256(abi.encode(docket, truth, turn))`.
    /// @param truth the same as in the case, beside it so that a juror need not bring all the rest
    function headOf(Turn calldata turn, bytes32 docket, bytes32 truth) internal pure returns (bytes32 head) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, docket)
            mstore(add(free, 0x20), truth)
            calldatacopy(add(free, 0x40), turn, add(SEATS_BYTES, 0x20))
            head := keccak256(free, add(SEATS_BYTES, 0x60))
        }
    }

    /// @notice The same two hashes of a stage that the court worked on.
    function docketOf(bytes32[11] memory packed, bytes32 facts) internal pure returns (bytes32 docket) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, facts)
            mcopy(add(free, 0x20), packed, SIDES_BYTES)
            docket := keccak256(free, add(SIDES_BYTES, 0x20))
        }
    }

    function headOf(bytes32[11] memory packed, bytes32 docket, bytes32 truth) internal pure returns (bytes32 head) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, docket)
            mstore(add(free, 0x20), truth)
            mcopy(add(free, 0x40), add(packed, SIDES_BYTES), add(SEATS_BYTES, 0x20))
            head := keccak256(free, add(SEATS_BYTES, 0x60))
        }
    }

    /// @notice This stage as it is given and answered: the encoding of {Stage}.
    function pack(State memory self) internal pure returns (bytes32[11] memory packed) {
        assembly ("memory-safe") {
            mcopy(packed, self, SIDES_BYTES)
            let clock := shl(248, mload(add(self, 0xc0)))
            clock := or(clock, shl(240, mload(add(self, 0xe0))))
            clock := or(clock, shl(232, mload(add(self, 0x100))))
            clock := or(clock, shl(224, mload(add(self, 0x120))))
            clock := or(clock, shl(216, mload(add(self, 0x140))))
            clock := or(clock, shl(208, mload(add(self, 0x160))))
            clock := or(clock, shl(192, mload(add(self, 0x180))))
            clock := or(clock, shl(144, mload(add(self, 0x1a0))))
            clock := or(clock, shl(96, mload(add(self, 0x1c0))))
            clock := or(clock, shl(48, mload(add(self, 0x1e0))))
            mstore(add(packed, SIDES_BYTES), or(clock, mload(add(self, 0x200))))
            mcopy(add(packed, add(SIDES_BYTES, 0x20)), add(self, SEATS_AT), SEATS_BYTES)
        }
    }

    /// @notice Ends the call with this {Stage} as its answer.
    function answerStage(bytes32[11] memory packed) internal pure {
        assembly ("memory-safe") {
            return(packed, 0x160)
        }
    }

    /// @notice Ends the call with the {Turn} of this stage as its answer.
    function answerTurn(bytes32[11] memory packed) internal pure {
        assembly ("memory-safe") {
            return(add(packed, SIDES_BYTES), 0xa0)
        }
    }

    /// @notice The seat drawn for `position`.
    function seatAt(State memory self, uint256 position) internal pure returns (uint256 seat) {
        assembly ("memory-safe") {
            let word := mload(add(add(self, SEATS_AT), shl(5, shr(3, position))))
            seat := and(shr(shl(5, and(position, 7)), word), 0xffffffff)
        }
    }

    /// @notice Puts `seat` at the first free position, below the thirty-second.
    function addSeat(State memory self, uint256 seat) internal pure {
        uint256 position = self.jurors;
        assembly ("memory-safe") {
            let to := add(add(self, SEATS_AT), shl(5, shr(3, position)))
            mstore(to, or(mload(to), shl(shl(5, and(position, 7)), seat)))
        }
        unchecked {
            self.jurors += 1;
        }
    }

    function clearSeats(State memory self) internal pure {
        (self.jurors, self.seats0, self.seats1, self.seats2, self.seats3) = (0, 0, 0, 0, 0);
    }
}
