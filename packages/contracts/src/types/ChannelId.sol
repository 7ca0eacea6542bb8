// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Names one channel: `keccak256(abi.encode(ChannelKey))`.
type ChannelId is bytes32;
