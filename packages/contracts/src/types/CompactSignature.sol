// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A signature in 64 bytes (EIP-2098).
/// @param r first half
/// @param vs second half: s with the parity of y in its highest bit
struct CompactSignature {
    bytes32 r;
    bytes32 vs;
}
