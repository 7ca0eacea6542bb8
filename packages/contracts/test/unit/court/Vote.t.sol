// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../../../src/interfaces/ICourt.sol";
import {CommittedVote} from "../../../src/types/Filing.sol";
import {Hearing, Outcome, Phase, Ruling} from "../../../src/types/Stage.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract VoteTest is CourtFixture {
    function setUp() public override {
        super.setUp();
        openClaim();
        contest();
        drawJury();
    }

    // --------------------------------------------------------------------------------------------------------- commit

    function test_Commit_RevertWhen_SeatIsNotTheCallers() public {
        Hearing memory hearing_ = hearing();
        vm.prank(mallory);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotJuror.selector, 0, mallory));
        court.commitVote(hearing_, 0, SALT);
    }

    function test_Commit_RevertWhen_PositionWasNotDrawn() public {
        Hearing memory hearing_ = hearing();
        address owner = jurorAt(0);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotJuror.selector, 3, owner));
        court.commitVote(hearing_, 3, SALT);
    }

    function test_Commit_RevertWhen_CommittedBefore() public {
        commitVote(0, facts.truth);
        Hearing memory hearing_ = hearing();
        vm.prank(jurorAt(0));
        vm.expectRevert(abi.encodeWithSelector(ICourt.AlreadyCommitted.selector, 0));
        court.commitVote(hearing_, 0, SALT);
    }

    function test_Commit_RevertWhen_TooLate() public {
        Hearing memory hearing_ = hearing();
        uint256 until = state.until;
        address owner = jurorAt(0);
        pastDeadline();
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(ICourt.TooLate.selector, until));
        court.commitVote(hearing_, 0, SALT);
    }

    function test_Commit_RevertWhen_StageIsUnknown() public {
        Hearing memory forged = hearing();
        forged.turn.seats0 = 0;
        vm.expectRevert(abi.encodeWithSelector(ICourt.StageUnknown.selector, id));
        court.commitVote(forged, 0, SALT);
        forged = hearing();
        forged.truth = OTHER_RESULT;
        vm.expectRevert(abi.encodeWithSelector(ICourt.StageUnknown.selector, id));
        court.commitVote(forged, 0, SALT);
    }

    function test_Commit_RevertWhen_NotVoting() public {
        voteAll(3, 0);
        Hearing memory hearing_ = hearing();
        vm.expectRevert(ICourt.PhaseWrong.selector);
        court.commitVote(hearing_, 0, SALT);
    }

    // --------------------------------------------------------------------------------------------------------- reveal

    function test_Reveal_RevertWhen_OthersMayStillCommit() public {
        commitVote(0, facts.truth);
        commitVote(1, facts.truth);
        _expectRevealRevert(0, facts.truth, SALT, abi.encodeWithSelector(ICourt.TooEarly.selector, state.until));
        pastDeadline();
        revealVote(0, facts.truth);
    }

    function test_Reveal_RevertWhen_TooLate() public {
        _commitAll(facts.truth);
        uint256 until = uint256(state.until) + 18 hours;
        vm.warp(until + 1);
        _expectRevealRevert(0, facts.truth, SALT, abi.encodeWithSelector(ICourt.TooLate.selector, until));
    }

    function test_Reveal_RevertWhen_VoteIsNotWhatWasCommitted() public {
        _commitAll(facts.truth);
        _expectRevealRevert(0, OTHER_RESULT, SALT, abi.encodeWithSelector(ICourt.VoteInvalid.selector));
        _expectRevealRevert(0, facts.truth, 0, abi.encodeWithSelector(ICourt.VoteInvalid.selector));
    }

    function test_Reveal_RevertWhen_ListIsNotWhatWasCommitted() public {
        _commitAll(facts.truth);
        CommittedVote memory last = votes[2];
        votes.pop();
        _expectRevealRevert(0, facts.truth, SALT, abi.encodeWithSelector(ICourt.VoteInvalid.selector));
        votes.push(last);
        CommittedVote memory first = votes[0];
        votes[0] = votes[1];
        votes[1] = first;
        _expectRevealRevert(0, facts.truth, SALT, abi.encodeWithSelector(ICourt.VoteInvalid.selector));
    }

    function test_Reveal_RevertWhen_RevealedBefore() public {
        _commitAll(facts.truth);
        revealVote(0, facts.truth);
        _expectRevealRevert(0, facts.truth, SALT, abi.encodeWithSelector(ICourt.VoteInvalid.selector));
    }

    /// @dev A copy of somebody's commitment says who may open it.
    function test_Reveal_RevertWhen_CommitmentWasCopied() public {
        commitVote(0, facts.truth);
        Hearing memory hearing_ = hearing();
        bytes32 copied = votes[0].commitment;
        vm.prank(jurorAt(1));
        court.commitVote(hearing_, 1, copied);
        votes.push(CommittedVote(1, copied));
        pastDeadline();
        revealVote(0, facts.truth);
        _expectRevealRevert(1, facts.truth, SALT, abi.encodeWithSelector(ICourt.VoteInvalid.selector));
    }

    function test_Reveal_InAnyOrder_RulesWithTheLast() public {
        _commitAll(facts.truth);
        revealVote(2, facts.truth);
        revealVote(0, facts.truth);
        vm.assertEq(uint256(state.phase), uint256(Phase.Voting), "phase");
        vm.expectEmit(address(court));
        emit ICourt.VoteRevealed(id, 1, facts.truth);
        vm.expectEmit(address(court));
        emit ICourt.CaseRuled(id, 0, Ruling.Right, 9, uint48(block.timestamp + 24 hours));
        revealVote(1, facts.truth);
        vm.assertEq(uint256(state.phase), uint256(Phase.Ruled), "phase");
        assertEq(court.votesOf(id), 0, "votes");
    }

    // ---------------------------------------------------------------------------------------------------------- tally

    function test_Tally_RevertWhen_TimeIsNotOver() public {
        _expectTallyRevert(state.until);
        commitVote(0, facts.truth);
        pastDeadline();
        _expectTallyRevert(uint256(state.until) + 18 hours);
    }

    function test_Tally_WithoutAnyVote_IsNoRuling_AndPenalisesSilence() public {
        uint256[3] memory seats = [seatAt(0), seatAt(1), seatAt(2)];
        pastDeadline();
        _tally();
        vm.assertEq(uint256(state.ruling), uint256(Ruling.None), "ruling");
        for (uint256 i = 0; i < 3; ++i) {
            _assertStakeOf(seats[i], SEAT_UNIT - 4 * QUANTUM);
        }
        assertEq(court.burnt(), 12 * QUANTUM, "burnt");
        assertConserved(12);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Split, 0);
        assertStake(alice, STAKES);
        assertStake(bob, STAKES);
        assertConserved(0);
    }

    function test_Tally_CountsThoseWhoRevealed() public {
        uint256[3] memory seats = [seatAt(0), seatAt(1), seatAt(2)];
        commitVote(0, facts.truth);
        commitVote(1, facts.truth);
        pastDeadline();
        revealVote(0, facts.truth);
        vm.warp(uint256(state.until) + 18 hours + 1);
        _tally();
        vm.assertEq(uint256(state.ruling), uint256(Ruling.Right), "ruling");
        _assertStakeOf(seats[0], SEAT_UNIT + QUANTUM);
        _assertStakeOf(seats[1], SEAT_UNIT - 4 * QUANTUM);
        _assertStakeOf(seats[2], SEAT_UNIT - 4 * QUANTUM);
        assertConserved(11);
    }

    function test_Majority_EarnsAndTheMinorityPays() public {
        uint256[3] memory seats = [seatAt(0), seatAt(1), seatAt(2)];
        voteAll(1, 2);
        vm.assertEq(uint256(state.ruling), uint256(Ruling.Wrong), "ruling");
        _assertStakeOf(seats[0], SEAT_UNIT - 2 * QUANTUM);
        _assertStakeOf(seats[1], SEAT_UNIT + QUANTUM);
        _assertStakeOf(seats[2], SEAT_UNIT + QUANTUM);
        assertConserved(10);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Failed, 0);
        assertStake(alice, STAKES + 4 * QUANTUM);
        assertStake(bob, STAKES - 6 * QUANTUM);
        assertConserved(0);
    }

    /// @dev Three different answers, as a job that is not deterministic gives, prove nothing against the provider.
    function test_DifferentOtherVotes_AreNoMajority() public {
        voteAll(1, 1);
        vm.assertEq(uint256(state.ruling), uint256(Ruling.None), "ruling");
        assertEq(court.burnt(), 0, "burnt");
        assertConserved(12);
    }

    function test_ASeatThatLostHalf_IsDrawnNoMore() public {
        uint256 seat = seatAt(0);
        for (uint256 i = 0; i < 3; ++i) {
            if (i != 0) _anotherCase();
            pastDeadline();
            _tally();
        }
        // Twelve seats, three cases of three silent jurors: some seat was among them twice or thrice, or not.
        (,, uint256 leavingAt, uint256 stake) = court.seatOf(seat);
        vm.assertTrue((leavingAt != 0) == (stake < 10 * QUANTUM), "standing");
        assertConserved(36);
    }

    /// @dev Four silences take sixteen of twenty quanta: after the third the seat stands by itself.
    function test_ASilentJuror_IsStoodUp_AndNeverOwes() public {
        for (uint256 i = 3; i < JURORS; ++i) {
            vm.prank(juror(i));
            court.stand(i);
        }
        vm.warp(block.timestamp + 1);
        for (uint256 round = 0; round < 6; ++round) {
            _anotherCase();
            pastDeadline();
            _tally();
        }
        for (uint256 i = 0; i < 3; ++i) {
            (,, uint256 leavingAt, uint256 stake) = court.seatOf(i);
            vm.assertTrue(leavingAt != 0, "drawn still");
            vm.assertTrue(stake < 10 * QUANTUM, "stake");
        }
        vm.assertEq(state.jurors, 0, "jurors");
        assertConserved(84);
    }

    /// @dev Not even where it was left before the case was over, and another owner sits there now.
    function test_ASeatThatWasLeft_IsNotJudged() public {
        (uint256 left, uint256 taken) = (seatAt(0), seatAt(1));
        address[2] memory owners = [jurorAt(0), jurorAt(1)];
        vm.prank(owners[0]);
        court.stand(left);
        vm.prank(owners[1]);
        court.stand(taken);
        vm.warp(block.timestamp + court.SEAT_EXIT_SEC());
        vm.prank(owners[0]);
        court.vacate(left);
        vm.prank(owners[1]);
        court.vacate(taken);
        vm.prank(alice);
        court.sitIn(taken);
        _tally();
        _assertStakeOf(left, 0);
        _assertStakeOf(taken, SEAT_UNIT);
        assertConserved(12);
    }

    function _anotherCase() private {
        anotherJob(50);
        openClaim();
        contest();
        drawJury();
    }

    function _commitAll(bytes32 vote) private {
        for (uint256 i = 0; i < 3; ++i) {
            commitVote(i, vote);
        }
    }

    function _tally() private {
        remember(court.tally(hearing()));
    }

    function _expectTallyRevert(uint256 until) private {
        Hearing memory hearing_ = hearing();
        vm.expectRevert(abi.encodeWithSelector(ICourt.TooEarly.selector, until));
        court.tally(hearing_);
    }

    function _expectRevealRevert(uint256 index, bytes32 vote, bytes32 salt, bytes memory reason) private {
        address owner = jurorAt(votes[index].position);
        Hearing memory hearing_ = hearing();
        vm.prank(owner);
        vm.expectRevert(reason);
        court.revealVote(hearing_, votes, index, vote, salt);
    }

    function _assertStakeOf(uint256 seat, uint256 expected) private view {
        (,,, uint256 stake) = court.seatOf(seat);
        vm.assertEq(stake, expected, "stake of seat");
    }
}
