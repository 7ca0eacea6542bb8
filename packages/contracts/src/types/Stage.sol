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

/// @notice All of a case that changes. Never stored: whoever moves the case gives it, and its hash is part of what the
/// court remembers. Every event says what changed, and every function answers the next stage.
/// @param phase see {Phase}
/// @param ruling of the last round, none before
/// @param round 0 to 3
/// @param demands how often the buyer has demanded data
/// @param flags who revealed the secret of this round and who paid the stake of it, see {Stages}
/// @param jurors how many seats were drawn
/// @param pot what the court holds for this case, in quanta of stake
/// @param until UNIX second up to which the parties may act; in `Voting`, up to which jurors may commit
/// @param dataUntil `Demanded`: UNIX second up to which the claimant may answer
/// @param calledAt when the case was challenged, UNIX second: who did not sit before cannot judge
/// @param seatCount how many seats there were then
/// @param target `Demanded`: index of the chunk; `Drawing`: number of the block whose hash is drawn with
/// @param defendant who demanded data, and then who challenged
/// @param plaintiffLink the newest link of the plaintiff's hash chain: the next secret hashes to it
/// @param defendantLink the same of the defendant
/// @param drawHash hash of block `target`, zero until it is pinned
/// @param seats0 the drawn seats, 32 bits each, the first in the lowest bits
/// @param seats1 the ninth to sixteenth
/// @param seats2 the seventeenth to twenty-fourth
/// @param seats3 the rest
struct Stage {
    Phase phase;
    Ruling ruling;
    uint8 round;
    uint8 demands;
    uint8 flags;
    uint8 jurors;
    uint32 pot;
    uint48 until;
    uint48 dataUntil;
    uint48 calledAt;
    uint32 seatCount;
    uint64 target;
    address defendant;
    bytes32 plaintiffLink;
    bytes32 defendantLink;
    bytes32 drawHash;
    uint256 seats0;
    uint256 seats1;
    uint256 seats2;
    uint256 seats3;
}

using Stages for Stage global;

library Stages {
    /// @dev Twenty whole words, in memory as in calldata.
    uint256 private constant BYTES = 20 * 32;

    uint8 internal constant PLAINTIFF_REVEALED = 1;
    uint8 internal constant DEFENDANT_REVEALED = 2;
    uint8 internal constant BOTH_REVEALED = 3;
    uint8 internal constant PLAINTIFF_STAKED = 4;
    uint8 internal constant DEFENDANT_STAKED = 8;

    /// @notice The stage that a caller gives.
    /// @dev Copied as it is, without a look at its fields: what is not clean has another hash than what is remembered, so
    /// that {head} must be compared before anything else is done with it.
    function load(Stage calldata given) internal pure returns (Stage memory self) {
        assembly ("memory-safe") {
            self := mload(0x40)
            calldatacopy(self, given, BYTES)
            mstore(0x40, add(self, BYTES))
        }
    }

    /// @notice Ends the call with this stage as its answer.
    function answer(Stage memory self) internal pure {
        assembly ("memory-safe") {
            return(self, BYTES)
        }
    }

    /// @notice All that the court remembers of a running case, in one word.
    /// @param facts hash of the case
    /// @param truth the same as in the case, beside it so that a juror need not bring all the rest
    /// @dev `keccak256(abi.encode(facts, truth, self))`, beyond the end of allocated memory.
    function head(Stage memory self, bytes32 facts, bytes32 truth) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, facts)
            mstore(add(free, 0x20), truth)
            mcopy(add(free, 0x40), self, BYTES)
            digest := keccak256(free, add(BYTES, 0x40))
        }
    }

    /// @notice The seat drawn for `position`.
    function seatAt(Stage memory self, uint256 position) internal pure returns (uint256 seat) {
        assembly ("memory-safe") {
            // The four words of seats are the last ones of the struct.
            let word := mload(add(self, add(sub(BYTES, 0x80), shl(5, shr(3, position)))))
            seat := and(shr(shl(5, and(position, 7)), word), 0xffffffff)
        }
    }

    /// @notice Puts `seat` at the first free position, below the thirty-second.
    function addSeat(Stage memory self, uint256 seat) internal pure {
        uint256 position = self.jurors;
        assembly ("memory-safe") {
            let at := add(self, add(sub(BYTES, 0x80), shl(5, shr(3, position))))
            mstore(at, or(mload(at), shl(shl(5, and(position, 7)), seat)))
        }
        unchecked {
            self.jurors = uint8(position + 1);
        }
    }

    function clearSeats(Stage memory self) internal pure {
        (self.jurors, self.seats0, self.seats1, self.seats2, self.seats3) = (0, 0, 0, 0, 0);
    }
}
