// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ChannelId} from "./ChannelId.sol";

/// @notice State of one channel in one word: `deposit(104) ‖ settled(104) ‖ closeAt(48)`. A word and not a struct,
/// because the compiler loads and stores a struct's slot once for every field that changes.
///
/// - `deposit`: everything ever put in and not refunded; `deposit - settled` is what the channel holds now
/// - `settled`: everything ever paid out to the payee; never falls, not even when the channel closes
/// - `closeAt`: UNIX second from which anyone may close it; zero means that nobody asked to
type Channel is uint256;

/// @notice Where a channel's word is kept.
struct ChannelSlot {
    Channel state;
}

using Channels for Channel global;

library Channels {
    uint256 internal constant AMOUNT_MAX = type(uint104).max;

    /// @notice Where the channel is kept: in the slot that its id names. An id is the hash of 160 bytes, and all other
    /// slots are small numbers or hashes of 64 bytes, so that they never meet; hashing it again, as a mapping does, would
    /// only cost.
    function slotOf(ChannelId id) internal pure returns (ChannelSlot storage slot) {
        assembly ("memory-safe") {
            slot.slot := id
        }
    }

    function deposit(Channel channel) internal pure returns (uint256) {
        return Channel.unwrap(channel) >> 152;
    }

    function settled(Channel channel) internal pure returns (uint256) {
        return (Channel.unwrap(channel) >> 48) & AMOUNT_MAX;
    }

    function closeAt(Channel channel) internal pure returns (uint256) {
        return Channel.unwrap(channel) & type(uint48).max;
    }

    /// @notice How much of what is promised the deposit covers, paid or not.
    function covered(Channel channel, uint256 promised) internal pure returns (uint256) {
        return Math.min(promised, channel.deposit());
    }

    /// @notice The channel once `amount` more is settled.
    /// @dev The caller makes sure that the channel holds as much: then adding cannot carry into the deposit.
    function settling(Channel channel, uint256 amount) internal pure returns (Channel) {
        unchecked {
            return Channel.wrap(Channel.unwrap(channel) + (amount << 48));
        }
    }

    /// @dev The caller makes sure that each part fits: amounts by never exceeding AMOUNT_MAX, time by itself.
    function pack(uint256 deposit_, uint256 settled_, uint256 closeAt_) internal pure returns (Channel) {
        return Channel.wrap((deposit_ << 152) | (settled_ << 48) | closeAt_);
    }
}
