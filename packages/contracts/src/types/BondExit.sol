// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What an owner asked to take out of a bond, in one word: `amount(208) ‖ exitAt(48)`; `exitAt` is the UNIX
/// second from which he may, zero if he did not ask.
type BondExit is uint256;

using BondExits for BondExit global;

library BondExits {
    BondExit internal constant NONE = BondExit.wrap(0);

    function amount(BondExit pending) internal pure returns (uint256) {
        return BondExit.unwrap(pending) >> 48;
    }

    function exitAt(BondExit pending) internal pure returns (uint256) {
        return BondExit.unwrap(pending) & type(uint48).max;
    }

    /// @dev The caller makes sure that each part fits: the amount by never exceeding a bond's, time by itself.
    function pack(uint256 amount_, uint256 exitAt_) internal pure returns (BondExit) {
        return BondExit.wrap((amount_ << 48) | exitAt_);
    }
}
