// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {RawHashes} from "../libraries/RawHashes.sol";
import {ReceiptLog} from "../libraries/ReceiptLog.sol";
import {Rules} from "../libraries/Rules.sol";
import {Receipt} from "../messages/Receipt.sol";
import {Case, CaseKind} from "../types/Case.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {InclusionProof} from "../types/Filing.sol";
import {Outcome, Phase, Stage, State, States} from "../types/Stage.sol";
import {CourtFilings} from "./CourtFilings.sol";

/// @title What can be said against a claim without a jury: that it was paid, or that the data is missing
abstract contract CourtRebuttals is CourtFilings {
    /// @inheritdoc ICourt
    uint256 public constant DEMANDS_MAX = Rules.DEMANDS_MAX;

    /// @inheritdoc ICourt
    /// @dev Only a voucher that the claimant itself acknowledged counts, because it checked that one's commitment against
    /// its own log. A buyer could sign any other voucher now, over a log made for this purpose, and redeem it for a unit.
    function rebutPaid(
        ChannelKey calldata key,
        Case calldata facts_,
        Stage calldata stage_,
        Receipt calldata receipt,
        bytes calldata receiptSignature,
        uint128 cumulative,
        InclusionProof calldata proof
    ) external {
        (bytes32 id, Case memory facts, State memory stage) = _loadOpenClaim(key, facts_, stage_);
        if (receipt.agreement != facts.agreement) revert AgreementMismatch(receipt.agreement, facts.agreement);
        if (receipt.amount <= facts.alreadyPaid) revert NothingDue(receipt.amount, facts.alreadyPaid);
        bytes32 digest = _digest(RawHashes.hashOf(receipt));
        _checkSigned(digest, receiptSignature, facts.provider);
        bytes32 leaf = ReceiptLog.leaf(digest, cumulative);
        if (!ReceiptLog.verify(facts.commitment, leaf, proof.index, proof.size, proof.path)) revert ProofInvalid();
        (, uint256 settled,) = IEscrow(ESCROW).channels(facts.channel);
        if (settled < cumulative) revert NotSettled(settled, cumulative);

        _returnFee(stage);
        stage.defendant = key.payer;
        _close(id, key, facts, stage, Outcome.Rebutted);
    }

    /// @inheritdoc ICourt
    function closePaid(ChannelKey calldata key, Case calldata facts_, Stage calldata stage_) external {
        (bytes32 id, Case memory facts, State memory stage) = _loadOpenClaim(key, facts_, stage_);
        (uint256 credited,) = _creditOf(facts);
        if (credited < facts.amount) revert NotPaid(credited, facts.amount);
        _returnFee(stage);
        _close(id, key, facts, stage, Outcome.Paid);
    }

    /// @inheritdoc ICourt
    function demandData(ChannelKey calldata key, Case calldata facts_, Stage calldata stage_, uint48 chunk)
        external
        returns (Stage memory)
    {
        (bytes32 id, Case memory facts, State memory stage) = _loadOpenClaim(key, facts_, stage_);
        _checkBuyer(key);
        if (stage.phase != Phase.Open) revert PhaseWrong();
        if (block.timestamp > stage.until) revert TooLate(stage.until);
        if (stage.demands == Rules.DEMANDS_MAX) revert DemandsUsedUp(Rules.DEMANDS_MAX);
        if (chunk >= facts.dataChunks) revert ChunkOutOfRange(chunk, facts.dataChunks);

        _debitQuanta(msg.sender, Rules.DATA_QUANTA);
        stage.phase = Phase.Demanded;
        stage.demands += 1;
        stage.pot += Rules.DATA_QUANTA;
        stage.defendant = msg.sender;
        stage.target = uint48(chunk);
        stage.dataUntil = uint48(block.timestamp) + Rules.DATA_SEC;
        uint48 until = stage.dataUntil + Rules.DATA_SEC;
        if (until > stage.until) stage.until = until;
        emit DataDemanded(id, msg.sender, chunk, stage.dataUntil, stage.until);
        States.answerStage(_store(id, facts.hash(), facts.truth, stage));
    }

    /// @inheritdoc ICourt
    function answerData(Case calldata facts_, Stage calldata stage_, bytes calldata data, bytes32[] calldata path)
        external
        returns (Stage memory)
    {
        (bytes32 id, Case memory facts, State memory stage) = _load(facts_, stage_);
        if (stage.phase != Phase.Demanded) revert PhaseWrong();
        if (block.timestamp > stage.dataUntil) revert TooLate(stage.dataUntil);
        uint48 chunk = stage.target;
        (bool ok, bytes32 root) = ReceiptLog.rootFrom(ReceiptLog.chunkLeaf(data), chunk, facts.dataChunks, path);
        if (!ok || root != facts.dataRoot || data.length > Rules.CHUNK_BYTES_MAX) revert ProofInvalid();

        _creditQuanta(msg.sender, Rules.DATA_QUANTA);
        stage.phase = Phase.Open;
        stage.pot -= Rules.DATA_QUANTA;
        stage.defendant = address(0);
        stage.target = 0;
        stage.dataUntil = 0;
        emit DataAnswered(id, chunk, data);
        States.answerStage(_store(id, facts.hash(), facts.truth, stage));
    }

    /// @dev A demand that nobody answers any more was in vain.
    function _returnFee(State memory stage) internal {
        if (stage.phase != Phase.Demanded) return;
        _creditQuanta(stage.defendant, Rules.DATA_QUANTA);
        stage.pot -= Rules.DATA_QUANTA;
    }

    function _loadOpenClaim(ChannelKey memory key, Case calldata facts_, Stage calldata stage_)
        private
        view
        returns (bytes32 id, Case memory facts, State memory stage)
    {
        (id, facts, stage) = _load(facts_, stage_);
        if (facts.kind != CaseKind.Claim) revert NotClaim();
        if (stage.phase != Phase.Open && stage.phase != Phase.Demanded) revert PhaseWrong();
        _checkChannel(key, facts);
    }
}
