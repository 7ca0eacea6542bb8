// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

contract WithdrawTest is EscrowFixture {
    function setUp() public override {
        super.setUp();
        vm.prank(alice);
        escrow.deposit(address(token), alice, 10);
    }

    function test_RevertWhen_ToIsZeroOrTheEscrow() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RecipientInvalid.selector, address(0)));
        escrow.withdraw(address(token), address(0), 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.RecipientInvalid.selector, address(escrow)));
        escrow.withdraw(address(token), address(escrow), 1);
    }

    function test_RevertWhen_AmountIsZero() public {
        vm.prank(alice);
        vm.expectRevert(IEscrow.AmountZero.selector);
        escrow.withdraw(address(token), alice, 0);
    }

    function test_RevertWhen_BalanceIsTooLow() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BalanceInsufficient.selector, 10, 11));
        escrow.withdraw(address(token), alice, 11);
    }

    function test_RevertWhen_MoneyIsSomebodyElses() public {
        vm.prank(mallory);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BalanceInsufficient.selector, 0, 1));
        escrow.withdraw(address(token), mallory, 1);
    }

    function test_RevertWhen_MoneyIsInAChannel() public {
        vm.startPrank(alice);
        escrow.open(sessionKey(), 4);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BalanceInsufficient.selector, 6, 7));
        escrow.withdraw(address(token), alice, 7);
    }

    function test_SendsToAnyone_AndOwesItNoMore() public {
        vm.expectEmit(address(escrow));
        emit IEscrow.Withdrawn(address(token), alice, bob, 4);
        vm.prank(alice);
        escrow.withdraw(address(token), bob, 4);
        assertBalance(alice, 6);
        assertEq(token.balanceOf(bob), 4, "tokens");
        assertEq(escrow.liabilities(address(token)), 6, "liabilities");
    }
}
