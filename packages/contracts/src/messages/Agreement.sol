// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A buyer's yes to a bid. Its EIP-712 digest is the agreement's id, on chain and off.
/// @param demand EIP-712 digest of the demand
/// @param bid EIP-712 digest of the bid
/// @param channel id of the channel that pays for it
struct Agreement {
    bytes32 demand;
    bytes32 bid;
    bytes32 channel;
}

using AgreementHash for Agreement global;

library AgreementHash {
    bytes32 internal constant TYPEHASH = keccak256("Agreement(bytes32 demand,bytes32 bid,bytes32 channel)");

    function hash(Agreement memory agreement) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, agreement.demand, agreement.bid, agreement.channel));
    }
}
