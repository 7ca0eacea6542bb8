// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {Balance, Balances} from "../types/Balance.sol";
import {Channel, ChannelSlot, Channels} from "../types/Channel.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {ChannelMeta} from "../types/ChannelMeta.sol";

/// @title What the escrow keeps: balances, channels, and what it owes in all
abstract contract EscrowLedger is IEscrow, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IEscrow
    uint256 public constant CLOSE_DELAY_MIN_SEC = 1 hours;
    /// @inheritdoc IEscrow
    uint256 public constant CLOSE_DELAY_MAX_SEC = 30 days;

    /// @inheritdoc IEscrow
    mapping(address token => uint256) public liabilities;

    /// @inheritdoc IEscrow
    function balanceOf(address token, address account) external view returns (uint256) {
        return Balances.slotOf(token, account).amount;
    }

    /// @inheritdoc IEscrow
    function channels(ChannelId id) external view returns (uint104 deposited, uint104 settled, uint48 closeAt) {
        Channel channel = Channels.slotOf(id).state;
        return (uint104(channel.deposit()), uint104(channel.settled()), uint48(channel.closeAt()));
    }

    /// @inheritdoc IEscrow
    function channelId(ChannelKey calldata key) external pure returns (ChannelId id) {
        return key.id();
    }

    /// @inheritdoc IEscrow
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @dev What is credited was debited elsewhere in the same call, or arrived and is owed: no sum of it overflows.
    function _credit(address token, address account, uint256 amount) internal {
        unchecked {
            Balances.slotOf(token, account).amount += amount;
        }
    }

    /// @dev Sends what the caller debited. The last thing a function does.
    function _send(address token, address account, address to, uint256 amount) internal {
        if (to == address(0) || to == address(this)) revert RecipientInvalid(to);
        liabilities[token] -= amount;
        emit Withdrawn(token, account, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    function _debit(address token, address account, uint256 amount) internal {
        if (amount == 0) revert AmountZero();
        Balance storage balance = Balances.slotOf(token, account);
        uint256 held = balance.amount;
        if (amount > held) revert BalanceInsufficient(held, amount);
        unchecked {
            balance.amount = held - amount;
        }
    }

    /// @dev Puts `amount`, which the caller took from `from`, into a channel. The key is checked here and nowhere else:
    /// a channel with a bad one never holds anything.
    function _fund(ChannelKey calldata key, address from, uint256 amount) internal returns (ChannelId id) {
        if (key.payer == address(0) || key.payee == address(0)) revert AccountZero();
        uint256 closeDelaySec = key.meta.closeDelaySec();
        if (closeDelaySec < CLOSE_DELAY_MIN_SEC || closeDelaySec > CLOSE_DELAY_MAX_SEC) {
            revert CloseDelayOutOfRange(closeDelaySec, CLOSE_DELAY_MIN_SEC, CLOSE_DELAY_MAX_SEC);
        }
        id = key.id();
        ChannelSlot storage slot = Channels.slotOf(id);
        Channel channel = slot.state;
        uint256 funded = channel.deposit();
        if (channel.closeAt() != 0) revert ChannelClosing(channel.closeAt());
        if (amount > Channels.AMOUNT_MAX - funded) revert ChannelFull(funded, amount);
        if (funded == 0) {
            emit ChannelOpened(id, key.payer, key.payee, key.token, key.arbiter, ChannelMeta.unwrap(key.meta));
        }
        unchecked {
            slot.state = Channels.pack(funded + amount, channel.settled(), 0);
            emit ChannelFunded(id, from, amount, funded + amount);
        }
    }
}
