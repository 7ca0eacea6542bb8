// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../../../src/interfaces/ICourt.sol";
import {ReceiptLog} from "../../../src/libraries/ReceiptLog.sol";
import {Receipt} from "../../../src/messages/Receipt.sol";
import {Case} from "../../../src/types/Case.sol";
import {ChannelKey} from "../../../src/types/ChannelKey.sol";
import {InclusionProof, Statement} from "../../../src/types/Filing.sol";
import {Outcome} from "../../../src/types/Stage.sol";
import {compact} from "../../utils/CompactSignature.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

/// @dev The acknowledged voucher pays two receipts of the agreement: 60 units up to the first, all 100 up to the second.
contract RebutTest is CourtFixture {
    Receipt private paid;
    bytes32 private firstLeaf;

    function setUp() public override {
        super.setUp();
        paid = receipt;
        firstLeaf = ReceiptLog.leaf(keccak256("a receipt of another job"), 20);
    }

    // ------------------------------------------------------------------------------------------------------ rebutPaid

    function test_RebutPaid_EndsALyingClaim_AndItsStakeGoesToThePayer() public {
        _openLyingClaim();
        _redeem(120);
        vm.prank(mallory);
        _rebut(paid, 120, _proof());
        assertClosed(Outcome.Rebutted, 0);
        assertStake(alice, STAKES + 6 * QUANTUM);
        assertStake(bob, STAKES - 6 * QUANTUM);
        assertBalance(bob, 120);
        assertConserved(0);
    }

    function test_RebutPaid_AlsoWhileDataIsDemanded_AndTheFeeComesBack() public {
        _openLyingClaim();
        _redeem(120);
        vm.prank(session);
        remember(court.demandData(key, facts, stage(), 0));
        _rebut(paid, 120, _proof());
        assertClosed(Outcome.Rebutted, 0);
        assertStake(session, STAKES);
        assertStake(alice, STAKES + 6 * QUANTUM);
    }

    function test_RebutPaid_RevertWhen_ItIsNotRedeemedYet() public {
        _openLyingClaim();
        _redeem(119);
        _expectRebutRevert(paid, 120, _proof(), abi.encodeWithSelector(ICourt.NotSettled.selector, 119, 120));
    }

    function test_RebutPaid_RevertWhen_ReceiptIsOfAnotherAgreement() public {
        _openLyingClaim();
        _redeem(120);
        Receipt memory other = paid;
        other.agreement = keccak256("other");
        _expectRebutRevert(
            other,
            120,
            _proof(),
            abi.encodeWithSelector(ICourt.AgreementMismatch.selector, other.agreement, facts.agreement)
        );
    }

    function test_RebutPaid_RevertWhen_ReceiptIsNoLaterThanStated() public {
        Statement memory statement = _statement(120, _commitment());
        statement.alreadyPaid = 60;
        openClaim(statement);
        _redeem(120);
        Receipt memory early = paid;
        early.amount = 60;
        _expectRebutRevert(early, 120, _proof(), abi.encodeWithSelector(ICourt.NothingDue.selector, 60, 60));
    }

    function test_RebutPaid_RevertWhen_ProviderDidNotSignIt() public {
        _openLyingClaim();
        _redeem(120);
        bytes memory forged = signCompact(MALLORY_SECRET, receiptDigest(paid));
        vm.expectRevert(abi.encodeWithSelector(ICourt.SignatureInvalid.selector, node));
        court.rebutPaid(key, facts, stage(), paid, forged, 120, _proof());
    }

    function test_RebutPaid_RevertWhen_ProofIsOfAnotherPlaceOrAmount() public {
        _openLyingClaim();
        _redeem(130);
        InclusionProof memory wrong = _proof();
        wrong.index = 0;
        _expectRebutRevert(paid, 120, wrong, abi.encodeWithSelector(ICourt.ProofInvalid.selector));
        _expectRebutRevert(paid, 119, _proof(), abi.encodeWithSelector(ICourt.ProofInvalid.selector));
    }

    /// @dev The attack that only the acknowledged voucher's log keeps out: a buyer who owes all signs one more voucher over
    /// a log of its own making, redeems it for a unit, and says that this paid everything.
    function test_RebutPaid_RevertWhen_BuyerMakesUpALog() public {
        openClaim();
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = ReceiptLog.leaf(receiptDigest(paid), 1);
        bytes32 commitment = ReceiptLog.commitment(leaves);
        bytes memory signature = signCompact(SESSION_SECRET, voucherDigest(channelId(), 1, commitment));
        escrow.redeem(key, 1, commitment, compact(signature));
        InclusionProof memory proof = InclusionProof(0, 1, new bytes32[](0));
        _expectRebutRevert(paid, 1, proof, abi.encodeWithSelector(ICourt.ProofInvalid.selector));
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE - 1);
    }

    function test_RebutPaid_RevertWhen_ContestedAlready() public {
        _openLyingClaim();
        _redeem(120);
        contest();
        _expectRebutRevert(paid, 120, _proof(), abi.encodeWithSelector(ICourt.PhaseWrong.selector));
    }

    function test_RebutPaid_RevertWhen_ItIsNoClaim() public {
        openFault();
        _expectRebutRevert(paid, 120, _proof(), abi.encodeWithSelector(ICourt.NotClaim.selector));
    }

    function test_RebutPaid_RevertWhen_ChannelIsAnother() public {
        _openLyingClaim();
        ChannelKey memory other = channelOf(9);
        bytes memory signature = signCompact(NODE_SECRET, receiptDigest(paid));
        vm.expectRevert(ICourt.ChannelMismatch.selector);
        court.rebutPaid(other, facts, stage(), paid, signature, 120, _proof());
    }

    // ------------------------------------------------------------------------------------------------------ closePaid

    function test_ClosePaid_RevertWhen_SomethingIsUnpaid() public {
        openClaim();
        _redeem(DUE - 1);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotPaid.selector, DUE - 1, DUE));
        court.closePaid(key, facts, stage());
    }

    function test_ClosePaid_EndsAClaimThatWasPaidMeanwhile() public {
        openClaim();
        _redeem(DUE);
        vm.expectEmit(address(court));
        emit ICourt.CaseClosed(id, Outcome.Paid, 0, DUE);
        vm.prank(mallory);
        court.closePaid(key, facts, stage());
        assertClosed(Outcome.Paid, 0);
        assertStake(bob, STAKES);
        assertConserved(0);
    }

    function test_ClosePaid_AlsoWhileDataIsDemanded() public {
        openClaim(_statement(0, 0));
        vm.prank(alice);
        remember(court.demandData(key, facts, stage(), 0));
        _redeem(DUE);
        court.closePaid(key, facts, stage());
        assertClosed(Outcome.Paid, 0);
        assertStake(alice, STAKES);
        assertStake(bob, STAKES);
    }

    /// @dev A claimant who acknowledges an older voucher than it has is credited what it hides.
    function test_HidingAVoucherGainsNothing() public {
        _redeem(80);
        openClaim();
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE - 80);
        assertBalance(bob, DUE);
    }

    /// @dev Each unit that a voucher paid reduces one claim only.
    function test_TwoClaims_AreCreditedAPaymentOnce() public {
        openClaim();
        (Case memory first, uint256 openedAt) = (facts, block.timestamp);
        anotherJob(50);
        openClaim();
        _redeem(70);
        pastDeadline();
        finalise();
        assertClosedAs(Outcome.Upheld, 0);
        rememberOpened(first, bob, anchorOf(BOB_CHAIN), openedAt);
        finalise();
        assertClosed(Outcome.Upheld, DUE - 20);
        assertBalance(bob, DUE + 50);
    }

    /// @dev A claim that is meant to fail must not use up what has paid another one.
    function test_AFailedClaim_UsesUpNoCredit() public {
        Statement memory lie = _statement(120, _commitment());
        openClaim(lie);
        (Case memory first, uint256 openedAt) = (facts, block.timestamp);
        anotherJob(50);
        openClaim(_statement(120, _commitment()));
        (Case memory second,) = (facts, 0);
        _redeem(170);
        rememberOpened(first, bob, anchorOf(BOB_CHAIN), openedAt);
        _rebut(paid, 120, _proof());
        rememberOpened(second, bob, anchorOf(BOB_CHAIN), openedAt);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, 0);
        assertBalance(bob, 170);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function _openLyingClaim() private {
        openClaim(_statement(120, _commitment()));
    }

    function _statement(uint128 cumulative, bytes32 commitment) private view returns (Statement memory statement) {
        (statement.dataRoot, statement.dataChunks) = (keccak256("root"), 3);
        if (cumulative == 0) return statement;
        (statement.cumulative, statement.commitment) = (cumulative, commitment);
        statement.voucherSignature = signCompact(SESSION_SECRET, voucherDigest(channelId(), cumulative, commitment));
    }

    function _leaves() private view returns (bytes32[] memory leaves) {
        leaves = new bytes32[](2);
        (leaves[0], leaves[1]) = (firstLeaf, ReceiptLog.leaf(receiptDigest(paid), 120));
    }

    function _commitment() private view returns (bytes32) {
        return ReceiptLog.commitment(_leaves());
    }

    function _proof() private view returns (InclusionProof memory) {
        bytes32[] memory path = new bytes32[](1);
        path[0] = firstLeaf;
        return InclusionProof(1, 2, path);
    }

    function _redeem(uint128 cumulative) private {
        pay(key, cumulative);
    }

    function _rebut(Receipt memory receipt_, uint128 cumulative, InclusionProof memory proof) private {
        bytes memory signature = signCompact(NODE_SECRET, receiptDigest(receipt_));
        court.rebutPaid(key, facts, stage(), receipt_, signature, cumulative, proof);
    }

    function _expectRebutRevert(
        Receipt memory receipt_,
        uint128 cumulative,
        InclusionProof memory proof,
        bytes memory reason
    ) private {
        bytes memory signature = signCompact(NODE_SECRET, receiptDigest(receipt_));
        vm.expectRevert(reason);
        court.rebutPaid(key, facts, stage(), receipt_, signature, cumulative, proof);
    }

    function assertClosedAs(Outcome outcome, uint256 awarded) private view {
        (, Outcome outcome_, uint256 awarded_) = court.caseOf(id);
        vm.assertEq(uint256(outcome_), uint256(outcome), "outcome");
        vm.assertEq(awarded_, awarded, "awarded");
    }
}
