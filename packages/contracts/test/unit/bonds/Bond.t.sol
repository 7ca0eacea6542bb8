// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../../src/interfaces/IBonds.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract BondTest is BondsFixture {
    function test_RevertWhen_OwnerIsZero() public {
        vm.prank(bob);
        vm.expectRevert(IBonds.AccountZero.selector);
        bonds.bond(address(token), NOBODY, 1);
    }

    function test_RevertWhen_AmountIsZero() public {
        vm.prank(bob);
        vm.expectRevert(IBonds.AmountZero.selector);
        bonds.bond(address(token), bob, 0);
    }

    function test_RevertWhen_TokenIsNoContract() public {
        vm.prank(bob);
        vm.expectRevert();
        bonds.bond(carol, bob, 1);
    }

    function test_RevertWhen_BondWouldCountTooFar() public {
        uint256 max = type(uint104).max;
        token.mint(bob, max);
        vm.startPrank(bob);
        bonds.bond(address(token), bob, max - BOND);
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondFull.selector, max, 1));
        bonds.bond(address(token), bob, 1);
        vm.stopPrank();
        assertBond(bob, max, 0);
    }

    function test_AddsToTheBondOfAnybody_AndOwesIt() public {
        fund(carol);
        vm.expectEmit(address(bonds));
        emit IBonds.Bonded(address(token), bob, carol, 7);
        vm.prank(carol);
        assertEq(bonds.bond(address(token), bob, 7), 7, "credited");
        assertBond(bob, BOND + 7, 0);
        assertBond(carol, 0, 0);
        assertConserved();
    }

    /// @dev Neither a running exit nor exposures are touched by somebody's addition.
    function test_LeavesExitAndExposuresAlone() public {
        expose(ARBITER, 300);
        vm.prank(bob);
        bonds.requestExit(address(token), 400);
        uint256 exitAt = block.timestamp + exitDelaySec;
        vm.warp(block.timestamp + 1 days);
        addBond(bob, 50);
        assertBond(bob, BOND + 50, 300);
        assertExit(bob, 400, exitAt);
    }

    function test_OneTokensBond_IsNotAnothers() public view {
        (uint256 amount,,) = bonds.bondOf(address(escrow), bob);
        assertEq(amount, 0, "amount");
    }

    function test_TellsItsRules() public view {
        vm.assertEq(bonds.escrow(), address(escrow), "escrow");
        assertEq(bonds.EXIT_DELAY_SEC(), 30 days, "delay");
        assertEq(bonds.BURN_BPS(), 2500, "burn");
        assertEq(bonds.PENALTY_BPS(), 1000, "penalty");
        assertEq(bonds.REPORTER_BPS(), 1000, "reporter");
        assertEq(bonds.UNEXPOSED_BPS(), 2000, "unexposed");
    }
}
