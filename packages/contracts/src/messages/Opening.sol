// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelKey, ChannelKeys} from "../types/ChannelKey.sol";

/// @notice Has `amount` moved from the balance of the channel's payer into the channel.
/// @param fee moves to the balance of whoever brings it
/// @param nonce one that the payer has not used, nor cancelled
/// @param expiresAt UNIX second from which on it is worth nothing
struct Opening {
    ChannelKey channel;
    uint128 amount;
    uint128 fee;
    uint64 nonce;
    uint64 expiresAt;
}

using OpeningHash for Opening global;

library OpeningHash {
    string internal constant TYPE = "Opening(ChannelKey channel,uint128 amount,uint128 fee,uint64 nonce,"
        "uint64 expiresAt)";
    bytes32 internal constant TYPEHASH = keccak256(abi.encodePacked(TYPE, ChannelKeys.TYPE));

    function hash(Opening memory order) internal pure returns (bytes32) {
        return
            keccak256(abi.encode(TYPEHASH, order.channel.hash(), order.amount, order.fee, order.nonce, order.expiresAt));
    }
}
