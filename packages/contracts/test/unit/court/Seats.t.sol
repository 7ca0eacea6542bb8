// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../../../src/interfaces/ICourt.sol";
import {Rules} from "../../../src/libraries/Rules.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract SeatsTest is CourtFixture {
    function test_Sit_RevertWhen_CountIsZero() public {
        vm.prank(alice);
        vm.expectRevert(ICourt.AmountZero.selector);
        court.sit(0);
    }

    function test_Sit_RevertWhen_SeatsCannotBeCounted() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICourt.SeatsFull.selector, JURORS));
        court.sit(type(uint32).max);
    }

    function test_Sit_RevertWhen_BalanceIsInsufficient() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICourt.BalanceInsufficient.selector, STAKES, 51 * SEAT_UNIT));
        court.sit(51);
    }

    function test_Sit_TakesNewSeats() public {
        vm.expectEmit(address(court));
        emit ICourt.SeatsTaken(alice, JURORS, 2);
        vm.prank(alice);
        assertEq(court.sit(2), JURORS, "first");
        assertStake(alice, STAKES - 2 * SEAT_UNIT);
        assertEq(court.seatCount(), JURORS + 2, "seatCount");
        _assertSeat(JURORS + 1, alice, block.timestamp, 0, SEAT_UNIT);
        assertConserved(0);
    }

    function test_SitIn_RevertWhen_SeatIsTaken() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICourt.SeatTaken.selector, 3, juror(3)));
        court.sitIn(3);
    }

    function test_SitIn_TakesAVacantSeat() public {
        _vacate(3);
        vm.prank(alice);
        court.sitIn(3);
        _assertSeat(3, alice, block.timestamp, 0, SEAT_UNIT);
        assertEq(court.seatCount(), JURORS, "seatCount");
        assertConserved(0);
    }

    function test_Stand_RevertWhen_CallerIsNotTheOwner() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotSeatOwner.selector, 3, alice));
        court.stand(3);
    }

    function test_Stand_RevertWhen_LeavingAlready() public {
        vm.startPrank(juror(3));
        court.stand(3);
        vm.expectRevert(abi.encodeWithSelector(ICourt.SeatLeaving.selector, 3));
        court.stand(3);
    }

    function test_Stand_StartsTheDelay() public {
        vm.expectEmit(address(court));
        emit ICourt.SeatStanding(3, block.timestamp + 21 days);
        vm.prank(juror(3));
        court.stand(3);
        _assertSeat(3, juror(3), block.timestamp - 1 hours, block.timestamp, SEAT_UNIT);
    }

    function test_Vacate_RevertWhen_NotStanding() public {
        vm.prank(juror(3));
        vm.expectRevert(abi.encodeWithSelector(ICourt.LeaveTooEarly.selector, 0));
        court.vacate(3);
    }

    function test_Vacate_RevertWhen_DelayIsNotOver() public {
        vm.startPrank(juror(3));
        court.stand(3);
        uint256 leaveAt = block.timestamp + court.SEAT_EXIT_SEC();
        vm.warp(leaveAt - 1);
        vm.expectRevert(abi.encodeWithSelector(ICourt.LeaveTooEarly.selector, leaveAt));
        court.vacate(3);
    }

    function test_Vacate_LeavesATombstone() public {
        uint256 amount = _vacate(3);
        assertEq(amount, SEAT_UNIT, "amount");
        assertStake(juror(3), SEAT_UNIT);
        _assertSeat(3, address(0), 0, 0, 0);
        assertEq(court.seatCount(), JURORS, "seatCount");
        assertConserved(0);
        vm.prank(juror(3));
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotSeatOwner.selector, 3, juror(3)));
        court.vacate(3);
    }

    function test_Collect_RevertWhen_NothingWasEarned() public {
        vm.expectRevert(ICourt.AmountZero.selector);
        court.collect(3);
    }

    function test_Collect_TakesWhatWasEarned_ToTheOwner() public {
        openClaim();
        contest();
        drawJury();
        (uint256 seat, address owner) = (seatAt(0), jurorAt(0));
        voteAll(3, 0);
        vm.expectEmit(address(court));
        emit ICourt.SeatCollected(seat, owner, QUANTUM);
        vm.prank(mallory);
        assertEq(court.collect(seat), QUANTUM, "amount");
        assertStake(owner, QUANTUM);
        _assertSeat(seat, owner, block.timestamp - 1 hours, 0, SEAT_UNIT);
        assertConserved(9);
    }

    /// @dev Longer than any case, so that whoever could be drawn for one can be made to answer for it.
    function test_SeatsOutlastCases() public view {
        vm.assertTrue(court.SEAT_EXIT_SEC() > court.CASE_SEC_MAX() + Rules.SECRETS_SEC, "seats leave too early");
    }

    function _vacate(uint256 seat) private returns (uint256 amount) {
        vm.startPrank(juror(seat));
        court.stand(seat);
        vm.warp(block.timestamp + court.SEAT_EXIT_SEC());
        amount = court.vacate(seat);
        vm.stopPrank();
    }

    function _assertSeat(uint256 seat, address owner, uint256 since, uint256 leavingAt, uint256 stake) private view {
        (address owner_, uint256 since_, uint256 leavingAt_, uint256 stake_) = court.seatOf(seat);
        vm.assertEq(owner_, owner, "owner");
        vm.assertEq(since_, since, "since");
        vm.assertEq(leavingAt_, leavingAt, "leavingAt");
        vm.assertEq(stake_, stake, "stake");
    }
}
