// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {BlockHashes} from "../libraries/BlockHashes.sol";
import {Rules} from "../libraries/Rules.sol";
import {Case, CaseKind} from "../types/Case.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {Phase, Ruling, Stage, Stages} from "../types/Stage.sol";
import {CourtRebuttals} from "./CourtRebuttals.sol";

/// @title Contesting a case, and drawing its juries
/// @dev A jury is drawn from three numbers that nobody knows together before it is too late to change any: two secrets
/// that the parties bound themselves to earlier, and the hash of a block that came later. Each party sees the other's
/// secret only when the block is fixed and its own secret is; who then keeps it back loses the case.
abstract contract CourtDraws is CourtRebuttals {
    /// @inheritdoc ICourt
    uint256 public constant CASE_QUANTA = 6;

    /// @inheritdoc ICourt
    function challenge(ChannelKey calldata key, Case calldata facts_, Stage calldata stage_, bytes32 anchor)
        external
        returns (Stage memory)
    {
        Case memory facts = facts_.load();
        Stage memory stage = stage_.load();
        bytes32 id = _check(facts, stage);
        _checkChannel(key, facts);
        if (stage.phase != Phase.Open) revert PhaseWrong();
        if (block.timestamp > stage.until) revert TooLate(stage.until);
        if (facts.kind == CaseKind.Claim) _checkBuyer(key);
        else _checkProvider(key, facts.provider);

        stage.phase = Phase.Drawing;
        stage.flags = Stages.PLAINTIFF_STAKED | Stages.DEFENDANT_STAKED;
        stage.calledAt = uint48(block.timestamp);
        stage.seatCount = uint32(_seats.length);
        stage.defendant = msg.sender;
        stage.defendantLink = anchor;
        _stakeRound(stage, msg.sender);
        _awaitBlock(stage);
        _store(id, facts, stage);
        emit CaseChallenged(id, msg.sender, anchor, stage.target, stage.seatCount, stage.until);
        stage.answer();
    }

    /// @inheritdoc ICourt
    function pin(Case calldata facts_, Stage calldata stage_) external returns (Stage memory) {
        Case memory facts = facts_.load();
        Stage memory stage = stage_.load();
        bytes32 id = _checkDrawing(facts, stage);
        if (stage.drawHash != 0) revert AlreadyPinned();
        if (block.number <= stage.target) revert BlockTooEarly(stage.target);
        bytes32 hash = BlockHashes.get(stage.target);
        if (hash == 0) {
            // No secret has been shown yet, so that nobody learns or chooses anything by having missed a block.
            stage.target = uint64(block.number) + Rules.DRAW_DELAY_BLOCKS;
            emit DrawPostponed(id, stage.round, stage.target);
        } else {
            stage.drawHash = hash;
            emit DrawHashPinned(id, stage.round, hash);
        }
        _store(id, facts, stage);
        stage.answer();
    }

    /// @inheritdoc ICourt
    function revealSecrets(
        Case calldata facts_,
        Stage calldata stage_,
        bytes32 plaintiffSecret,
        bytes32 defendantSecret
    ) external returns (Stage memory) {
        Case memory facts = facts_.load();
        Stage memory stage = stage_.load();
        bytes32 id = _checkDrawing(facts, stage);
        if (plaintiffSecret == 0 && defendantSecret == 0) revert SecretInvalid();
        if (stage.drawHash == 0) {
            if (block.number <= stage.target) revert BlockTooEarly(stage.target);
            stage.drawHash = BlockHashes.get(stage.target);
            if (stage.drawHash == 0) revert BlockHashGone(stage.target);
            emit DrawHashPinned(id, stage.round, stage.drawHash);
        }
        if (plaintiffSecret != 0) {
            _reveal(stage, stage.plaintiffLink, plaintiffSecret, Stages.PLAINTIFF_REVEALED);
            _answerAppeal(stage, facts.plaintiff, Stages.PLAINTIFF_STAKED);
            stage.plaintiffLink = plaintiffSecret;
        }
        if (defendantSecret != 0) {
            _reveal(stage, stage.defendantLink, defendantSecret, Stages.DEFENDANT_REVEALED);
            _answerAppeal(stage, stage.defendant, Stages.DEFENDANT_STAKED);
            stage.defendantLink = defendantSecret;
        }
        emit SecretsRevealed(id, stage.round, plaintiffSecret, defendantSecret);
        if (stage.flags & Stages.BOTH_REVEALED == Stages.BOTH_REVEALED) _draw(id, stage);
        _store(id, facts, stage);
        stage.answer();
    }

    /// @dev Doubles the stakes of the side that calls for a jury, or answers the call.
    function _stakeRound(Stage memory stage, address account) internal {
        uint32 quanta = Rules.stakeQuanta(stage.round);
        _debitQuanta(account, quanta);
        stage.pot += quanta;
    }

    function _awaitBlock(Stage memory stage) internal view {
        stage.drawHash = 0;
        stage.target = uint64(block.number) + Rules.DRAW_DELAY_BLOCKS;
        stage.until = uint48(block.timestamp) + Rules.SECRETS_SEC;
    }

    function _answerAppeal(Stage memory stage, address account, uint8 staked) private {
        if (stage.flags & staked != 0) return;
        stage.flags |= staked;
        _stakeRound(stage, account);
    }

    function _draw(bytes32 id, Stage memory stage) private {
        bytes32 seed = keccak256(abi.encode(stage.plaintiffLink, stage.defendantLink, stage.drawHash, id, stage.round));
        _drawSeats(stage, seed, Rules.jurySize(stage.round));
        stage.phase = Phase.Voting;
        stage.until = uint48(block.timestamp) + Rules.COMMIT_SEC;
        stage.flags = 0;
        stage.target = 0;
        stage.drawHash = 0;
        uint256[4] memory seats = [stage.seats0, stage.seats1, stage.seats2, stage.seats3];
        emit JuryDrawn(id, stage.round, stage.jurors, seats, stage.until);
    }

    function _checkDrawing(Case memory facts, Stage memory stage) private view returns (bytes32 id) {
        id = _check(facts, stage);
        if (stage.phase != Phase.Drawing) revert PhaseWrong();
        if (block.timestamp > stage.until) revert TooLate(stage.until);
    }

    function _checkProvider(ChannelKey memory key, address provider) private view {
        if (msg.sender == provider || msg.sender == key.payee || msg.sender == BONDS.ownerOf(provider)) return;
        revert CallerNotParty(msg.sender);
    }

    function _reveal(Stage memory stage, bytes32 link, bytes32 secret, uint8 revealed) private pure {
        if (stage.flags & revealed != 0 || keccak256(abi.encode(secret)) != link) revert SecretInvalid();
        stage.flags |= revealed;
    }
}
