// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {Channel, ChannelSlot, Channels} from "../types/Channel.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {EscrowArbiters} from "./EscrowArbiters.sol";

/// @title How money is locked up towards a payee, and how what is left of it comes back
abstract contract EscrowChannels is EscrowArbiters {
    /// @inheritdoc IEscrow
    function open(ChannelKey calldata key, uint256 amount) external returns (ChannelId id) {
        _debit(key.token, msg.sender, amount);
        return _fund(key, msg.sender, amount);
    }

    /// @inheritdoc IEscrow
    function requestClose(ChannelKey calldata key) external returns (uint256 closeAt) {
        if (msg.sender != key.payer && msg.sender != key.voucherSigner()) revert CallerNotParty(msg.sender);
        ChannelId id = key.id();
        ChannelSlot storage slot = Channels.slotOf(id);
        Channel channel = slot.state;
        if (channel.closeAt() != 0) revert ChannelClosing(channel.closeAt());
        if (channel.deposit() == channel.settled()) revert ChannelEmpty(id);
        closeAt = block.timestamp + key.meta.closeDelaySec();
        slot.state = Channels.pack(channel.deposit(), channel.settled(), closeAt);
        emit CloseRequested(id, closeAt);
    }

    /// @inheritdoc IEscrow
    function close(ChannelKey calldata key) external returns (uint256 refunded) {
        ChannelId id = key.id();
        Channel channel = Channels.slotOf(id).state;
        uint256 closeAt = channel.closeAt();
        // A closing channel that was paid out to the last unit can still be closed, which lets it be funded again.
        if (channel.deposit() == channel.settled() && closeAt == 0) revert ChannelEmpty(id);
        if (msg.sender != key.payee) {
            if (closeAt == 0 || block.timestamp < closeAt) revert CloseTooEarly(closeAt);
            _requireNotHeld(key.arbiter, id, closeAt);
        }
        return _refund(key, id, channel);
    }

    /// @dev Keeping `settled`, and the deposit equal to it, is what stops a voucher from being paid twice after
    /// reopening.
    function _refund(ChannelKey calldata key, ChannelId id, Channel channel) internal returns (uint256 refunded) {
        uint256 settled = channel.settled();
        refunded = channel.deposit() - settled;
        Channels.slotOf(id).state = Channels.pack(settled, settled, 0);
        _credit(key.token, key.payer, refunded);
        emit ChannelClosed(id, refunded);
    }
}
