// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../../src/interfaces/IBonds.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract CollectTest is BondsFixture {
    function setUp() public override {
        super.setUp();
        expose(ARBITER, 500);
        slash(ARBITER, 100, 20);
    }

    function test_RevertWhen_RecipientIsZeroOrTheContract() public {
        address[2] memory wrong = [NOBODY, address(bonds)];
        for (uint256 i = 0; i < wrong.length; ++i) {
            vm.prank(alice);
            vm.expectRevert(abi.encodeWithSelector(IBonds.RecipientInvalid.selector, wrong[i]));
            bonds.collect(address(token), wrong[i]);
        }
    }

    function test_RevertWhen_NothingIsClaimable() public {
        address[3] memory others = [bob, mallory, ARBITER];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(IBonds.AmountZero.selector);
            bonds.collect(address(token), others[i]);
        }
    }

    function test_SendsItAll_Once_WhereTheCallerSays() public {
        vm.expectEmit(address(bonds));
        emit IBonds.Collected(address(token), alice, mallory, 100);
        vm.startPrank(alice);
        assertEq(bonds.collect(address(token), mallory), 100, "paid");
        vm.expectRevert(IBonds.AmountZero.selector);
        bonds.collect(address(token), mallory);
        vm.stopPrank();
        assertEq(token.balanceOf(mallory), 100, "arrived");
        assertClaims(0, 20, 30);
        assertConserved();
    }

    /// @dev After everybody has taken what is theirs, exactly the burnt share stays.
    function test_TheBurntShare_StaysForEver() public {
        vm.prank(alice);
        bonds.collect(address(token), alice);
        vm.prank(carol);
        bonds.collect(address(token), carol);
        vm.startPrank(bob);
        bonds.requestReduce(address(token), ARBITER, 0);
        bonds.requestExit(address(token), 850);
        vm.warp(block.timestamp + exitDelaySec);
        bonds.reduce(address(token), ARBITER);
        bonds.exit(address(token), bob);
        vm.stopPrank();
        assertEq(token.balanceOf(address(bonds)), 30, "tokens");
        assertEq(bonds.liabilities(address(token)), 30, "liabilities");
        assertConserved();
    }
}
