// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../../src/interfaces/IBonds.sol";
import {Payout} from "../../../src/types/Payout.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract SlashByArbiterTest is BondsFixture {
    function setUp() public override {
        super.setUp();
        expose(ARBITER, 500);
    }

    function test_RevertWhen_TheZeroAccountWouldBePaid() public {
        Payout memory nobody = Payout(NOBODY, 1);
        Payout memory none = Payout(NOBODY, 0);
        vm.startPrank(ARBITER);
        vm.expectRevert(IBonds.AccountZero.selector);
        bonds.slashByArbiter(address(token), bob, nobody, none, REF);
        vm.expectRevert(IBonds.AccountZero.selector);
        bonds.slashByArbiter(address(token), bob, none, nobody, REF);
        bonds.slashByArbiter(address(token), bob, none, none, REF);
        vm.stopPrank();
        assertBond(bob, BOND, 500);
    }

    /// @dev An arbiter that nobody has opted into is not refused, it just gets nothing: a case must be able to end.
    function test_NotOptedInto_TakesNothing() public {
        _assertSlash(address(0x07), 100, 100, 0, 0, 0);
        _assertSlash(ARBITER, 0, 0, 0, 0, 0);
        assertBond(bob, BOND, 500);
    }

    function test_PaysHarmedAndReporter_AndBurnsAQuarterOnTop() public {
        vm.expectEmit(address(bonds));
        emit IBonds.Slashed(address(token), bob, REF, ARBITER, alice, 100, carol, 20, 30);
        _assertSlash(ARBITER, 100, 20, 100, 20, 30);
        assertBond(bob, 850, 350);
        assertEq(bonds.exposureOf(address(token), bob, ARBITER), 350, "exposure");
        assertEq(token.balanceOf(address(bonds)), BOND, "tokens");
    }

    function test_TheBurntShare_IsRoundedUp() public {
        _assertSlash(ARBITER, 1, 0, 1, 0, 1);
        assertBond(bob, 998, 498);
    }

    function test_OneAccount_MayBeBoth() public {
        vm.prank(ARBITER);
        bonds.slashByArbiter(address(token), bob, Payout(alice, 40), Payout(alice, 40), REF);
        assertClaims(80, 0, 20);
    }

    // -------------------------------------------------------------------------------- the exposure does not suffice

    function test_FillsTheHarmedFirst() public {
        _assertSlash(ARBITER, 390, 50, 390, 10, 100);
        assertBond(bob, 500, 0);
    }

    function test_FillsNobodyElse_WhenNothingIsLeft() public {
        _assertSlash(ARBITER, 5000, type(uint256).max, 400, 0, 100);
        _assertSlash(ARBITER, 1, 1, 400, 0, 100);
        assertBond(bob, 500, 0);
    }

    function test_Amounts_AreNotAddedBeforeTheyAreCut() public {
        _assertSlash(ARBITER, type(uint256).max, type(uint256).max, 400, 0, 100);
    }

    /// @dev The last unit cannot be paid out without a burnt share.
    function test_ADustExposure_PaysNothing() public {
        slash(ARBITER, 399, 0);
        assertEq(bonds.exposureOf(address(token), bob, ARBITER), 1, "exposure");
        _assertSlash(ARBITER, 10, 10, 399, 0, 100);
        assertBond(bob, 501, 1);
    }

    // --------------------------------------------------------------------------------------------- while leaving

    function test_WhileExiting_TheExposureStaysWhole() public {
        vm.startPrank(bob);
        bonds.requestExit(address(token), BOND);
        bonds.requestReduce(address(token), ARBITER, 0);
        vm.warp(block.timestamp + exitDelaySec - 1);
        vm.stopPrank();
        _assertSlash(ARBITER, 400, 0, 400, 0, 100);
    }

    function test_AfterTheReduction_NothingIsLeftToTake() public {
        vm.startPrank(bob);
        bonds.requestReduce(address(token), ARBITER, 0);
        vm.warp(block.timestamp + exitDelaySec);
        bonds.reduce(address(token), ARBITER);
        vm.stopPrank();
        _assertSlash(ARBITER, 400, 0, 0, 0, 0);
    }

    // -------------------------------------------------------------------------------------------------------- fuzz

    function testFuzz_CostsMoreThanAnybodyGets(uint104 amount, uint256 cap, uint256 harmed, uint256 reporter) public {
        amount = uint104(bound(amount, 2, type(uint104).max - BOND));
        token.mint(bob, amount);
        addBond(bob, amount);
        uint256 held = BOND + amount;
        cap = bound(cap, 500, held * 8 / 10);
        if (cap > 500) expose(ARBITER, cap);
        (uint256 paidHarmed, uint256 paidReporter) = slash(ARBITER, harmed, reporter);

        uint256 paid = paidHarmed + paidReporter;
        (uint256 left,,) = bonds.bondOf(address(token), bob);
        uint256 debit = held - left;
        uint256 burned = bonds.burnt(address(token));
        assertEq(debit, paid + burned, "debit");
        vm.assertLe(debit, cap, "beyond the exposure");
        vm.assertLe(paid, burned * 4, "burnt share");
        vm.assertTrue(paid == 0 || debit > paid, "self-slashing pays");
        vm.assertLe(paidHarmed, harmed, "harmed");
        vm.assertLe(paidReporter, reporter, "reporter");
        vm.assertTrue(paidReporter == 0 || paidHarmed == harmed, "harmed first");
        bool full = paidHarmed == harmed && paidReporter == reporter;
        // All that can be paid of what is exposed, is paid: one unit more would cost more than there is.
        vm.assertTrue(full || (paid + 1) * 5 > cap * 4, "more could be paid");
        assertConserved();
    }

    function _assertSlash(
        address arbiter,
        uint256 harmed,
        uint256 reporter,
        uint256 claimHarmed,
        uint256 claimReporter,
        uint256 burned
    ) private {
        (uint256 before, uint256 beforeToo) = _claims();
        (uint256 paidHarmed, uint256 paidReporter) = slash(arbiter, harmed, reporter);
        assertClaims(claimHarmed, claimReporter, burned);
        assertEq(paidHarmed, claimHarmed - before, "paidHarmed");
        assertEq(paidReporter, claimReporter - beforeToo, "paidReporter");
        assertConserved();
    }

    function _claims() private view returns (uint256, uint256) {
        return (bonds.claimable(address(token), alice), bonds.claimable(address(token), carol));
    }
}
