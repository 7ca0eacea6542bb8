// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {ICourt} from "../../../src/interfaces/ICourt.sol";
import {Rules} from "../../../src/libraries/Rules.sol";
import {CallingToken, FeeToken} from "../../tokens/HostileTokens.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract CourtLedgerTest is CourtFixture {
    function test_Constructor_RevertWhen_SeatUnitIsNoMultipleOfItsQuanta() public {
        uint256[3] memory units = [uint256(0), 19, 21];
        for (uint256 i = 0; i < units.length; ++i) {
            vm.expectRevert();
            vm.deployCode("Court.sol:Court", abi.encode(escrow, bonds, stakes, units[i]));
        }
        ICourt small = ICourt(vm.deployCode("Court.sol:Court", abi.encode(escrow, bonds, stakes, 20)));
        assertEq(small.seatUnit(), 20, "seatUnit");
    }

    function test_Constructor_KeepsWhatItIsGiven() public view {
        vm.assertEq(court.escrow(), address(escrow), "escrow");
        vm.assertEq(court.bonds(), address(bonds), "bonds");
        vm.assertEq(court.stakeToken(), address(stakes), "stakeToken");
        assertEq(court.seatUnit(), SEAT_UNIT, "seatUnit");
        assertEq(court.CASE_QUANTA(), Rules.stakeQuanta(0), "CASE_QUANTA");
        assertEq(court.DEMANDS_MAX(), Rules.DEMANDS_MAX, "DEMANDS_MAX");
        assertEq(court.FAULT_SEC(), 7 days, "FAULT_SEC");
    }

    function test_Deposit_RevertWhen_AccountIsZero() public {
        vm.expectRevert(ICourt.AccountZero.selector);
        court.deposit(address(0), 1);
    }

    function test_Deposit_RevertWhen_NothingArrives() public {
        vm.expectRevert(ICourt.AmountZero.selector);
        court.deposit(alice, 0);
    }

    function test_Deposit_IsForAnybody() public {
        stakes.mint(mallory, 7);
        vm.startPrank(mallory);
        stakes.approve(address(court), 7);
        vm.expectEmit(address(court));
        emit ICourt.Deposited(alice, mallory, 7);
        assertEq(court.deposit(alice, 7), 7, "credited");
        assertStake(alice, STAKES + 7);
        assertConserved(0);
    }

    function test_Deposit_CountsWhatArrived() public {
        FeeToken fee = new FeeToken();
        ICourt other = _courtOf(address(fee));
        fee.mint(alice, 1_000);
        vm.startPrank(alice);
        fee.approve(address(other), 1_000);
        uint256 credited = other.deposit(alice, 1_000);
        vm.assertLe(credited, 999, "credited");
        assertEq(credited, fee.balanceOf(address(other)), "arrived");
        assertEq(other.balanceOf(alice), credited, "balance");
        assertEq(other.liabilities(), credited, "liabilities");
    }

    function test_RevertWhen_InTheMiddleOfATransfer() public {
        CallingToken calling = new CallingToken();
        ICourt other = _courtOf(address(calling));
        calling.mint(alice, 10);
        vm.startPrank(alice);
        calling.approve(address(other), 10);
        bytes[2] memory calls =
            [abi.encodeCall(ICourt.deposit, (alice, 1)), abi.encodeCall(ICourt.withdraw, (alice, 1))];
        for (uint256 i = 0; i < calls.length; ++i) {
            calling.callOnTransfer(address(other), calls[i]);
            other.deposit(alice, 1);
            vm.assertTrue(!calling.called(), "refused");
            bytes4 reason = bytes4(calling.answer());
            vm.assertEq(bytes32(reason), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "reason");
        }
    }

    function test_Withdraw_RevertWhen_RecipientIsInvalid() public {
        address[2] memory invalid = [address(0), address(court)];
        for (uint256 i = 0; i < invalid.length; ++i) {
            vm.prank(alice);
            vm.expectRevert(abi.encodeWithSelector(ICourt.RecipientInvalid.selector, invalid[i]));
            court.withdraw(invalid[i], 1);
        }
    }

    function test_Withdraw_RevertWhen_NothingMoves() public {
        vm.prank(alice);
        vm.expectRevert(ICourt.AmountZero.selector);
        court.withdraw(alice, 0);
    }

    function test_Withdraw_RevertWhen_BalanceIsInsufficient() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICourt.BalanceInsufficient.selector, STAKES, STAKES + 1));
        court.withdraw(alice, STAKES + 1);
    }

    function test_Withdraw_SendsTokens() public {
        vm.expectEmit(address(court));
        emit ICourt.Withdrawn(alice, carol, 7);
        vm.prank(alice);
        court.withdraw(carol, 7);
        assertStake(alice, STAKES - 7);
        assertEq(stakes.balanceOf(carol), 7, "tokens");
        assertConserved(0);
    }

    function test_Stake_RevertWhen_BalanceIsInsufficient() public {
        vm.startPrank(bob);
        court.withdraw(bob, STAKES - 6 * QUANTUM + 1);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(ICourt.BalanceInsufficient.selector, 6 * QUANTUM - 1, 6 * QUANTUM));
        this.openClaimExternally();
    }

    function openClaimExternally() external {
        openClaim();
    }

    function _courtOf(address stakeToken) private returns (ICourt) {
        return ICourt(vm.deployCode("Court.sol:Court", abi.encode(escrow, bonds, stakeToken, SEAT_UNIT)));
    }
}
