// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A bond in one word: `amount(128) ‖ exposed(128)`, so that a slash reads and writes one slot.
///
/// - `amount`: what the bond holds; at most AMOUNT_MAX
/// - `exposed`: the sum of all exposures; never more than `amount`
type Bond is uint256;

/// @notice Where a bond's word is kept; a reference to it remembers the slot, so that it is computed once.
struct BondSlot {
    Bond state;
}

using BondWords for Bond global;

library BondWords {
    uint256 internal constant AMOUNT_MAX = type(uint104).max;

    function amount(Bond bond) internal pure returns (uint256) {
        return Bond.unwrap(bond) >> 128;
    }

    function exposed(Bond bond) internal pure returns (uint256) {
        return Bond.unwrap(bond) & type(uint128).max;
    }

    /// @dev The caller makes sure that each part fits, by never exceeding AMOUNT_MAX.
    function pack(uint256 amount_, uint256 exposed_) internal pure returns (Bond) {
        return Bond.wrap((amount_ << 128) | exposed_);
    }
}
