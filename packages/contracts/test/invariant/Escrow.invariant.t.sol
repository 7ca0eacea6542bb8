// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";
import {EscrowHandler} from "./EscrowHandler.sol";
import {EscrowModel} from "./EscrowModel.sol";
import {OrderCalls} from "./OrderCalls.sol";

/// @notice See README.md beside this file.
contract EscrowInvariantTest is Test {
    IEscrow private escrow;
    ITestToken private token;
    EscrowHandler private handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        escrow = IEscrow(vm.deployCode("Escrow.sol:Escrow"));
        token = ITestToken(vm.deployCode("TestToken.sol:TestToken"));
        handler = new EscrowHandler(escrow, token);
        bytes4[] memory calls = new bytes4[](19);
        calls[0] = EscrowHandler.deposit.selector;
        calls[1] = EscrowHandler.withdraw.selector;
        calls[2] = EscrowHandler.open.selector;
        calls[3] = EscrowHandler.depositAndOpen.selector;
        calls[4] = EscrowHandler.redeem.selector;
        calls[5] = EscrowHandler.redeemMany.selector;
        calls[6] = EscrowHandler.requestClose.selector;
        calls[7] = EscrowHandler.close.selector;
        calls[8] = EscrowHandler.wait.selector;
        calls[9] = EscrowHandler.donate.selector;
        calls[10] = EscrowHandler.redeemAndClose.selector;
        calls[11] = OrderCalls.award.selector;
        calls[12] = OrderCalls.hold.selector;
        calls[13] = OrderCalls.release.selector;
        calls[14] = OrderCalls.cashCheque.selector;
        calls[15] = OrderCalls.openWithSig.selector;
        calls[16] = OrderCalls.withdrawFor.selector;
        calls[17] = OrderCalls.cancelNonces.selector;
        calls[18] = OrderCalls.bringAgain.selector;
        targetOnly(address(handler), calls);
    }

    function invariant_EveryCoinIsAccountedFor() public view {
        uint256 owed;
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            address account = handler.actor(i);
            uint256 balance = escrow.balanceOf(address(token), account);
            assertEq(balance, handler.balanceOf(account), "balance");
            owed += balance;
        }
        bytes32[] memory ids = handler.channelIds();
        for (uint256 i = 0; i < ids.length; ++i) {
            (uint256 deposit, uint256 settled,) = escrow.channels(ChannelId.wrap(ids[i]));
            owed += deposit - settled;
        }
        assertEq(owed, escrow.liabilities(address(token)), "liabilities");
        assertEq(owed + handler.donated(), token.balanceOf(address(escrow)), "tokens");
    }

    /// @dev The model's `settled` only ever grows, so that the escrow's, being equal, never falls.
    function invariant_ChannelsPayWhatWasPromised_Once() public view {
        bytes32[] memory ids = handler.channelIds();
        for (uint256 i = 0; i < ids.length; ++i) {
            (uint256 deposit, uint256 settled, uint256 closeAt) = escrow.channels(ChannelId.wrap(ids[i]));
            EscrowModel.Model memory model = handler.modelOf(ids[i]);
            assertEq(deposit, model.deposit, "deposit");
            assertEq(settled, model.settled, "settled");
            assertEq(closeAt, model.closeAt, "closeAt");
            assertEq(settled, model.paid, "paid");
            assertEq(escrow.heldUntil(ChannelId.wrap(ids[i])), model.heldUntil, "heldUntil");
            vm.assertLe(settled, deposit, "settled beyond deposit");
            vm.assertLe(settled, model.promised, "paid beyond promise");
        }
    }

    /// @dev Every signed order has a nonce: which of them are used is what the model says, and a cheque pays at most once.
    function invariant_OrdersAreCarriedOutOnce() public view {
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            address account = handler.actor(i);
            assertEq(escrow.nonceBitmap(account, 0), handler.noncesUsed(account), "nonces");
        }
        vm.assertLe(handler.chequesPaid(), handler.chequesSigned(), "cheques");
    }
}
