// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../../src/interfaces/IBonds.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract ExitTest is BondsFixture {
    // ------------------------------------------------------------------------------------------------ requestExit

    function test_Request_RevertWhen_AmountIsZero() public {
        vm.prank(bob);
        vm.expectRevert(IBonds.AmountZero.selector);
        bonds.requestExit(address(token), 0);
    }

    function test_Request_RevertWhen_BondIsSmaller() public {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondInsufficient.selector, BOND, BOND + 1));
        bonds.requestExit(address(token), BOND + 1);
    }

    function test_Request_RevertWhen_OneIsPending() public {
        uint256 exitAt = _request(400);
        vm.warp(block.timestamp + 1);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IBonds.ExitPending.selector, exitAt));
        bonds.requestExit(address(token), 1);
    }

    function test_Request_StartsTheDelay() public {
        vm.expectEmit(address(bonds));
        emit IBonds.ExitRequested(address(token), bob, 400, block.timestamp + 30 days);
        uint256 exitAt = _request(400);
        assertExit(bob, 400, exitAt);
        assertBond(bob, BOND, 0);
    }

    // ------------------------------------------------------------------------------------------------- cancelExit

    function test_Cancel_RevertWhen_NoneIsPending() public {
        vm.prank(bob);
        vm.expectRevert(IBonds.AmountZero.selector);
        bonds.cancelExit(address(token));
    }

    function test_Cancel_MakesTheNextWaitAgain() public {
        _request(400);
        vm.warp(block.timestamp + 29 days);
        vm.expectEmit(address(bonds));
        emit IBonds.ExitCancelled(address(token), bob);
        vm.prank(bob);
        bonds.cancelExit(address(token));
        assertExit(bob, 0, 0);
        uint256 exitAt = _request(1000);
        vm.warp(block.timestamp + 29 days);
        _expectTooEarly(exitAt);
    }

    // ------------------------------------------------------------------------------------------------------- exit

    function test_RevertWhen_RecipientIsZeroOrTheContract() public {
        _request(400);
        vm.warp(block.timestamp + exitDelaySec);
        address[2] memory wrong = [NOBODY, address(bonds)];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.prank(bob);
            vm.expectRevert(abi.encodeWithSelector(IBonds.RecipientInvalid.selector, wrong[i]));
            bonds.exit(address(token), wrong[i]);
        }
    }

    function test_RevertWhen_NotRequested() public {
        _expectTooEarly(0);
    }

    function test_RevertWhen_ASecondTooEarly() public {
        uint256 exitAt = _request(400);
        vm.warp(exitAt - 1);
        _expectTooEarly(exitAt);
    }

    function test_PaysOut_Once() public {
        vm.warp(_request(400));
        vm.expectEmit(address(bonds));
        emit IBonds.Exited(address(token), bob, carol, 400);
        vm.prank(bob);
        assertEq(bonds.exit(address(token), carol), 400, "paid");
        assertEq(token.balanceOf(carol), 400, "arrived");
        assertBond(bob, 600, 0);
        assertExit(bob, 0, 0);
        assertConserved();
        _expectTooEarly(0);
    }

    function test_PaysOutEverything() public {
        vm.warp(_request(BOND));
        _exit();
        assertBond(bob, 0, 0);
        assertEq(token.balanceOf(address(bonds)), 0, "tokens");
        assertEq(bonds.liabilities(address(token)), 0, "liabilities");
    }

    /// @dev What is asked for may be exposed; by the time it leaves it may not.
    function test_RevertWhen_ExposedMoneyWouldLeave() public {
        expose(ARBITER, 480);
        uint256 exitAt = _request(500);
        vm.warp(exitAt);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondExposed.selector, 480, 400, 500));
        bonds.exit(address(token), bob);
        assertExit(bob, 500, exitAt);
    }

    function test_ExitAndReduction_RunSideBySide() public {
        expose(ARBITER, 480);
        vm.prank(bob);
        bonds.requestReduce(address(token), ARBITER, 0);
        vm.warp(_request(BOND));
        vm.prank(bob);
        bonds.reduce(address(token), ARBITER);
        _exit();
        assertBond(bob, 0, 0);
    }

    // -------------------------------------------------------------------------------------- slashed while exiting

    function test_ASlash_TakesFromWhatIsExiting() public {
        _request(BOND);
        reportOffers(carol);
        assertExit(bob, 900, block.timestamp + exitDelaySec);
        vm.warp(block.timestamp + exitDelaySec);
        vm.prank(bob);
        assertEq(bonds.exit(address(token), bob), 900, "paid");
        assertConserved();
    }

    function test_RevertWhen_SlashesLeftNothing() public {
        bonds = deployBonds(address(escrow));
        fund(bob);
        register(NODE_SECRET, bob);
        addBond(bob, 1);
        uint256 exitAt = _request(1);
        reportOffers(carol);
        vm.warp(exitAt);
        vm.prank(bob);
        vm.expectRevert(IBonds.AmountZero.selector);
        bonds.exit(address(token), bob);
    }

    function testFuzz_NeverPaysBeforeTheDelay(uint32 waited) public {
        uint256 exitAt = _request(400);
        vm.warp(block.timestamp + waited);
        if (block.timestamp < exitAt) {
            _expectTooEarly(exitAt);
        } else {
            _exit();
            assertBond(bob, 600, 0);
        }
    }

    function _request(uint256 amount) private returns (uint256 exitAt) {
        vm.prank(bob);
        bonds.requestExit(address(token), amount);
        return block.timestamp + exitDelaySec;
    }

    function _exit() private {
        vm.prank(bob);
        bonds.exit(address(token), bob);
    }

    function _expectTooEarly(uint256 exitAt) private {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IBonds.ExitTooEarly.selector, exitAt));
        bonds.exit(address(token), bob);
    }
}
