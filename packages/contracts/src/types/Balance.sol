// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Where an account's balance of a token is kept. A struct, so that a reference to it remembers the place, which
/// would otherwise be computed again each time.
struct Balance {
    uint256 amount;
}

library Balances {
    /// @notice Where `account`'s balance of `token` is kept: in the slot that the hash of their 40 bytes names. All other
    /// slots are small numbers, or hashes of 64 or 160 bytes, so that they never meet; a mapping in a mapping, which
    /// hashes twice, would only cost.
    /// @dev Of what came as an address without being checked only the 160 bits count.
    function slotOf(address token, address account) internal pure returns (Balance storage slot) {
        assembly ("memory-safe") {
            mstore(0x00, token)
            mstore(0x20, shl(96, account))
            slot.slot := keccak256(0x0c, 0x28)
        }
    }
}
