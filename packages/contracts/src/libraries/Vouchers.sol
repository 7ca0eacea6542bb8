// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelId} from "../types/ChannelId.sol";

/// @notice A voucher promises `cumulative` token units over the whole life of `channel`, for exactly the receipts that
/// `commitment` commits to.
library Vouchers {
    bytes32 internal constant TYPEHASH = keccak256("Voucher(bytes32 channel,uint128 cumulative,bytes32 commitment)");

    /// @notice What a voucher's signer signs (EIP-712).
    /// @dev Works beyond the end of allocated memory and leaves nothing there: a batch hashes one voucher after the
    /// other in the same few words. Equal to `toTypedDataHash(domain, keccak256(abi.encode(TYPEHASH, channel, ...)))`.
    function digest(bytes32 domainSeparator, ChannelId channel, uint128 cumulative, bytes32 commitment)
        internal
        pure
        returns (bytes32 result)
    {
        bytes32 typehash = TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            mstore(add(free, 0x20), channel)
            mstore(add(free, 0x40), cumulative)
            mstore(add(free, 0x60), commitment)
            let structHash := keccak256(free, 0x80)
            mstore(free, hex"1901")
            mstore(add(free, 0x02), domainSeparator)
            mstore(add(free, 0x22), structHash)
            result := keccak256(free, 0x42)
        }
    }
}
