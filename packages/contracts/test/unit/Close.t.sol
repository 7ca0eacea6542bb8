// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ChannelMeta} from "../../src/types/ChannelMeta.sol";
import {compact} from "../utils/CompactSignature.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

contract CloseTest is EscrowFixture {
    ChannelKey private key;

    function setUp() public override {
        super.setUp();
        key = sessionKey();
        openFor(key, 100);
    }

    // --------------------------------------------------------------------------------------------- requestClose

    function test_RequestClose_RevertWhen_CallerIsNotPayerOrSigner() public {
        address[3] memory others = [mallory, bob, address(this)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IEscrow.CallerNotParty.selector, others[i]));
            escrow.requestClose(key);
        }
    }

    function test_RequestClose_RevertWhen_ChannelIsEmpty() public {
        ChannelKey memory unopened = keyOf(alice, bob, session, 9);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelEmpty.selector, unopened.id()));
        escrow.requestClose(unopened);
        pay(key, 100);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelEmpty.selector, key.id()));
        escrow.requestClose(key);
    }

    function test_RequestClose_RevertWhen_Closing() public {
        vm.startPrank(alice);
        uint256 closeAt = escrow.requestClose(key);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelClosing.selector, closeAt));
        escrow.requestClose(key);
    }

    function test_RequestClose_StartsTheDelay() public {
        uint256 expected = block.timestamp + CLOSE_DELAY_SEC;
        vm.expectEmit(address(escrow));
        emit IEscrow.CloseRequested(key.id(), expected);
        vm.prank(alice);
        assertEq(escrow.requestClose(key), expected, "closeAt");
        assertChannel(key, 100, 0, expected);
    }

    function test_RequestClose_IsOpenToTheSigner() public {
        vm.prank(session);
        escrow.requestClose(key);
    }

    // ---------------------------------------------------------------------------------------------------- close

    function test_Close_RevertWhen_NotRequested() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CloseTooEarly.selector, 0));
        escrow.close(key);
    }

    function test_Close_RevertWhen_DelayIsNotOver() public {
        vm.startPrank(alice);
        uint256 closeAt = escrow.requestClose(key);
        vm.warp(closeAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CloseTooEarly.selector, closeAt));
        escrow.close(key);
    }

    function test_Close_RevertWhen_ChannelIsEmpty() public {
        vm.startPrank(bob);
        escrow.close(key);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelEmpty.selector, key.id()));
        escrow.close(key);
    }

    function test_Close_WhenDelayIsOver_IsOpenToAnyone_AndRefundsThePayer() public {
        pay(key, 30);
        vm.prank(alice);
        vm.warp(escrow.requestClose(key));
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelClosed(key.id(), 70);
        vm.prank(mallory);
        assertEq(escrow.close(key), 70, "refunded");
        assertBalance(alice, 70);
        assertBalance(bob, 30);
        assertBalance(mallory, 0);
        assertChannel(key, 30, 30, 0);
    }

    function test_Close_WhenCallerIsThePayee_HappensAtOnce() public {
        vm.prank(bob);
        assertEq(escrow.close(key), 100, "refunded");
        assertBalance(alice, 100);
        assertChannel(key, 0, 0, 0);
    }

    function test_Close_WhenSomebodyElsePaidIn_StillRefundsThePayer() public {
        token.mint(mallory, 5);
        vm.startPrank(mallory);
        token.approve(address(escrow), 5);
        escrow.depositAndOpen(key, 5);
        vm.stopPrank();
        vm.prank(bob);
        escrow.close(key);
        assertBalance(alice, 105);
        assertBalance(mallory, 0);
    }

    function test_Close_WhenPaidOutMeanwhile_MakesRoomForNewMoney() public {
        vm.prank(alice);
        uint256 closeAt = escrow.requestClose(key);
        pay(key, 100);
        vm.warp(closeAt);
        assertEq(escrow.close(key), 0, "refunded");
        openFor(key, 10);
        assertChannel(key, 110, 100, 0);
    }

    // ------------------------------------------------------------------------------------------------- reopened

    function test_Reopened_RevertWhen_VoucherWasPaidBefore() public {
        pay(key, 60);
        vm.prank(bob);
        escrow.close(key);
        openFor(key, 100);
        assertChannel(key, 160, 60, 0);
        bytes memory old = voucher(SESSION_SECRET, key, 60);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.VoucherNotIncreasing.selector, 60, 60));
        escrow.redeem(key, 60, COMMITMENT, compact(old));
    }

    /// @dev What a voucher still promises is still owed: closing does not undo a signature.
    function test_Reopened_PaysOnlyWhatAnOldVoucherWasStillOwed() public {
        pay(key, 60);
        vm.prank(bob);
        escrow.close(key);
        openFor(key, 100);
        assertEq(pay(key, 75), 15, "paid");
        assertBalance(bob, 75);
    }

    function test_Reopened_WhenNothingWasPaid_TellsTheKeyAgain() public {
        vm.prank(bob);
        escrow.close(key);
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelOpened(key.id(), alice, bob, address(token), address(0), ChannelMeta.unwrap(key.meta));
        openFor(key, 1);
    }

    /// @dev However often a channel is paid, closed and reopened, its payee gets its largest voucher and not more.
    function testFuzz_Reopened_NeverPaysTwice(uint128[5] memory cumulatives, bool[5] memory closes) public {
        uint256 largest;
        uint256 open_ = 100;
        for (uint256 i = 0; i < cumulatives.length; ++i) {
            uint128 cumulative = uint128(bound(cumulatives[i], 1, 400));
            bytes memory signature = voucher(SESSION_SECRET, key, cumulative);
            uint256 worth = cumulative > open_ ? open_ : cumulative;
            if (worth > largest) largest = worth;
            try escrow.redeem(key, cumulative, COMMITMENT, compact(signature)) {} catch {}
            if (closes[i] && open_ > largest) {
                vm.prank(bob);
                escrow.close(key);
                open_ = largest;
            }
            openFor(key, 50);
            open_ += 50;
        }
        assertBalance(bob, largest);
        assertChannel(key, open_, largest, 0);
    }
}
