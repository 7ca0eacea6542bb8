// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The small terms of a channel in one word: `signer(160) ‖ closeDelaySec(32) ‖ salt(64)`.
type ChannelMeta is bytes32;

using ChannelMetas for ChannelMeta global;

library ChannelMetas {
    /// @notice Who signs this channel's vouchers; zero means that the payer does.
    function signer(ChannelMeta meta) internal pure returns (address) {
        return address(bytes20(ChannelMeta.unwrap(meta)));
    }

    /// @notice Who signs the vouchers of a channel of `payer`.
    function signerOr(ChannelMeta meta, address payer) internal pure returns (address account) {
        account = meta.signer();
        if (account == address(0)) account = payer;
    }

    /// @notice Seconds between the request to close and the earliest close.
    function closeDelaySec(ChannelMeta meta) internal pure returns (uint32) {
        return uint32(uint256(ChannelMeta.unwrap(meta)) >> 64);
    }

    /// @notice Any number; tells apart channels that are alike in everything else.
    function salt(ChannelMeta meta) internal pure returns (uint64) {
        return uint64(uint256(ChannelMeta.unwrap(meta)));
    }

    function encode(address signer_, uint32 closeDelaySec_, uint64 salt_) internal pure returns (ChannelMeta) {
        return ChannelMeta.wrap(bytes32(abi.encodePacked(signer_, closeDelaySec_, salt_)));
    }
}
