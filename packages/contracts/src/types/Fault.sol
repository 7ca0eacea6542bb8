// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What came of one equivocation, in one word: `punished(1) ‖ compensated(255)`.
///
/// - `punished`: whether the penalty was taken
/// - `compensated`: what has been credited to the harmed
type Fault is uint256;

struct FaultSlot {
    Fault state;
}

using Faults for Fault global;

library Faults {
    uint256 private constant PUNISHED = 1 << 255;

    function punished(Fault fault) internal pure returns (bool) {
        return Fault.unwrap(fault) & PUNISHED != 0;
    }

    function compensated(Fault fault) internal pure returns (uint256) {
        return Fault.unwrap(fault) & ~PUNISHED;
    }

    /// @dev Only the sum of 104-bit numbers is ever put into `compensated`.
    function pack(bool punished_, uint256 compensated_) internal pure returns (Fault) {
        return Fault.wrap(punished_ ? PUNISHED | compensated_ : compensated_);
    }
}
