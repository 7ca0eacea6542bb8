// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ICourt} from "../interfaces/ICourt.sol";
import {Seats} from "../types/Seat.sol";

/// @title Balances in the stake token
/// @dev The token is called from here and nowhere else, under a guard, because what arrived is measured by the balance
/// before and after. All other functions of the court move numbers and call only the escrow and the bonds, which call
/// nobody: they need no guard, and a token that calls them from within a transfer finds every sum intact.
abstract contract CourtLedger is ICourt, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    address internal immutable STAKE_TOKEN;
    /// @dev Everything that is staked, paid and burnt is a number of these.
    uint256 internal immutable QUANTUM;

    /// @inheritdoc ICourt
    mapping(address account => uint256) public balanceOf;
    /// @inheritdoc ICourt
    uint256 public liabilities;
    /// @inheritdoc ICourt
    uint256 public burnt;

    constructor(address stakeToken_, uint256 seatUnit_) {
        if (seatUnit_ == 0 || seatUnit_ % Seats.QUANTA != 0) revert SeatUnitInvalid(seatUnit_, Seats.QUANTA);
        STAKE_TOKEN = stakeToken_;
        QUANTUM = seatUnit_ / Seats.QUANTA;
    }

    /// @inheritdoc ICourt
    function deposit(address account, uint256 amount) external nonReentrant returns (uint256 credited) {
        if (account == address(0)) revert AccountZero();
        uint256 before = IERC20(STAKE_TOKEN).balanceOf(address(this));
        IERC20(STAKE_TOKEN).safeTransferFrom(msg.sender, address(this), amount);
        credited = IERC20(STAKE_TOKEN).balanceOf(address(this)) - before;
        if (credited == 0) revert AmountZero();
        liabilities += credited;
        balanceOf[account] += credited;
        emit Deposited(account, msg.sender, credited);
    }

    /// @inheritdoc ICourt
    function withdraw(address to, uint256 amount) external nonReentrant {
        if (to == address(0) || to == address(this)) revert RecipientInvalid(to);
        if (amount == 0) revert AmountZero();
        _debit(msg.sender, amount);
        liabilities -= amount;
        emit Withdrawn(msg.sender, to, amount);
        IERC20(STAKE_TOKEN).safeTransfer(to, amount);
    }

    /// @inheritdoc ICourt
    function stakeToken() external view returns (address) {
        return STAKE_TOKEN;
    }

    /// @inheritdoc ICourt
    function seatUnit() external view returns (uint256) {
        return QUANTUM * Seats.QUANTA;
    }

    function _debit(address account, uint256 amount) internal {
        uint256 balance = balanceOf[account];
        if (amount > balance) revert BalanceInsufficient(balance, amount);
        unchecked {
            balanceOf[account] = balance - amount;
        }
    }

    function _debitQuanta(address account, uint256 quanta) internal {
        _debit(account, quanta * QUANTUM);
    }

    function _creditQuanta(address account, uint256 quanta) internal {
        if (quanta != 0) balanceOf[account] += quanta * QUANTUM;
    }

    function _burnQuanta(uint256 quanta) internal {
        if (quanta != 0) burnt += quanta * QUANTUM;
    }
}
