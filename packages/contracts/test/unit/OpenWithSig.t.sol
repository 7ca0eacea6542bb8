// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IEscrowOrders} from "../../src/interfaces/IEscrowOrders.sol";
import {Opening} from "../../src/messages/Opening.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ChannelMeta, ChannelMetas} from "../../src/types/ChannelMeta.sol";
import {OrderFixture} from "../utils/OrderFixture.sol";
import {vm} from "../utils/Vm.sol";
import {OwnedWallet} from "../utils/Wallets.sol";

contract OpenWithSigTest is OrderFixture {
    function test_MovesThePayersBalanceIntoTheChannel_WhoeverBringsIt() public {
        ChannelKey memory key = sessionKey();
        bytes memory signature = sign(ALICE_SECRET, openingOf(30));
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelOpened(key.id(), alice, bob, address(token), address(0), ChannelMeta.unwrap(key.meta));
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelFunded(key.id(), alice, 30, 30);
        vm.recordLogs();
        vm.prank(relay);
        ChannelId id = escrow.openWithSig(openingOf(30), signature);
        assertEq(vm.getRecordedLogs().length, 2, "logs");
        vm.assertEq(ChannelId.unwrap(id), ChannelId.unwrap(key.id()), "id");
        assertChannel(key, 30, 0, 0);
        assertBalance(alice, 70);
        assertBalance(relay, 0);
        assertEq(pay(key, 30), 30, "paid");
    }

    function test_WithAFee_PaysWhoeverBringsIt() public {
        Opening memory order = openingOf(30);
        order.fee = 5;
        bytes memory signature = sign(ALICE_SECRET, order);
        vm.expectEmit(address(escrow));
        emit IEscrowOrders.RelayerPaid(address(token), alice, relay, 5);
        vm.prank(relay);
        escrow.openWithSig(order, signature);
        assertBalance(alice, 65);
        assertBalance(relay, 5);
        assertEq(escrow.liabilities(address(token)), 100, "liabilities");
    }

    function test_RevertWhen_AnythingSignedIsChanged() public {
        bytes memory signature = sign(ALICE_SECRET, openingOf(30));
        Opening memory order = openingOf(31);
        _refuses(order, signature);
        order = openingOf(30);
        order.fee = 1;
        _refuses(order, signature);
        order = openingOf(30);
        order.nonce = 2;
        _refuses(order, signature);
        order = openingOf(30);
        order.expiresAt += 1;
        _refuses(order, signature);
        order = openingOf(30);
        order.channel.payee = mallory;
        _refuses(order, signature);
        order = openingOf(30);
        order.channel.meta = ChannelMetas.encode(mallory, CLOSE_DELAY_SEC, 1);
        _refuses(order, signature);
    }

    function test_RevertWhen_BroughtTwice_OrExpired() public {
        bytes memory signature = sign(ALICE_SECRET, openingOf(30));
        escrow.openWithSig(openingOf(30), signature);
        vm.expectRevert(abi.encodeWithSelector(IEscrowOrders.NonceUsed.selector, alice, 1));
        escrow.openWithSig(openingOf(30), signature);
        vm.warp(expiresAt);
        vm.expectRevert(abi.encodeWithSelector(IEscrowOrders.OrderExpired.selector, expiresAt));
        escrow.openWithSig(openingOf(30), signature);
    }

    function test_RevertWhen_BalanceDoesNotCoverAmountAndFee() public {
        Opening memory order = openingOf(100);
        order.fee = 1;
        bytes memory signature = sign(ALICE_SECRET, order);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BalanceInsufficient.selector, 0, 1));
        escrow.openWithSig(order, signature);
        order = openingOf(0);
        signature = sign(ALICE_SECRET, order);
        vm.expectRevert(IEscrow.AmountZero.selector);
        escrow.openWithSig(order, signature);
    }

    function test_RevertWhen_TheChannelIsBad() public {
        Opening memory order = openingOf(30);
        order.channel.payee = address(0);
        bytes memory signature = sign(ALICE_SECRET, order);
        vm.expectRevert(IEscrow.AccountZero.selector);
        escrow.openWithSig(order, signature);
        assertEq(escrow.nonceBitmap(alice, 0), 0, "nonces");
    }

    function test_WhenPayerIsAContract_AsksIt() public {
        Opening memory order = openingOf(30);
        order.channel.payer = address(new OwnedWallet(mallory));
        vm.prank(alice);
        escrow.deposit(address(token), order.channel.payer, 30);
        escrow.openWithSig(order, sign(MALLORY_SECRET, order));
        assertChannel(order.channel, 30, 0, 0);
    }

    function _refuses(Opening memory order, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, alice));
        escrow.openWithSig(order, signature);
    }
}
