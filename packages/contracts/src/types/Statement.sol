// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A witness's signed {UptimeTally}, without the terms, which the call names once.
/// @param witness its place in the terms' list
/// @param r first half of the signature
/// @param vs second half of it (EIP-2098)
struct Statement {
    uint8 witness;
    uint64 epoch;
    uint32 up;
    uint32 down;
    uint32 through;
    bytes32 r;
    bytes32 vs;
}
