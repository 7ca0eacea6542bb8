// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../../../src/interfaces/ICourt.sol";
import {ChannelKey} from "../../../src/types/ChannelKey.sol";
import {Statement} from "../../../src/types/Filing.sol";
import {Outcome, Phase, Ruling} from "../../../src/types/Stage.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract EndingsTest is CourtFixture {
    function setUp() public override {
        super.setUp();
        fund(mallory, 100 * SEAT_UNIT);
        vm.prank(mallory);
        court.sit(100);
        vm.warp(block.timestamp + 1);
    }

    // ------------------------------------------------------------------------------------------------------- finalise

    function test_Finalise_RevertWhen_ItIsSomebodysTurn() public {
        openClaim();
        _expectTooEarly();
        contest();
        _expectTooEarly();
        drawJury();
        _expectTooEarly();
        voteAll(3, 0);
        _expectTooEarly();
    }

    function test_Finalise_RevertWhen_AJuryVotes() public {
        openClaim();
        contest();
        drawJury();
        pastDeadline();
        vm.expectRevert(ICourt.PhaseWrong.selector);
        court.finalise(key, facts, stage());
    }

    function test_Finalise_RevertWhen_ChannelIsAnother() public {
        openClaim();
        pastDeadline();
        ChannelKey memory other = channelOf(9);
        vm.expectRevert(ICourt.ChannelMismatch.selector);
        court.finalise(other, facts, stage());
    }

    function test_Finalise_RevertWhen_OverAlready() public {
        openClaim();
        pastDeadline();
        finalise();
        vm.expectRevert(abi.encodeWithSelector(ICourt.StageUnknown.selector, id));
        court.finalise(key, facts, stage());
        assertBalance(bob, DUE);
    }

    function test_Finalise_IsOpenToAnybody_AndSaysWhatItPaid() public {
        openClaim();
        pastDeadline();
        vm.expectEmit(address(court));
        emit ICourt.CaseClosed(id, Outcome.Upheld, DUE, 0);
        vm.prank(mallory);
        finalise();
    }

    // --------------------------------------------------------------------------------------------------------- appeal

    function test_Appeal_RevertWhen_CallerIsNotTheLoser() public {
        _ruled(3, 0);
        address[4] memory others = [bob, session, node, mallory];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(ICourt.CallerNotParty.selector, others[i]));
            court.appeal(facts, stage());
        }
        appealBy(alice);
    }

    function test_Appeal_IsThePlaintiffs_WhenHeLost_AndWhenNobodyWon() public {
        _ruled(0, 3);
        appealBy(bob);
        anotherJob(50);
        _ruled(0, 0);
        appealBy(bob);
    }

    function test_Appeal_RevertWhen_NotRuled() public {
        openClaim();
        vm.prank(alice);
        vm.expectRevert(ICourt.PhaseWrong.selector);
        court.appeal(facts, stage());
    }

    function test_Appeal_RevertWhen_TooLate() public {
        _ruled(3, 0);
        uint256 until = state.until;
        pastDeadline();
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICourt.TooLate.selector, until));
        court.appeal(facts, stage());
    }

    /// @dev The other side stakes as much with its secret; and can win it all.
    function test_Appeal_DoublesTheJuryAndTheStakes() public {
        _ruled(3, 0);
        appealBy(alice);
        assertStake(alice, STAKES - 20 * QUANTUM);
        vm.assertEq(state.pot, 9 + 14, "pot");
        drawJury();
        assertStake(bob, STAKES - 20 * QUANTUM);
        vm.assertEq(state.jurors, 7, "jurors");
        voteAll(3, 4);
        vm.assertEq(uint256(state.ruling), uint256(Ruling.Wrong), "ruling");
        pastDeadline();
        finalise();
        assertClosed(Outcome.Failed, 0);
        // 40 staked, 3 and 4 votes paid.
        assertStake(alice, STAKES + 13 * QUANTUM);
        assertStake(bob, STAKES - 20 * QUANTUM);
        assertConserved(0);
    }

    function test_Appeal_NamesABlockThatIsNotThereYet() public {
        _ruled(3, 0);
        uint256 before = state.target;
        vm.roll(before + 1_000);
        appealBy(alice);
        vm.assertEq(state.target, block.number + 4, "target");
        vm.assertEq(state.drawHash, bytes32(0), "drawHash");
    }

    function test_Appeal_NotAnswered_IsWon() public {
        _ruled(3, 0);
        appealBy(alice);
        reachDrawBlock();
        revealSecrets(0, defendantSecret());
        pastDeadline();
        finalise();
        assertClosed(Outcome.Failed, 0);
        assertStake(bob, STAKES - 6 * QUANTUM);
        // 12 - 3 paid, 14 staked, 7 burnt.
        assertStake(alice, STAKES - 20 * QUANTUM + 16 * QUANTUM);
        assertConserved(0);
    }

    function test_Appeal_ThatTheAppellantGivesUp_LeavesTheRuling() public {
        _ruled(3, 0);
        appealBy(alice);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE);
        assertStake(bob, STAKES - 6 * QUANTUM + 16 * QUANTUM);
        assertConserved(0);
    }

    function test_Appeal_RevertWhen_TheOtherSideCannotStake() public {
        _ruled(3, 0);
        appealBy(alice);
        vm.prank(bob);
        court.withdraw(bob, STAKES - 6 * QUANTUM);
        reachDrawBlock();
        (bytes32 plaintiff, bytes32 defendant) = (plaintiffSecret(), defendantSecret());
        bytes32 hash = factsHash();
        vm.expectRevert(abi.encodeWithSelector(ICourt.BalanceInsufficient.selector, 0, 14 * QUANTUM));
        court.revealSecrets(id, hash, facts.truth, stage(), plaintiff, defendant);
        // Anybody may stake for him.
        fund(bob, 14 * QUANTUM);
        revealSecrets(plaintiff, defendant);
        vm.assertEq(uint256(state.phase), uint256(Phase.Voting), "phase");
    }

    function test_Appeal_RevertWhen_AllRoundsAreUsedUp() public {
        _ruled(3, 0);
        for (uint256 round = 1; round <= 3; ++round) {
            appealBy(round % 2 == 1 ? alice : bob);
            drawJury();
            vm.assertEq(state.jurors, (4 << round) - 1, "jurors");
            voteAll(round % 2 == 1 ? 0 : 31, 31);
        }
        vm.prank(bob);
        vm.expectRevert(ICourt.AppealsUsedUp.selector);
        court.appeal(facts, stage());
        vm.warp(block.timestamp + 1);
        finalise();
        assertClosed(Outcome.Failed, 0);
        // Each staked 112; 3 + 7 + 15 + 31 votes were paid.
        assertStake(alice, STAKES + 112 * QUANTUM - 56 * QUANTUM);
        assertStake(bob, STAKES - 112 * QUANTUM);
        assertConserved(0);
    }

    function test_Appeal_RevertWhen_EverybodyLetTheCaseLie() public {
        openClaim();
        contest();
        drawJury();
        vm.warp(block.timestamp + 20 days);
        remember(court.tally(hearing()));
        vm.prank(bob);
        vm.expectRevert(ICourt.AppealsUsedUp.selector);
        court.appeal(facts, stage());
        pastDeadline();
        finalise();
        assertClosed(Outcome.Split, 0);
    }

    // ------------------------------------------------------------------------------------------------------- duration

    /// @dev Everybody acts in the last second he has, from the claim to the end of the last round.
    function test_LongestCase_IsShorterThanItsMaximum() public {
        bytes memory chunk = "chunk";
        Statement memory statement = noStatement();
        (statement.dataRoot, statement.dataChunks) = (keccak256(abi.encodePacked(bytes1(0), chunk)), 1);
        openClaim(statement);
        uint256 openedAt = block.timestamp;
        for (uint256 i = 0; i < 3; ++i) {
            vm.warp(state.until);
            vm.prank(alice);
            remember(court.demandData(key, facts, stage(), 0));
            vm.warp(state.dataUntil);
            vm.prank(bob);
            remember(court.answerData(facts, stage(), chunk, new bytes32[](0)));
        }
        vm.warp(state.until);
        contest();
        for (uint256 round = 0; round <= 3; ++round) {
            if (round != 0) {
                vm.warp(state.until);
                appealBy(bob);
            }
            reachDrawBlock();
            vm.warp(state.until);
            drawJury();
            vm.warp(state.until);
            commitVote(0, facts.truth);
            vm.warp(uint256(state.until) + 18 hours + 1);
            remember(court.tally(hearing()));
            delete votes;
        }
        vm.warp(uint256(state.until) + 1);
        finalise();
        assertClosed(Outcome.Split, 0);
        assertEq(block.timestamp - openedAt, 18 days + 5, "duration");
        vm.assertLe(block.timestamp - openedAt, court.CASE_SEC_MAX(), "longer than its maximum");
        vm.assertLe(court.CASE_SEC_MAX(), 20 days, "CASE_SEC_MAX");
        vm.assertLe(court.CASE_SEC_MAX(), escrow.HOLD_SEC_MAX(), "longer than a hold");
        assertConserved(0);
    }

    function _ruled(uint256 right, uint256 wrong) private {
        openClaim();
        contest();
        drawJury();
        voteAll(right, wrong);
    }

    function _expectTooEarly() private {
        vm.warp(state.until);
        vm.expectRevert(abi.encodeWithSelector(ICourt.TooEarly.selector, state.until));
        court.finalise(key, facts, stage());
    }
}
