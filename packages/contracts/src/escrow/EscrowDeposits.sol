// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";

import {Authorization, IEscrowDeposits, Permit2Terms} from "../interfaces/IEscrowDeposits.sol";
import {Permit2Deposit} from "../libraries/Permit2Deposit.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {EscrowLedger} from "./EscrowLedger.sol";

/// @title How tokens come in
abstract contract EscrowDeposits is EscrowLedger {
    using SafeERC20 for IERC20;

    ChannelId private constant NO_CHANNEL = ChannelId.wrap(0);

    /// @inheritdoc IEscrowDeposits
    function deposit(address token, address to, uint256 amount) external nonReentrant returns (uint256 credited) {
        return _deposit(token, to, amount);
    }

    /// @inheritdoc IEscrowDeposits
    function depositWithPermit(
        address token,
        address to,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256 credited) {
        // What it is for has happened already if somebody else brought it first; the transfer tells.
        try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        return _deposit(token, to, amount);
    }

    /// @inheritdoc IEscrowDeposits
    function depositWithPermit2(address token, address to, Permit2Terms calldata permit, bytes calldata signature)
        external
        nonReentrant
        returns (uint256 credited)
    {
        uint256 before = _holdings(token);
        Permit2Deposit.pull(token, permit, to, NO_CHANNEL, signature);
        credited = _arrived(token, to, permit.owner, before);
        _credit(token, to, credited);
    }

    /// @inheritdoc IEscrowDeposits
    function depositWithAuthorization(
        address token,
        address to,
        Authorization calldata authorization,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant returns (uint256 credited) {
        uint256 before = _holdings(token);
        IERC3009(token)
            .receiveWithAuthorization(
                authorization.from,
                address(this),
                authorization.amount,
                authorization.validAfter,
                authorization.validBefore,
                nonceOfAuthorization(to, authorization.salt),
                v,
                r,
                s
            );
        credited = _arrived(token, to, authorization.from, before);
        _credit(token, to, credited);
    }

    /// @inheritdoc IEscrowDeposits
    function depositAndOpen(ChannelKey calldata key, uint256 amount) external nonReentrant returns (ChannelId id) {
        return _fund(key, msg.sender, _pull(key.token, msg.sender, amount));
    }

    /// @inheritdoc IEscrowDeposits
    function depositAndOpenWithPermit2(ChannelKey calldata key, Permit2Terms calldata permit, bytes calldata signature)
        external
        nonReentrant
        returns (ChannelId id)
    {
        uint256 before = _holdings(key.token);
        Permit2Deposit.pull(key.token, permit, key.payer, key.id(), signature);
        return _fund(key, permit.owner, _arrived(key.token, permit.owner, permit.owner, before));
    }

    /// @inheritdoc IEscrowDeposits
    function nonceOfAuthorization(address to, bytes32 salt) public pure returns (bytes32 nonce) {
        return keccak256(abi.encode(to, salt));
    }

    function _deposit(address token, address to, uint256 amount) private returns (uint256 credited) {
        credited = _pull(token, to, amount);
        _credit(token, to, credited);
    }

    /// @dev Takes tokens from the caller.
    function _pull(address token, address account, uint256 amount) private returns (uint256 received) {
        uint256 before = _holdings(token);
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        return _arrived(token, account, msg.sender, before);
    }

    function _holdings(address token) private view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }

    /// @dev What arrived is owed from here on; the caller of this function says to whom.
    /// @param before what was there before
    function _arrived(address token, address account, address from, uint256 before) private returns (uint256 received) {
        if (account == address(0)) revert AccountZero();
        received = _holdings(token) - before;
        if (received == 0) revert AmountZero();
        liabilities[token] += received;
        emit Deposited(token, account, from, received);
    }
}
