// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelId} from "../types/ChannelId.sol";

/// @notice EIP-712 struct hash of a voucher: a promise of `cumulative` token units, over the whole life of `channel`,
/// for exactly the receipts that `commitment` commits to.
library Vouchers {
    bytes32 internal constant TYPEHASH = keccak256("Voucher(bytes32 channel,uint128 cumulative,bytes32 commitment)");

    function hash(ChannelId channel, uint128 cumulative, bytes32 commitment) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, channel, cumulative, commitment));
    }
}
