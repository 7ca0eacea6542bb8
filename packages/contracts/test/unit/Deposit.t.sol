// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IEscrowDeposits} from "../../src/interfaces/IEscrowDeposits.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

contract DepositTest is EscrowFixture {
    function test_RevertWhen_ToIsZero() public {
        vm.prank(alice);
        vm.expectRevert(IEscrow.AccountZero.selector);
        escrow.deposit(address(token), address(0), 1);
    }

    function test_RevertWhen_AmountIsZero() public {
        vm.prank(alice);
        vm.expectRevert(IEscrow.AmountZero.selector);
        escrow.deposit(address(token), alice, 0);
    }

    function test_RevertWhen_AllowanceIsTooLow() public {
        token.mint(mallory, 1);
        vm.prank(mallory);
        bytes4 reason = IERC20Errors.ERC20InsufficientAllowance.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, address(escrow), 0, 1));
        escrow.deposit(address(token), mallory, 1);
    }

    function test_RevertWhen_TokenIsNoContract() public {
        vm.prank(alice);
        vm.expectRevert();
        escrow.deposit(bob, alice, 1);
    }

    function test_CreditsTo_AndOwesIt() public {
        vm.expectEmit(address(escrow));
        emit IEscrowDeposits.Deposited(address(token), bob, alice, 7);
        vm.prank(alice);
        assertEq(escrow.deposit(address(token), bob, 7), 7, "credited");
        assertBalance(bob, 7);
        assertBalance(alice, 0);
        assertEq(escrow.liabilities(address(token)), 7, "liabilities");
        assertEq(token.balanceOf(address(escrow)), 7, "tokens");
    }

    function testFuzz_AddsUp(uint96 first, uint96 second) public {
        vm.assume(first > 0 && second > 0);
        token.mint(alice, uint256(first) + second);
        vm.startPrank(alice);
        escrow.deposit(address(token), alice, first);
        escrow.deposit(address(token), alice, second);
        assertBalance(alice, uint256(first) + second);
    }

    /// @dev For who proves balances from storage alone (EIP-1186).
    function testFuzz_BalanceIsKeptInTheSlotOfTokenAndAccount(address account, uint104 amount) public {
        vm.assume(account != address(0) && amount != 0);
        token.mint(alice, amount);
        vm.prank(alice);
        escrow.deposit(address(token), account, amount);
        bytes32 slot = keccak256(abi.encodePacked(address(token), account));
        vm.assertEq(uint256(vm.load(address(escrow), slot)), amount, "in its slot");
        assertBalance(account, amount);
    }
}
