// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev First half of a 64-byte signature (EIP-2098).
function rOf(bytes memory signature) pure returns (bytes32 r) {
    assembly ("memory-safe") {
        r := mload(add(signature, 0x20))
    }
}

/// @dev Second half: s, with the parity of y in its highest bit.
function vsOf(bytes memory signature) pure returns (bytes32 vs) {
    assembly ("memory-safe") {
        vs := mload(add(signature, 0x40))
    }
}
