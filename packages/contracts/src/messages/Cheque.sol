// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Pays once, from the payer's balance.
/// @param commitment what for: any 32 bytes, as of a {Voucher}; only logged
/// @param nonce one that the payer has not used, nor cancelled
/// @param expiresAt UNIX second from which on it is worth nothing
struct Cheque {
    address payer;
    address payee;
    address token;
    uint128 amount;
    bytes32 commitment;
    uint64 nonce;
    uint64 expiresAt;
}

using ChequeHash for Cheque global;

library ChequeHash {
    string internal constant TYPE = "Cheque(address payer,address payee,address token,uint128 amount,"
        "bytes32 commitment,uint64 nonce,uint64 expiresAt)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    /// @dev `keccak256(abi.encode(TYPEHASH, cheque))`: a struct of whole words is its own encoding.
    function hash(Cheque memory cheque) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, cheque));
    }
}
