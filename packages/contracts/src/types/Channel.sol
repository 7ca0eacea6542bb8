// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice State of one channel in one word: `deposit(104) ‖ settled(104) ‖ closeAt(48)`. A word and not a struct,
/// because the compiler loads and stores a struct's slot once for every field that changes.
///
/// - `deposit`: everything ever put in and not refunded; `deposit - settled` is what the channel holds now
/// - `settled`: everything ever paid out to the payee; never falls, not even when the channel closes
/// - `closeAt`: UNIX second from which anyone may close it; zero means that nobody asked to
type Channel is uint256;

/// @notice Where a channel's word is kept; a reference to it remembers the slot, so that it is computed once.
struct ChannelSlot {
    Channel state;
}

using Channels for Channel global;

library Channels {
    uint256 internal constant AMOUNT_MAX = type(uint104).max;

    function deposit(Channel channel) internal pure returns (uint256) {
        return Channel.unwrap(channel) >> 152;
    }

    function settled(Channel channel) internal pure returns (uint256) {
        return (Channel.unwrap(channel) >> 48) & AMOUNT_MAX;
    }

    function closeAt(Channel channel) internal pure returns (uint256) {
        return Channel.unwrap(channel) & type(uint48).max;
    }

    /// @dev The caller makes sure that each part fits: amounts by never exceeding AMOUNT_MAX, time by itself.
    function pack(uint256 deposit_, uint256 settled_, uint256 closeAt_) internal pure returns (Channel) {
        return Channel.wrap((deposit_ << 152) | (settled_ << 48) | closeAt_);
    }
}
