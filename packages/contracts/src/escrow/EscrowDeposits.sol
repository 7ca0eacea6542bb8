// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {EscrowLedger} from "./EscrowLedger.sol";

/// @title How tokens come in, and go out again
abstract contract EscrowDeposits is EscrowLedger {
    using SafeERC20 for IERC20;

    /// @inheritdoc IEscrow
    function deposit(address token, address to, uint256 amount) external nonReentrant returns (uint256 credited) {
        if (to == address(0)) revert AccountZero();
        credited = _pull(token, to, amount);
        _credit(token, to, credited);
    }

    /// @inheritdoc IEscrow
    function depositAndOpen(ChannelKey calldata key, uint256 amount) external nonReentrant returns (ChannelId id) {
        return _fund(key, msg.sender, _pull(key.token, msg.sender, amount));
    }

    /// @inheritdoc IEscrow
    function withdraw(address token, address to, uint256 amount) external nonReentrant {
        if (to == address(0) || to == address(this)) revert RecipientInvalid(to);
        _debit(token, msg.sender, amount);
        liabilities[token] -= amount;
        emit Withdrawn(token, msg.sender, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @dev Takes tokens from the caller. What arrived is owed from here on; the caller of this function says to whom.
    function _pull(address token, address account, uint256 amount) private returns (uint256 received) {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        received = IERC20(token).balanceOf(address(this)) - before;
        if (received == 0) revert AmountZero();
        liabilities[token] += received;
        emit Deposited(token, account, msg.sender, received);
    }
}
