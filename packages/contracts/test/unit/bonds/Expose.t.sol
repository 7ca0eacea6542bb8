// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../../src/interfaces/IBonds.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract ExposeTest is BondsFixture {
    address private constant OTHER = address(0x07);

    // ----------------------------------------------------------------------------------------------------- expose

    function test_RevertWhen_ArbiterIsZero() public {
        vm.prank(bob);
        vm.expectRevert(IBonds.AccountZero.selector);
        bonds.expose(address(token), NOBODY, 1);
    }

    function test_RevertWhen_NotRaised() public {
        expose(ARBITER, 300);
        uint256[3] memory caps = [uint256(0), 299, 300];
        for (uint256 i = 0; i < caps.length; ++i) {
            vm.prank(bob);
            vm.expectRevert(abi.encodeWithSelector(IBonds.ExposureNotRaised.selector, 300, caps[i]));
            bonds.expose(address(token), ARBITER, caps[i]);
        }
    }

    function test_RevertWhen_ZeroIsExposed() public {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IBonds.ExposureNotRaised.selector, 0, 0));
        bonds.expose(address(token), ARBITER, 0);
    }

    function test_RevertWhen_AFifthWouldNotStayFree() public {
        _expectExposed(ARBITER, 801, 801);
        _expectExposed(ARBITER, type(uint256).max, type(uint256).max);
        expose(ARBITER, 800);
        assertBond(bob, BOND, 800);
    }

    /// @dev What is exposed to one arbiter cannot be exposed to another as well.
    function test_RevertWhen_ArbitersWouldShare() public {
        expose(ARBITER, 500);
        _expectExposed(OTHER, 301, 801);
        _expectExposed(OTHER, type(uint256).max, type(uint256).max);
        expose(OTHER, 300);
        assertBond(bob, BOND, 800);
        assertCap(ARBITER, 500);
        assertCap(OTHER, 300);
    }

    function test_RevertWhen_ThereIsNoBond() public {
        vm.prank(mallory);
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondExposed.selector, 1, 0, 0));
        bonds.expose(address(token), ARBITER, 1);
    }

    function test_Raises_AtOnce() public {
        expose(ARBITER, 300);
        vm.expectEmit(address(bonds));
        emit IBonds.Exposed(address(token), bob, ARBITER, 500);
        expose(ARBITER, 500);
        assertCap(ARBITER, 500);
        assertBond(bob, BOND, 500);
    }

    // --------------------------------------------------------------------------------------------- requestReduce

    function test_Request_RevertWhen_NotLowered() public {
        expose(ARBITER, 300);
        uint256[2] memory caps = [uint256(300), 301];
        for (uint256 i = 0; i < caps.length; ++i) {
            vm.prank(bob);
            vm.expectRevert(abi.encodeWithSelector(IBonds.ExposureNotLowered.selector, 300, caps[i]));
            bonds.requestReduce(address(token), ARBITER, caps[i]);
        }
    }

    function test_Request_KeepsTheExposure_AndWarnsOfItsEnd() public {
        expose(ARBITER, 300);
        vm.expectEmit(address(bonds));
        emit IBonds.ReductionRequested(address(token), bob, ARBITER, 100, block.timestamp + 30 days);
        uint256 reduceAt = _request(100);
        assertEq(bonds.exposureOf(address(token), bob, ARBITER), 300, "exposure");
        assertEq(bonds.coverOf(address(token), bob, ARBITER), 100, "cover");
        assertReduction(100, reduceAt);
        assertBond(bob, BOND, 300);
    }

    function test_AskingAgain_StartsTheDelayAnew() public {
        expose(ARBITER, 300);
        _request(100);
        vm.warp(block.timestamp + 29 days);
        uint256 reduceAt = _request(0);
        vm.warp(block.timestamp + 2 days);
        _expectTooEarly(reduceAt);
    }

    // ------------------------------------------------------------------------------------------ raised meanwhile

    function test_Raising_TakesTheReductionBack() public {
        expose(ARBITER, 300);
        _request(0);
        vm.warp(block.timestamp + 29 days);
        expose(ARBITER, 301);
        assertCap(ARBITER, 301);
        assertReduction(0, 0);
        vm.warp(block.timestamp + 2 days);
        _expectTooEarly(0);
    }

    function test_TheSameAgain_TakesTheReductionBack() public {
        expose(ARBITER, 300);
        _request(0);
        expose(ARBITER, 300);
        assertCap(ARBITER, 300);
        assertReduction(0, 0);
        assertBond(bob, BOND, 300);
    }

    // ----------------------------------------------------------------------------------------------------- reduce

    function test_Reduce_RevertWhen_NotRequested() public {
        expose(ARBITER, 300);
        _expectTooEarly(0);
    }

    function test_Reduce_RevertWhen_ASecondTooEarly() public {
        expose(ARBITER, 300);
        uint256 reduceAt = _request(100);
        vm.warp(reduceAt - 1);
        _expectTooEarly(reduceAt);
    }

    function test_Reduce_FreesTheMoney_Once() public {
        expose(ARBITER, 300);
        vm.warp(_request(100));
        vm.expectEmit(address(bonds));
        emit IBonds.Exposed(address(token), bob, ARBITER, 100);
        _reduce();
        assertCap(ARBITER, 100);
        assertReduction(0, 0);
        assertBond(bob, BOND, 100);
        _expectTooEarly(0);
    }

    function test_Reduce_NeverRaises_WhatSlashesHaveLowered() public {
        expose(ARBITER, 300);
        uint256 reduceAt = _request(100);
        slash(ARBITER, 200, 0);
        assertCap(ARBITER, 50);
        assertReduction(50, reduceAt);
        vm.warp(reduceAt);
        _reduce();
        assertCap(ARBITER, 50);
        assertBond(bob, BOND - 250, 50);
    }

    function testFuzz_AllCapsTogether_StayInTheBond(uint104 amount, uint104[4] memory caps) public {
        amount = uint104(bound(amount, 1, type(uint104).max - BOND));
        token.mint(bob, amount);
        addBond(bob, amount);
        uint256 exposedMax = (BOND + amount) * 8 / 10;
        uint256 sum;
        for (uint160 i = 0; i < caps.length; ++i) {
            if (caps[i] == 0) continue;
            if (sum + caps[i] > exposedMax) {
                vm.prank(bob);
                vm.expectRevert();
                bonds.expose(address(token), address(i + 1), caps[i]);
            } else {
                expose(address(i + 1), caps[i]);
                sum += caps[i];
            }
        }
        assertBond(bob, BOND + amount, sum);
    }

    function assertCap(address arbiter, uint256 cap) private view {
        assertEq(bonds.exposureOf(address(token), bob, arbiter), cap, "exposure");
        assertEq(bonds.coverOf(address(token), bob, arbiter), cap, "cover");
    }

    function assertReduction(uint256 cap, uint256 reduceAt) private view {
        (uint256 cap_, uint256 reduceAt_) = bonds.reductionOf(address(token), bob, ARBITER);
        assertEq(cap_, cap, "reduced");
        assertEq(reduceAt_, reduceAt, "reduceAt");
    }

    function _request(uint256 cap) private returns (uint256 reduceAt) {
        vm.prank(bob);
        bonds.requestReduce(address(token), ARBITER, cap);
        return block.timestamp + exitDelaySec;
    }

    function _reduce() private {
        vm.prank(bob);
        bonds.reduce(address(token), ARBITER);
    }

    function _expectExposed(address arbiter, uint256 cap, uint256 exposed) private {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondExposed.selector, exposed, 800, BOND));
        bonds.expose(address(token), arbiter, cap);
    }

    function _expectTooEarly(uint256 reduceAt) private {
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IBonds.ReductionTooEarly.selector, reduceAt));
        bonds.reduce(address(token), ARBITER);
    }
}
