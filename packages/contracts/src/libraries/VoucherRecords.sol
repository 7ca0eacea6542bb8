// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelMeta} from "../types/ChannelMeta.sol";

/// @notice One signed voucher as `redeemMany` takes it: what the batch shares (token, payee, arbiter) is left out,
/// and the rest is packed without padding.
///
///     payer 20 ‖ meta 32 ‖ cumulative 16 ‖ commitment 32 ‖ r 32 ‖ yParityAndS 32 (EIP-2098)   = 164 bytes
library VoucherRecords {
    uint256 internal constant SIZE = 164;

    /// @notice The record at `index`.
    /// @dev Reads past the end of `records` give whatever is there: the caller checks their length first. Slicing would
    /// check every field again, which costs more than all other reading of a record.
    function read(bytes calldata records, uint256 index)
        internal
        pure
        returns (address payer, ChannelMeta meta, uint128 cumulative, bytes32 commitment, bytes32 r, bytes32 vs)
    {
        assembly ("memory-safe") {
            let record := add(records.offset, mul(index, SIZE))
            payer := shr(96, calldataload(record))
            meta := calldataload(add(record, 20))
            cumulative := shr(128, calldataload(add(record, 52)))
            commitment := calldataload(add(record, 68))
            r := calldataload(add(record, 100))
            vs := calldataload(add(record, 132))
        }
    }
}
