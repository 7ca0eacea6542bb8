// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CalldataWords} from "../libraries/CalldataWords.sol";

/// @notice Pays once, from the payer's balance.
/// @param nonce one that the payer has not used, nor cancelled
/// @param expiresAt UNIX second from which on it is worth nothing
struct Cheque {
    address payer;
    address payee;
    address token;
    uint64 nonce;
    uint128 amount;
    uint64 expiresAt;
}

using ChequeHash for Cheque global;

library ChequeHash {
    string internal constant TYPE =
        "Cheque(address payer,address payee,address token,uint64 nonce,uint128 amount,uint64 expiresAt)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));
    uint256 private constant BYTES = 6 * 32;

    /// @dev `keccak256(abi.encode(TYPEHASH, cheque))`: a struct of whole words is its own encoding.
    function hash(Cheque memory cheque) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, cheque));
    }

    /// @dev The same, of one that came as calldata: see {CalldataWords}.
    function hashOfCalldata(Cheque calldata cheque) internal pure returns (bytes32) {
        uint256 position;
        assembly ("memory-safe") {
            position := cheque
        }
        return CalldataWords.hash(TYPEHASH, position, BYTES);
    }
}
