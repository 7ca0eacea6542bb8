// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

contract ArbiterTest is EscrowFixture {
    address private constant ARBITER = address(0xA7B);
    bytes32 private constant REF = keccak256("case 1");

    ChannelKey private key;
    uint256 private holdSecMax;

    function setUp() public override {
        super.setUp();
        key = sessionKey();
        key.arbiter = ARBITER;
        openFor(key, 100);
        holdSecMax = escrow.HOLD_SEC_MAX();
    }

    // ---------------------------------------------------------------------------------------------------- caller

    function test_AHold_IsThirtyDaysAtMost() public view {
        assertEq(holdSecMax, 30 days, "HOLD_SEC_MAX");
    }

    function test_RevertWhen_CallerIsNotTheArbiter() public {
        address[3] memory others = [alice, bob, mallory];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.startPrank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IEscrow.CallerNotArbiter.selector, others[i], ARBITER));
            escrow.redeemByArbiter(key, 1, REF);
            vm.expectRevert(abi.encodeWithSelector(IEscrow.CallerNotArbiter.selector, others[i], ARBITER));
            escrow.hold(key, uint48(block.timestamp + 1));
            vm.expectRevert(abi.encodeWithSelector(IEscrow.CallerNotArbiter.selector, others[i], ARBITER));
            escrow.release(key);
            vm.stopPrank();
        }
    }

    function test_RevertWhen_ChannelHasNoArbiter() public {
        ChannelKey memory plain = sessionKey();
        openFor(plain, 100);
        vm.startPrank(ARBITER);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CallerNotArbiter.selector, ARBITER, address(0)));
        escrow.redeemByArbiter(plain, 1, REF);
    }

    // --------------------------------------------------------------------------------------------------- an award

    function test_Award_PaysThePayee_FromTheDeposit() public {
        vm.expectEmit(address(escrow));
        emit IEscrow.RedeemedByArbiter(key.id(), 30, 30, REF);
        assertEq(_award(30), 30, "paid");
        assertBalance(bob, 30);
        assertChannel(key, 70, 0, 0);
        assertEq(escrow.liabilities(address(token)), 100, "liabilities");
    }

    function test_Award_WhenChannelHoldsLess_PaysAndLogsWhatIsThere() public {
        pay(key, 60);
        vm.expectEmit(address(escrow));
        emit IEscrow.RedeemedByArbiter(key.id(), 40, type(uint128).max, REF);
        assertEq(_award(type(uint128).max), 40, "paid");
        assertChannel(key, 60, 60, 0);
        assertBalance(bob, 100);
    }

    function test_Award_WhenNothingIsLeft_PaysNothing_WithoutAWord() public {
        pay(key, 100);
        vm.recordLogs();
        assertEq(_award(1), 0, "paid");
        assertEq(vm.getRecordedLogs().length, 0, "logs");
        assertChannel(key, 100, 100, 0);
    }

    function test_Award_OfNothing_PaysNothing() public {
        assertEq(_award(0), 0, "paid");
        assertChannel(key, 100, 0, 0);
    }

    function test_Award_DoesNotCountAgainstVouchers() public {
        pay(key, 20);
        _award(30);
        assertEq(pay(key, 50), 30, "paid");
        assertBalance(bob, 80);
        assertChannel(key, 70, 50, 0);
        assertEq(pay(key, 200), 20, "paid");
        assertBalance(bob, 100);
    }

    function test_Award_WhenClosing_KeepsCloseAt() public {
        vm.prank(alice);
        uint256 closeAt = escrow.requestClose(key);
        _award(30);
        assertChannel(key, 70, 0, closeAt);
        vm.warp(closeAt);
        assertEq(escrow.close(key), 70, "refunded");
    }

    /// @dev Vouchers and awards in any order: each pays its own, both together never more than was locked up.
    function testFuzz_VouchersAndAwards_AddUp(uint8[8] memory amounts, uint8 kinds) public {
        uint256 awarded;
        uint256 settled;
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint256 rest = 100 - awarded - settled;
            if ((kinds >> i) & 1 == 0) {
                uint256 paid = amounts[i] < rest ? amounts[i] : rest;
                assertEq(_award(amounts[i]), paid, "award");
                awarded += paid;
            } else {
                uint256 cumulative = settled + 1 + amounts[i];
                uint256 paid = cumulative - settled < rest ? cumulative - settled : rest;
                if (rest > 0) assertEq(pay(key, uint128(cumulative)), paid, "voucher");
                settled += paid;
            }
            assertChannel(key, 100 - awarded, settled, 0);
            assertBalance(bob, awarded + settled);
        }
    }

    // ---------------------------------------------------------------------------------------------------- a hold

    function test_Hold_RevertWhen_EndIsNotAhead_OrTooFar() public {
        uint256 max = block.timestamp + holdSecMax;
        uint256[4] memory ends = [uint256(0), block.timestamp, max + 1, type(uint48).max];
        vm.startPrank(ARBITER);
        for (uint256 i = 0; i < ends.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.HoldOutOfRange.selector, ends[i], block.timestamp + 1, max));
            escrow.hold(key, uint48(ends[i]));
        }
        escrow.hold(key, uint48(block.timestamp + 1));
        escrow.hold(key, uint48(max));
    }

    function test_Hold_DelaysCloseByAnybodyButThePayee() public {
        vm.prank(alice);
        uint256 closeAt = escrow.requestClose(key);
        vm.warp(closeAt);
        uint256 until = closeAt + 5 days;
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelHeld(key.id(), until);
        _hold(until);
        assertEq(escrow.heldUntil(key.id()), until, "heldUntil");
        vm.warp(until - 1);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelOnHold.selector, until));
        escrow.close(key);
        vm.warp(until);
        assertEq(escrow.close(key), 100, "refunded");
    }

    function test_Hold_DoesNotKeepThePayeeFromClosing() public {
        _hold(block.timestamp + 5 days);
        vm.prank(bob);
        assertEq(escrow.close(key), 100, "refunded");
    }

    function test_Hold_WhenCloseIsNotDueAnyway_SaysSo() public {
        _hold(block.timestamp + 5 days);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CloseTooEarly.selector, 0));
        escrow.close(key);
        uint256 closeAt = escrow.requestClose(key);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CloseTooEarly.selector, closeAt));
        escrow.close(key);
    }

    function test_Hold_LetsVouchersAndTopUpsThrough() public {
        _hold(block.timestamp + 5 days);
        assertEq(pay(key, 10), 10, "paid");
        openFor(key, 5);
        assertChannel(key, 105, 10, 0);
    }

    function test_Hold_NeverShortens() public {
        uint256 until = block.timestamp + 5 days;
        _hold(until);
        vm.recordLogs();
        _hold(until - 1);
        _hold(until);
        assertEq(vm.getRecordedLogs().length, 0, "logs");
        assertEq(escrow.heldUntil(key.id()), until, "heldUntil");
        _hold(until + 1);
        assertEq(escrow.heldUntil(key.id()), until + 1, "heldUntil");
    }

    /// @dev An arbiter that holds again and again delays the close by HOLD_SEC_MAX, and by no second more.
    function test_Hold_HoweverOften_EndsForTheCloseAfterHoldSecMax() public {
        vm.prank(alice);
        uint256 closeAt = escrow.requestClose(key);
        for (uint256 day = 0; day <= 31; ++day) {
            vm.warp(closeAt - CLOSE_DELAY_SEC + day * 1 days);
            _hold(block.timestamp + holdSecMax);
        }
        vm.warp(closeAt + holdSecMax - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelOnHold.selector, closeAt + holdSecMax));
        escrow.close(key);
        vm.warp(closeAt + holdSecMax);
        assertEq(escrow.close(key), 100, "refunded");
    }

    // -------------------------------------------------------------------------------------------------- a release

    function test_Release_LetsTheChannelBeClosed() public {
        vm.prank(alice);
        vm.warp(escrow.requestClose(key));
        _hold(block.timestamp + 5 days);
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelReleased(key.id());
        vm.prank(ARBITER);
        escrow.release(key);
        assertEq(escrow.heldUntil(key.id()), 0, "heldUntil");
        assertEq(escrow.close(key), 100, "refunded");
    }

    function test_Release_WhenNotHeld_DoesNothing() public {
        vm.recordLogs();
        vm.prank(ARBITER);
        escrow.release(key);
        assertEq(vm.getRecordedLogs().length, 0, "logs");
    }

    function _award(uint128 amount) private returns (uint256) {
        vm.prank(ARBITER);
        return escrow.redeemByArbiter(key, amount, REF);
    }

    function _hold(uint256 untilSec) private {
        vm.prank(ARBITER);
        escrow.hold(key, uint48(untilSec));
    }
}
