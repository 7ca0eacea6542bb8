// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {Channel, ChannelSlot, Channels} from "../types/Channel.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {EscrowLedger} from "./EscrowLedger.sol";

/// @title What the arbiter named in a channel's key may do: award its payee, and delay its close
abstract contract EscrowArbiters is EscrowLedger {
    /// @inheritdoc IEscrow
    uint256 public constant HOLD_SEC_MAX = 30 days;

    /// @inheritdoc IEscrow
    mapping(ChannelId id => uint48) public heldUntil;

    modifier onlyArbiter(address arbiter) {
        if (msg.sender != arbiter) revert CallerNotArbiter(msg.sender, arbiter);
        _;
    }

    /// @inheritdoc IEscrow
    function redeemByArbiter(ChannelKey calldata key, uint128 amount, bytes32 ref)
        external
        onlyArbiter(key.arbiter)
        returns (uint256 paid)
    {
        ChannelId id = key.id();
        ChannelSlot storage slot = Channels.slotOf(id);
        Channel channel = slot.state;
        uint256 held = channel.deposit() - channel.settled();
        paid = amount < held ? amount : held;
        if (paid == 0) return 0;
        slot.state = Channels.pack(channel.deposit() - paid, channel.settled(), channel.closeAt());
        _credit(key.token, key.payee, paid);
        emit RedeemedByArbiter(id, paid, amount, ref);
    }

    /// @inheritdoc IEscrow
    function hold(ChannelKey calldata key, uint48 untilSec) external onlyArbiter(key.arbiter) {
        uint256 max = block.timestamp + HOLD_SEC_MAX;
        if (untilSec <= block.timestamp || untilSec > max) revert HoldOutOfRange(untilSec, block.timestamp + 1, max);
        ChannelId id = key.id();
        if (untilSec <= heldUntil[id]) return;
        heldUntil[id] = untilSec;
        emit ChannelHeld(id, untilSec);
    }

    /// @inheritdoc IEscrow
    function release(ChannelKey calldata key) external onlyArbiter(key.arbiter) {
        ChannelId id = key.id();
        if (heldUntil[id] == 0) return;
        delete heldUntil[id];
        emit ChannelReleased(id);
    }

    /// @dev Channels without an arbiter, which are most, never read the word of a hold.
    function _requireNotHeld(address arbiter, ChannelId id, uint256 closeAt) internal view {
        if (arbiter == address(0)) return;
        uint256 openAt = heldUntil[id];
        if (openAt > closeAt + HOLD_SEC_MAX) openAt = closeAt + HOLD_SEC_MAX;
        if (block.timestamp < openAt) revert ChannelOnHold(openAt);
    }
}
