// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IEscrowOrders} from "../../src/interfaces/IEscrowOrders.sol";
import {Cheque} from "../../src/messages/Cheque.sol";
import {Opening} from "../../src/messages/Opening.sol";
import {Withdrawal} from "../../src/messages/Withdrawal.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {vm} from "../utils/Vm.sol";
import {EscrowModel} from "./EscrowModel.sol";

/// @notice What is brought to the escrow for others: awards and holds of an arbiter, and signed orders.
abstract contract OrderCalls is EscrowModel {
    struct Order {
        uint64 nonce;
        uint128 fee;
        bool forged;
        bool expired;
    }

    /// @dev What was carried out, to be brought again.
    bytes[] private _done;
    /// @dev How often cheques paid, and how many different ones there were.
    uint256 public chequesPaid;
    uint256 public chequesSigned;

    // -------------------------------------------------------------------------------------------------- arbiter

    function award(uint256 seed, uint128 amount, bool byArbiter) external {
        (ChannelKey memory key, Model storage model) = _channel(seed);
        amount = uint128(bound(amount, 0, model.deposit + 1));
        bool allowed = byArbiter && key.arbiter == ARBITER;
        if (!allowed) vm.expectRevert();
        vm.prank(byArbiter ? ARBITER : actor(seed));
        uint256 paid = escrow.redeemByArbiter(key, amount, COMMITMENT);
        if (!allowed) return;
        uint256 held = model.deposit - model.settled;
        assertEq(paid, amount < held ? amount : held, "award");
        model.deposit -= paid;
        model.awarded += paid;
        balanceOf[key.payee] += paid;
    }

    function hold(uint256 seed, uint256 seconds_) external {
        (ChannelKey memory key, Model storage model) = _channel(seed);
        uint256 until = block.timestamp + bound(seconds_, 0, 31 days);
        bool allowed = key.arbiter == ARBITER && until > block.timestamp && until <= block.timestamp + 30 days;
        if (!allowed) vm.expectRevert();
        vm.prank(ARBITER);
        escrow.hold(key, uint48(until));
        if (allowed && until > model.heldUntil) model.heldUntil = until;
    }

    function release(uint256 seed) external {
        (ChannelKey memory key, Model storage model) = _channel(seed);
        if (key.arbiter != ARBITER) vm.expectRevert();
        vm.prank(ARBITER);
        escrow.release(key);
        if (key.arbiter == ARBITER) model.heldUntil = 0;
    }

    // --------------------------------------------------------------------------------------------------- orders

    function cashCheque(uint256 from, uint256 to, uint128 amount, Order calldata order) external {
        address payer = actor(from);
        amount = uint128(bound(amount, 0, balanceOf[payer] + 1));
        Cheque memory cheque = Cheque(payer, actor(to), address(token), _nonce(order), amount, _expiresAt(order));
        bytes memory call = abi.encodeCall(IEscrowOrders.cashCheque, (cheque, _signOrder(payer, cheque.hash(), order)));
        ++chequesSigned;
        if (!_bring(payer, order, amount > 0 && amount <= balanceOf[payer], call)) return;
        ++chequesPaid;
        balanceOf[payer] -= amount;
        balanceOf[cheque.payee] += amount;
    }

    function openWithSig(uint256 seed, uint128 amount, Order calldata order) external {
        (ChannelKey memory key, Model storage model) = _channel(seed);
        uint256 balance = balanceOf[key.payer];
        amount = uint128(bound(amount, 0, balance + 1));
        Opening memory opening = Opening(key, amount, _fee(order), _nonce(order), _expiresAt(order));
        bytes memory signature = _signOrder(key.payer, opening.hash(), order);
        bool possible = amount > 0 && uint256(amount) + opening.fee <= balance && model.closeAt == 0;
        if (!_bring(key.payer, order, possible, abi.encodeCall(IEscrowOrders.openWithSig, (opening, signature)))) {
            return;
        }
        balanceOf[key.payer] -= uint256(amount) + opening.fee;
        balanceOf[_relay()] += opening.fee;
        model.deposit += amount;
    }

    function withdrawFor(uint256 from, uint256 to, uint128 amount, Order calldata order) external {
        address account = actor(from);
        uint256 balance = balanceOf[account];
        amount = uint128(bound(amount, 0, balance + 1));
        Withdrawal memory withdrawal =
            Withdrawal(account, address(token), actor(to), amount, _fee(order), _nonce(order), _expiresAt(order));
        bytes memory signature = _signOrder(account, withdrawal.hash(), order);
        bool possible = amount > 0 && uint256(amount) + withdrawal.fee <= balance;
        if (!_bring(account, order, possible, abi.encodeCall(IEscrowOrders.withdrawFor, (withdrawal, signature)))) {
            return;
        }
        balanceOf[account] -= uint256(amount) + withdrawal.fee;
        balanceOf[_relay()] += withdrawal.fee;
    }

    function cancelNonces(uint256 from, uint8 mask) external {
        address account = actor(from);
        vm.prank(account);
        escrow.cancelNonces(0, mask);
        noncesUsed[account] |= mask;
    }

    /// @dev Whatever was carried out once is refused for ever after.
    function bringAgain(uint256 seed) external {
        if (_done.length == 0) return;
        (bool again,) = address(escrow).call(_done[seed % _done.length]);
        vm.assertTrue(!again, "carried out twice");
    }

    function _relay() private pure returns (address) {
        return actor(3);
    }

    /// @return done whether it was carried out, which must be so if and only if everything allows it
    function _bring(address account, Order calldata order, bool possible, bytes memory call)
        private
        returns (bool done)
    {
        uint64 nonce = _nonce(order);
        bool allowed = possible && !order.forged && !order.expired && (noncesUsed[account] >> nonce) & 1 == 0;
        vm.prank(_relay());
        (done,) = address(escrow).call(call);
        vm.assertTrue(done == allowed, "order");
        if (!done) return false;
        noncesUsed[account] |= 1 << nonce;
        _done.push(call);
    }

    /// @dev Few enough that some are used twice.
    function _nonce(Order calldata order) private pure returns (uint64) {
        return order.nonce % 64;
    }

    function _fee(Order calldata order) private pure returns (uint128) {
        return order.fee % 1000;
    }

    function _expiresAt(Order calldata order) private view returns (uint64) {
        return uint64(order.expired ? block.timestamp : block.timestamp + 1 hours);
    }

    function _signOrder(address account, bytes32 structHash, Order calldata order) private view returns (bytes memory) {
        uint256 secret = order.forged ? FORGER_SECRET : _secretOf(account);
        return _sign(secret, MessageHashUtils.toTypedDataHash(_domain, structHash));
    }
}
