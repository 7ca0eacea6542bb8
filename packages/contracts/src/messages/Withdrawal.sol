// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CalldataWords} from "../libraries/CalldataWords.sol";

/// @notice Has `amount` taken from the balance of `account` and sent to `to`.
/// @param fee moves to the balance of whoever brings it
/// @param nonce one that the account has not used, nor cancelled
/// @param expiresAt UNIX second from which on it is worth nothing
struct Withdrawal {
    address account;
    address token;
    address to;
    uint128 amount;
    uint128 fee;
    uint64 nonce;
    uint64 expiresAt;
}

using WithdrawalHash for Withdrawal global;

library WithdrawalHash {
    string internal constant TYPE = "Withdrawal(address account,address token,address to,uint128 amount,uint128 fee,"
        "uint64 nonce,uint64 expiresAt)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));
    uint256 private constant BYTES = 7 * 32;

    /// @dev `keccak256(abi.encode(TYPEHASH, order))`: a struct of whole words is its own encoding.
    function hash(Withdrawal memory order) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, order));
    }

    /// @dev The same, of one that came as calldata: see {CalldataWords}.
    function hashOfCalldata(Withdrawal calldata order) internal pure returns (bytes32) {
        uint256 position;
        assembly ("memory-safe") {
            position := order
        }
        return CalldataWords.hash(TYPEHASH, position, BYTES);
    }
}
