// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelMeta} from "../types/ChannelMeta.sol";

/// @notice One signed voucher as `redeemMany` takes it: what the batch shares (token, payee, arbiter) is left out and the
/// rest is packed without padding.
///
///     payer 20 ‖ meta 32 ‖ cumulative 16 ‖ commitment 32 ‖ signature 64 (EIP-2098)   = 164 bytes
struct VoucherRecord {
    address payer;
    ChannelMeta meta;
    uint128 cumulative;
    bytes32 commitment;
}

library VoucherRecords {
    uint256 internal constant SIZE = 164;
    uint256 private constant SIGNED_SIZE = 100;

    /// @dev The caller makes sure that the record lies within `records`.
    function read(bytes calldata records, uint256 offset)
        internal
        pure
        returns (VoucherRecord memory record, bytes calldata signature)
    {
        record.payer = address(bytes20(records[offset:offset + 20]));
        record.meta = ChannelMeta.wrap(bytes32(records[offset + 20:offset + 52]));
        record.cumulative = uint128(bytes16(records[offset + 52:offset + 68]));
        record.commitment = bytes32(records[offset + 68:offset + 100]);
        signature = records[offset + SIGNED_SIZE:offset + SIZE];
    }
}
