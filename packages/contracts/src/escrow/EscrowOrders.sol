// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {IEscrowOrders} from "../interfaces/IEscrowOrders.sol";
import {AccountSignatures} from "../libraries/AccountSignatures.sol";
import {Cheque} from "../messages/Cheque.sol";
import {Opening} from "../messages/Opening.sol";
import {Withdrawal} from "../messages/Withdrawal.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {EscrowLedger} from "./EscrowLedger.sol";

/// @title What an account may have done by others, with a signature; and withdrawals without one
abstract contract EscrowOrders is EscrowLedger {
    using AccountSignatures for bytes32;

    struct Nonces {
        uint256 bits;
    }

    /// @inheritdoc IEscrowOrders
    mapping(address account => mapping(uint256 word => Nonces)) public nonceBitmap;

    /// @inheritdoc IEscrow
    function withdraw(address token, address to, uint256 amount) external nonReentrant {
        _debit(token, msg.sender, amount);
        _send(token, msg.sender, to, amount);
    }

    /// @inheritdoc IEscrowOrders
    function openWithSig(Opening calldata order, bytes calldata signature) external returns (ChannelId id) {
        (address payer, address token) = (order.channel.payer, order.channel.token);
        _authorise(payer, order.hash(), order.nonce, order.expiresAt, signature);
        _debit(token, payer, order.amount);
        _payRelayer(token, payer, order.fee);
        return _fund(order.channel, payer, order.amount);
    }

    /// @inheritdoc IEscrowOrders
    function withdrawFor(Withdrawal calldata order, bytes calldata signature) external nonReentrant {
        _authorise(order.account, order.hashOfCalldata(), order.nonce, order.expiresAt, signature);
        _debit(order.token, order.account, order.amount);
        _payRelayer(order.token, order.account, order.fee);
        _send(order.token, order.account, order.to, order.amount);
    }

    /// @inheritdoc IEscrowOrders
    function cashCheque(Cheque calldata cheque, bytes calldata signature) external {
        (address payer, address payee, address token) = (cheque.payer, cheque.payee, cheque.token);
        (uint256 amount, uint256 nonce) = (cheque.amount, cheque.nonce);
        if (payee == address(0)) revert AccountZero();
        _authorise(payer, cheque.hashOfCalldata(), nonce, cheque.expiresAt, signature);
        _debit(token, payer, amount);
        _credit(token, payee, amount);
        emit ChequeCashed(payer, payee, token, amount, nonce);
    }

    /// @inheritdoc IEscrowOrders
    function cancelNonces(uint256 word, uint256 mask) external {
        nonceBitmap[msg.sender][word].bits |= mask;
        emit NoncesCancelled(msg.sender, word, mask);
    }

    /// @dev Lets an order through once, if its account signed it and it has not expired.
    function _authorise(address account, bytes32 structHash, uint256 nonce, uint256 expiresAt, bytes calldata signature)
        private
    {
        if (block.timestamp >= expiresAt) revert OrderExpired(expiresAt);
        // The order is as it should be: forge takes a literal that is shifted for a mistake.
        // forge-lint: disable-next-line(incorrect-shift)
        (uint256 word, uint256 bit) = (nonce >> 8, 1 << (nonce & 0xff));
        Nonces storage nonces = nonceBitmap[account][word];
        uint256 used = nonces.bits;
        if (used & bit != 0) revert NonceUsed(account, nonce);
        nonces.bits = used | bit;
        if (!_hashTypedDataV4(structHash).isSignedByAccount(signature, account)) revert SignatureInvalid(account);
    }

    function _payRelayer(address token, address account, uint256 fee) private {
        if (fee == 0) return;
        _debit(token, account, fee);
        _credit(token, msg.sender, fee);
        emit RelayerPaid(token, account, msg.sender, fee);
    }
}
