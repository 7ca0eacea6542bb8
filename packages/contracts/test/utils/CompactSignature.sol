// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CompactSignature} from "../../src/types/CompactSignature.sol";

/// @dev 64 bytes of a signature (EIP-2098) as calls take them.
function compact(bytes memory signature) pure returns (CompactSignature memory) {
    return CompactSignature(rOf(signature), vsOf(signature));
}

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
