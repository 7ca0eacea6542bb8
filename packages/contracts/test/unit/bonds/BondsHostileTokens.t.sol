// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IBonds} from "../../../src/interfaces/IBonds.sol";
import {BlockingToken, ShrinkingToken} from "../../tokens/BlockingTokens.sol";
import {CallingToken, FeeToken, RefusingToken, SilentToken} from "../../tokens/HostileTokens.sol";
import {ITestToken} from "../../tokens/ITestToken.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

/// @notice Tokens that do not play by the rules harm nobody but, at most, their own holders.
contract BondsHostileTokensTest is BondsFixture {
    function test_FeeOnTransfer_IsCreditedByWhatArrived() public {
        _use(address(new FeeToken()));
        vm.startPrank(bob);
        assertEq(bonds.bond(address(token), bob, 1000), 990, "credited");
        bonds.requestExit(address(token), 990);
        vm.warp(block.timestamp + exitDelaySec);
        assertEq(bonds.exit(address(token), carol), 990, "paid");
        vm.stopPrank();
        assertEq(token.balanceOf(carol), 981, "arrived");
        assertConserved();
    }

    function test_NoReturnValue_Works() public {
        _use(address(new SilentToken()));
        addBond(bob, 1000);
        expose(ARBITER, 500);
        slash(ARBITER, 100, 0);
        vm.prank(alice);
        bonds.collect(address(token), alice);
        assertEq(token.balanceOf(alice), 100, "arrived");
        assertConserved();
    }

    function test_FalseForAnAnswer_Reverts() public {
        _use(address(new RefusingToken()));
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        bonds.bond(address(token), bob, 10);
    }

    /// @dev A token that blocks the harmed, the reporter, or this contract itself holds up no slash; who is blocked
    /// collects to another account, and nobody else waits for him.
    function test_Blocking_HoldsUpNoSlash() public {
        BlockingToken blocking = new BlockingToken();
        _use(address(blocking));
        addBond(bob, 1000);
        expose(ARBITER, 500);
        blocking.setBlocked(alice, true);
        slash(ARBITER, 100, 20);
        reportOffers(carol);
        vm.prank(carol);
        bonds.collect(address(token), carol);
        vm.startPrank(alice);
        vm.expectRevert();
        bonds.collect(address(token), alice);
        bonds.collect(address(token), mallory);
        vm.stopPrank();
        assertEq(token.balanceOf(mallory), 100, "arrived");
        blocking.setBlocked(address(bonds), true);
        slash(ARBITER, 100, 0);
        assertClaims(100, 0, 30 + 77 + 25);
        assertConserved();
    }

    /// @dev Nobody can keep such a token safe. Its own holders race for what is left; those of others lose nothing.
    function test_Shrinking_HarmsItsOwnHoldersOnly() public {
        ITestToken good = token;
        ShrinkingToken shrinking = new ShrinkingToken();
        _use(address(shrinking));
        addBond(bob, 1000);
        fund(carol);
        addBond(carol, 1000);
        shrinking.halve();
        _requestExit(carol);
        _requestExit(bob);
        vm.warp(block.timestamp + exitDelaySec);
        vm.prank(carol);
        bonds.exit(address(token), carol);
        vm.prank(bob);
        vm.expectRevert();
        bonds.exit(address(token), bob);
        token = good;
        assertBond(bob, BOND, 0);
        assertConserved();
    }

    function test_Reentering_IsRefused() public {
        bytes[3] memory calls = [
            abi.encodeCall(IBonds.bond, (address(token), mallory, 5)),
            abi.encodeCall(IBonds.exit, (address(token), mallory)),
            abi.encodeCall(IBonds.collect, (address(token), mallory))
        ];
        CallingToken calling = new CallingToken();
        _use(address(calling));
        for (uint256 i = 0; i < calls.length; ++i) {
            calling.callOnTransfer(address(bonds), calls[i]);
            addBond(bob, 400);
            _assertRefused(calling);
        }
        assertBond(bob, 1200, 0);
        expose(ARBITER, 500);
        slash(ARBITER, 100, 0);
        calling.callOnTransfer(address(bonds), calls[0]);
        vm.prank(alice);
        bonds.collect(address(token), alice);
        _assertRefused(calling);
        vm.prank(bob);
        bonds.requestExit(address(token), 10);
        vm.warp(block.timestamp + exitDelaySec);
        calling.callOnTransfer(address(bonds), calls[0]);
        vm.prank(bob);
        bonds.exit(address(token), bob);
        _assertRefused(calling);
        assertConserved();
    }

    /// @dev The token is not stopped from reporting in the middle of an exit; the sums are right by then.
    function test_SlashingInTheMiddleOfAnExit_LeavesEverySumIntact() public {
        CallingToken calling = new CallingToken();
        _use(address(calling));
        addBond(bob, 1000);
        vm.prank(bob);
        bonds.requestExit(address(token), 600);
        vm.warp(block.timestamp + exitDelaySec);
        calling.callOnTransfer(address(bonds), abi.encodeCall(IBonds.slashOffers, (address(token), offers())));
        vm.prank(bob);
        bonds.exit(address(token), bob);
        vm.assertTrue(calling.called(), "called");
        assertBond(bob, 360, 0);
        assertEq(bonds.claimable(address(token), address(calling)), 4, "reporter");
        assertEq(bonds.burnt(address(token)), 36, "burnt");
        assertEq(bonds.liabilities(address(token)), 400, "liabilities");
        assertEq(token.balanceOf(address(bonds)), 400, "tokens");
    }

    function test_TokensSentWithoutBonding_AreNobodys() public {
        token.mint(address(bonds), 5);
        assertBond(bob, BOND, 0);
        assertEq(bonds.liabilities(address(token)), BOND, "liabilities");
    }

    function _requestExit(address owner) private {
        vm.prank(owner);
        bonds.requestExit(address(token), 1000);
    }

    function _use(address other) private {
        token = ITestToken(other);
        token.mint(bob, FUNDS);
        _approve(bob);
        _approve(carol);
    }

    /// @dev Not every token answers to approve, as IERC20 says it should.
    function _approve(address account) private {
        vm.prank(account);
        (bool approved,) = address(token).call(abi.encodeCall(token.approve, (address(bonds), FUNDS)));
        vm.assertTrue(approved, "approved");
    }

    function _assertRefused(CallingToken calling) private view {
        vm.assertTrue(!calling.called(), "refused");
        bytes4 reason = bytes4(calling.answer());
        vm.assertEq(bytes32(reason), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "reason");
    }
}
