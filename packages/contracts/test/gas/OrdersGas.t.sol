// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cheque} from "../../src/messages/Cheque.sol";
import {Opening} from "../../src/messages/Opening.sol";
import {Withdrawal} from "../../src/messages/Withdrawal.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {OrderFixture} from "../utils/OrderFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice What signed orders and arbiters cost, as transactions of their own. "Steady" means that payer and payee have
/// balances, and that the nonce's word was written before, as it was for 255 of 256 nonces counted up.
/// forge-config: default.isolate = true
contract OrdersGasTest is OrderFixture {
    string private constant ORDERS = "orders";
    address private constant ARBITER = address(0xA7B);

    function setUp() public override {
        super.setUp();
        vm.startPrank(alice);
        escrow.deposit(address(token), alice, 10 ether);
        escrow.deposit(address(token), bob, 1);
        vm.stopPrank();
    }

    function test_Cheques() public {
        _cash(1);
        vm.snapshotGasLastCall(ORDERS, "cashCheque, payee's and nonce word's first");
        _cash(2);
        uint256 steady = vm.snapshotGasLastCall(ORDERS, "cashCheque, steady");
        vm.assertLe(steady, 47_000, "cashCheque, steady");
        _cash(256);
        vm.snapshotGasLastCall(ORDERS, "cashCheque, nonce word's first");
    }

    function test_OpenWithSig() public {
        _cash(1);
        Opening memory order = openingOf(1 ether);
        (order.nonce, order.fee) = (2, 0.01 ether);
        bytes memory signature = sign(ALICE_SECRET, order);
        vm.prank(bob);
        escrow.openWithSig(order, signature);
        vm.snapshotGasLastCall(ORDERS, "openWithSig, with a fee");
        order.nonce = 3;
        signature = sign(ALICE_SECRET, order);
        vm.prank(bob);
        escrow.openWithSig(order, signature);
        vm.snapshotGasLastCall(ORDERS, "openWithSig, top-up with a fee");
    }

    function test_WithdrawFor() public {
        _cash(1);
        token.mint(carol, 1);
        Withdrawal memory order = withdrawalOf(1 ether);
        (order.nonce, order.fee) = (2, 0.01 ether);
        bytes memory signature = sign(ALICE_SECRET, order);
        vm.prank(bob);
        escrow.withdrawFor(order, signature);
        vm.snapshotGasLastCall(ORDERS, "withdrawFor, with a fee");
    }

    function test_CancelNonces() public {
        vm.prank(alice);
        escrow.cancelNonces(0, type(uint256).max);
        vm.snapshotGasLastCall(ORDERS, "cancelNonces, 256 new ones");
    }

    function test_Arbiter() public {
        _cash(1);
        ChannelKey memory key = sessionKey();
        key.arbiter = ARBITER;
        openFor(key, 1 ether);
        vm.startPrank(ARBITER);
        escrow.hold(key, uint48(block.timestamp + 1 days));
        vm.snapshotGasLastCall(ORDERS, "hold");
        escrow.redeemByArbiter(key, 0.1 ether, COMMITMENT);
        vm.snapshotGasLastCall(ORDERS, "redeemByArbiter");
        escrow.release(key);
        vm.snapshotGasLastCall(ORDERS, "release");
    }

    function _cash(uint64 nonce) private {
        Cheque memory cheque = chequeOf(0.0123456789 ether);
        (cheque.nonce, cheque.payee) = (nonce, session);
        bytes memory signature = sign(ALICE_SECRET, cheque);
        vm.prank(relay);
        escrow.cashCheque(cheque, signature);
    }
}
