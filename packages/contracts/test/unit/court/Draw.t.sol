// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../../../src/interfaces/ICourt.sol";
import {Rules} from "../../../src/libraries/Rules.sol";
import {ChannelKey} from "../../../src/types/ChannelKey.sol";
import {Outcome, Phase} from "../../../src/types/Stage.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract DrawTest is CourtFixture {
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    // ------------------------------------------------------------------------------------------------------ challenge

    function test_Challenge_RevertWhen_CallerIsNotTheOtherSide() public {
        openClaim();
        address[3] memory others = [bob, node, mallory];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(ICourt.CallerNotParty.selector, others[i]));
            court.challenge(key, facts, stage(), 0);
        }
        openFault();
        others = [alice, session, mallory];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(ICourt.CallerNotParty.selector, others[i]));
            court.challenge(key, facts, stage(), 0);
        }
    }

    function test_Challenge_RevertWhen_TooLate() public {
        openClaim();
        uint256 until = state.until;
        pastDeadline();
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICourt.TooLate.selector, until));
        court.challenge(key, facts, stage(), 0);
    }

    function test_Challenge_RevertWhen_ChannelIsAnother() public {
        openClaim();
        ChannelKey memory other = channelOf(9);
        vm.prank(alice);
        vm.expectRevert(ICourt.ChannelMismatch.selector);
        court.challenge(other, facts, stage(), 0);
    }

    function test_Challenge_RevertWhen_StageIsUnknown() public {
        openClaim();
        contest();
        vm.prank(alice);
        vm.expectRevert(ICourt.PhaseWrong.selector);
        court.challenge(key, facts, stage(), 0);
        facts.amount += 1;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICourt.StageUnknown.selector, id));
        court.challenge(key, facts, stage(), 0);
    }

    function test_Challenge_IsOpenToBothKeysOfABuyer_AndAllOfAProvider() public {
        openClaim();
        vm.prank(session);
        remember(court.challenge(key, facts, stage(), 0));
        vm.assertEq(state.defendant, session, "defendant");
        assertStake(session, STAKES - 6 * QUANTUM);
        openFault();
        vm.prank(node);
        remember(court.challenge(key, facts, stage(), 0));
        vm.assertEq(state.defendant, node, "defendant");
        assertConserved(24);
    }

    /// @dev Whoever answers for the node's key in Bonds, though he be neither that key nor its payee.
    function test_Challenge_IsOpenToTheOwnerOfTheKey() public {
        key.payee = carol;
        bid.payee = carol;
        receipt.agreement = agreementId();
        openFault();
        vm.prank(bob);
        remember(court.challenge(key, facts, stage(), 0));
        vm.assertEq(state.defendant, bob, "defendant");
    }

    /// @dev Or whoever challenges would know the hash when it commits to its secret.
    function test_Challenge_NamesABlockThatIsNotThereYet() public {
        vm.roll(1_000);
        _reachDrawing();
        vm.assertEq(state.target, block.number + Rules.DRAW_DELAY_BLOCKS, "target");
        bytes32 secret = plaintiffSecret();
        vm.expectRevert(abi.encodeWithSelector(ICourt.BlockTooEarly.selector, block.number + 4));
        _revealRaw(secret, 0);
    }

    function test_JuryDrawn_LeavesNothingOfTheDraw() public {
        openClaim();
        contest();
        drawJury();
        assertEq(state.target, 0, "target");
        vm.assertEq(state.drawHash, bytes32(0), "drawHash");
        assertEq(state.flags, 0, "flags");
    }

    // ------------------------------------------------------------------------------------------------------------ pin

    function test_Pin_RevertWhen_BlockIsNotThereYet() public {
        _reachDrawing();
        vm.roll(state.target);
        vm.expectRevert(abi.encodeWithSelector(ICourt.BlockTooEarly.selector, state.target));
        _pinRaw();
    }

    function test_Pin_RevertWhen_PinnedAlready() public {
        _reachDrawing();
        reachDrawBlock();
        _pin();
        vm.assertEq(state.drawHash, blockhash(state.target), "drawHash");
        vm.expectRevert(ICourt.AlreadyPinned.selector);
        _pinRaw();
    }

    function test_Pin_RevertWhen_NotDrawing() public {
        openClaim();
        vm.expectRevert(ICourt.PhaseWrong.selector);
        _pinRaw();
    }

    function test_Pin_RevertWhen_TooLate() public {
        _reachDrawing();
        uint256 until = state.until;
        pastDeadline();
        vm.expectRevert(abi.encodeWithSelector(ICourt.TooLate.selector, until));
        _pinRaw();
    }

    function test_Pin_NamesAnotherBlock_WhenTheHashIsGone() public {
        _reachDrawing();
        vm.roll(state.target + 257);
        vm.expectRevert(abi.encodeWithSelector(ICourt.BlockHashGone.selector, state.target));
        _revealRaw(plaintiffSecret(), 0);
        _pin();
        vm.assertEq(state.target, block.number + 4, "target");
        vm.assertEq(state.drawHash, bytes32(0), "drawHash");
        drawJury();
        vm.assertEq(state.jurors, 3, "jurors");
    }

    function test_Pin_FindsOlderHashesWhereTheChainKeepsThem() public {
        _reachDrawing();
        vm.roll(state.target + 8_000);
        // Answers every question with the same word.
        vm.etch(HISTORY, hex"7f1122334455667788112233445566778811223344556677881122334455667788600052602060" hex"00f3");
        _pin();
        vm.assertTrue(state.drawHash == hex"1122334455667788112233445566778811223344556677881122334455667788", "hash");
    }

    /// @dev The hash is pinned by the first secret: later blocks change nothing.
    function test_Secrets_PinTheHash() public {
        _reachDrawing();
        reachDrawBlock();
        _reveal(plaintiffSecret(), 0);
        bytes32 pinned = state.drawHash;
        vm.assertTrue(pinned != 0, "pinned");
        vm.roll(block.number + 9_000);
        _reveal(0, defendantSecret());
        vm.assertEq(uint256(state.phase), uint256(Phase.Voting), "phase");
    }

    // -------------------------------------------------------------------------------------------------------- secrets

    function test_Secrets_RevertWhen_BlockIsNotThereYet() public {
        _reachDrawing();
        vm.roll(state.target);
        vm.expectRevert(abi.encodeWithSelector(ICourt.BlockTooEarly.selector, state.target));
        _revealRaw(plaintiffSecret(), 0);
    }

    function test_Secrets_RevertWhen_TheyAreWrongOrMissingOrShownBefore() public {
        _reachDrawing();
        reachDrawBlock();
        vm.expectRevert(ICourt.SecretInvalid.selector);
        _revealRaw(0, 0);
        vm.expectRevert(ICourt.SecretInvalid.selector);
        _revealRaw(defendantSecret(), 0);
        vm.expectRevert(ICourt.SecretInvalid.selector);
        _revealRaw(0, secretOf(ALICE_CHAIN, 1));
        _reveal(plaintiffSecret(), 0);
        vm.expectRevert(ICourt.SecretInvalid.selector);
        _revealRaw(plaintiffSecret(), 0);
    }

    function test_Secrets_RevertWhen_TooLate() public {
        _reachDrawing();
        reachDrawBlock();
        uint256 until = state.until;
        pastDeadline();
        vm.expectRevert(abi.encodeWithSelector(ICourt.TooLate.selector, until));
        _revealRaw(plaintiffSecret(), defendantSecret());
    }

    function test_MissingSecret_LosesTheCase() public {
        _reachDrawing();
        reachDrawBlock();
        _reveal(plaintiffSecret(), 0);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE);
        // What three jurors would have cost is burnt.
        assertStake(bob, STAKES + 3 * QUANTUM);
        assertStake(alice, STAKES - 6 * QUANTUM);
        assertEq(court.burnt(), 3 * QUANTUM, "burnt");
        assertConserved(0);
    }

    function test_MissingSecretOfThePlaintiff_LosesItForHim() public {
        _reachDrawing();
        reachDrawBlock();
        _reveal(0, defendantSecret());
        pastDeadline();
        finalise();
        assertClosed(Outcome.Failed, 0);
        assertStake(alice, STAKES + 3 * QUANTUM);
        assertConserved(0);
    }

    function test_BothSecretsMissing_SplitsWhatIsLeft() public {
        _reachDrawing();
        pastDeadline();
        finalise();
        assertClosed(Outcome.Split, 0);
        assertStake(alice, STAKES - 3 * QUANTUM / 2);
        assertStake(bob, STAKES - 3 * QUANTUM / 2);
        assertConserved(0);
    }

    // ----------------------------------------------------------------------------------------------------------- jury

    function test_Jury_IsOfDifferentSeats() public {
        _reachDrawing();
        drawJury();
        vm.assertTrue(seatAt(0) != seatAt(1) && seatAt(1) != seatAt(2) && seatAt(0) != seatAt(2), "twice");
    }

    function testFuzz_Jury_IsDrawnFromTheSeed(uint256 salt) public {
        _reachDrawing();
        vm.roll(state.target + 1 + (salt % 200));
        bytes32 seed =
            keccak256(abi.encode(plaintiffSecret(), defendantSecret(), blockhash(state.target), id, state.round));
        uint256 seatCount = state.seatCount;
        _reveal(plaintiffSecret(), defendantSecret());
        vm.assertEq(seatAt(0), uint256(keccak256(abi.encode(seed, uint256(0)))) % seatCount, "first");
    }

    function test_Jury_LeavesOutSeatsOfAfterTheChallenge() public {
        _reachDrawing();
        vm.warp(block.timestamp + 1);
        fund(mallory, 500 * SEAT_UNIT);
        vm.prank(mallory);
        court.sit(500);
        drawJury();
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertTrue(seatAt(i) < JURORS, "a new seat was drawn");
        }
    }

    function test_Jury_LeavesOutSeatsOfTheSameSecond_AndTombstones_AndWhoStands() public {
        for (uint256 i = 0; i < 8; ++i) {
            vm.prank(juror(i));
            court.stand(i);
        }
        vm.warp(block.timestamp + court.SEAT_EXIT_SEC());
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(juror(i));
            court.vacate(i);
        }
        openClaim();
        vm.prank(mallory);
        court.sitIn(0);
        contest();
        drawJury();
        for (uint256 i = 0; i < state.jurors; ++i) {
            vm.assertTrue(seatAt(i) >= 8, "may not judge");
        }
    }

    /// @dev Standing up after the challenge saves nobody from being drawn, and so changes no jury.
    function test_Jury_CannotBeChangedByStandingUp() public {
        _reachDrawing();
        vm.warp(block.timestamp + 1);
        for (uint256 i = 0; i < JURORS; ++i) {
            vm.prank(juror(i));
            court.stand(i);
        }
        drawJury();
        vm.assertEq(state.jurors, 3, "jurors");
    }

    /// @dev A jury of all there are, if they are fewer than it should have.
    function test_Jury_IsSmallerWhereThereAreTooFewSeats() public {
        for (uint256 i = 2; i < JURORS; ++i) {
            vm.prank(juror(i));
            court.stand(i);
        }
        vm.warp(block.timestamp + 1);
        _reachDrawing();
        drawJury();
        vm.assertLe(state.jurors, 2, "jurors");
        while (state.jurors < 2) return;
        voteAll(2, 0);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE);
    }

    function test_NoSeatsAtAll_EndsInASplit() public {
        court = ICourt(vm.deployCode("Court.sol:Court", abi.encode(escrow, bonds, stakes, SEAT_UNIT)));
        fund(alice, STAKES);
        fund(bob, STAKES);
        key.arbiter = address(court);
        receipt.agreement = agreementId();
        openFor(key, DEPOSIT);
        _reachDrawing();
        drawJury();
        vm.assertEq(state.jurors, 0, "jurors");
        pastDeadline();
        remember(court.tally(hearing()));
        pastDeadline();
        finalise();
        assertClosed(Outcome.Split, 0);
        assertStake(alice, STAKES);
        assertStake(bob, STAKES);
    }

    function _reachDrawing() private {
        openClaim();
        contest();
    }

    function _reveal(bytes32 plaintiff, bytes32 defendant) private {
        revealSecrets(plaintiff, defendant);
    }

    function _revealRaw(bytes32 plaintiff, bytes32 defendant) private {
        court.revealSecrets(id, factsHash(), facts.truth, stage(), plaintiff, defendant);
    }

    function _pin() private {
        remember(court.pin(id, factsHash(), facts.truth, stage()));
    }

    function _pinRaw() private {
        court.pin(id, factsHash(), facts.truth, stage());
    }
}
