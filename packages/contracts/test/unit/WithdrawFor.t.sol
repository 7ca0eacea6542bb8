// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IEscrowOrders} from "../../src/interfaces/IEscrowOrders.sol";
import {Withdrawal} from "../../src/messages/Withdrawal.sol";
import {CallingToken} from "../tokens/HostileTokens.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {OrderFixture} from "../utils/OrderFixture.sol";
import {vm} from "../utils/Vm.sol";
import {OwnedWallet} from "../utils/Wallets.sol";

contract WithdrawForTest is OrderFixture {
    function test_SendsTokens_WhoeverBringsIt() public {
        bytes memory signature = sign(ALICE_SECRET, withdrawalOf(30));
        vm.expectEmit(address(escrow));
        emit IEscrow.Withdrawn(address(token), alice, carol, 30);
        vm.prank(relay);
        escrow.withdrawFor(withdrawalOf(30), signature);
        assertBalance(alice, 70);
        assertBalance(relay, 0);
        assertEq(token.balanceOf(carol), 30, "tokens");
        assertEq(escrow.liabilities(address(token)), 70, "liabilities");
    }

    function test_WithAFee_PaysWhoeverBringsIt() public {
        Withdrawal memory order = withdrawalOf(30);
        order.fee = 5;
        bytes memory signature = sign(ALICE_SECRET, order);
        vm.expectEmit(address(escrow));
        emit IEscrowOrders.RelayerPaid(address(token), alice, relay, 5);
        vm.prank(relay);
        escrow.withdrawFor(order, signature);
        assertBalance(alice, 65);
        assertBalance(relay, 5);
        assertEq(token.balanceOf(carol), 30, "tokens");
        assertEq(escrow.liabilities(address(token)), 70, "liabilities");
    }

    function test_RevertWhen_AnythingSignedIsChanged() public {
        bytes memory signature = sign(ALICE_SECRET, withdrawalOf(30));
        Withdrawal memory order = withdrawalOf(31);
        _refuses(order, signature);
        order = withdrawalOf(30);
        order.to = mallory;
        _refuses(order, signature);
        order = withdrawalOf(30);
        order.token = mallory;
        _refuses(order, signature);
        order = withdrawalOf(30);
        order.fee = 1;
        _refuses(order, signature);
        order = withdrawalOf(30);
        order.nonce = 2;
        _refuses(order, signature);
        order = withdrawalOf(30);
        order.expiresAt += 1;
        _refuses(order, signature);
    }

    function test_RevertWhen_BroughtTwice_OrExpired() public {
        bytes memory signature = sign(ALICE_SECRET, withdrawalOf(30));
        escrow.withdrawFor(withdrawalOf(30), signature);
        vm.expectRevert(abi.encodeWithSelector(IEscrowOrders.NonceUsed.selector, alice, 1));
        escrow.withdrawFor(withdrawalOf(30), signature);
        vm.warp(expiresAt);
        vm.expectRevert(abi.encodeWithSelector(IEscrowOrders.OrderExpired.selector, expiresAt));
        escrow.withdrawFor(withdrawalOf(30), signature);
    }

    function test_RevertWhen_BalanceDoesNotCoverAmountAndFee() public {
        Withdrawal memory order = withdrawalOf(100);
        order.fee = 1;
        bytes memory signature = sign(ALICE_SECRET, order);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BalanceInsufficient.selector, 0, 1));
        escrow.withdrawFor(order, signature);
        order = withdrawalOf(0);
        signature = sign(ALICE_SECRET, order);
        vm.expectRevert(IEscrow.AmountZero.selector);
        escrow.withdrawFor(order, signature);
    }

    function test_RevertWhen_ToIsZeroOrTheEscrow() public {
        Withdrawal memory order = withdrawalOf(30);
        order.to = address(0);
        bytes memory signature = sign(ALICE_SECRET, order);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RecipientInvalid.selector, address(0)));
        escrow.withdrawFor(order, signature);
        order.to = address(escrow);
        signature = sign(ALICE_SECRET, order);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RecipientInvalid.selector, address(escrow)));
        escrow.withdrawFor(order, signature);
    }

    function test_WhenAccountIsAContract_AsksIt() public {
        Withdrawal memory order = withdrawalOf(30);
        order.account = address(new OwnedWallet(mallory));
        vm.prank(alice);
        escrow.deposit(address(token), order.account, 30);
        escrow.withdrawFor(order, sign(MALLORY_SECRET, order));
        assertEq(token.balanceOf(carol), 30, "tokens");
    }

    function test_RevertWhen_TheTokenCallsBack() public {
        CallingToken calling = new CallingToken();
        token = ITestToken(address(calling));
        token.mint(alice, 20);
        vm.startPrank(alice);
        token.approve(address(escrow), 20);
        escrow.deposit(address(token), alice, 20);
        vm.stopPrank();
        Withdrawal memory order = withdrawalOf(10);
        bytes memory signature = sign(ALICE_SECRET, order);
        Withdrawal memory second = withdrawalOf(10);
        second.nonce = 2;
        calling.callOnTransfer(
            address(escrow), abi.encodeCall(IEscrowOrders.withdrawFor, (second, sign(ALICE_SECRET, second)))
        );
        escrow.withdrawFor(order, signature);
        vm.assertTrue(!calling.called(), "refused");
        bytes32 reason = bytes4(calling.answer());
        vm.assertEq(reason, ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "reason");
        assertBalance(alice, 10);
    }

    function _refuses(Withdrawal memory order, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, alice));
        escrow.withdrawFor(order, signature);
    }
}
