// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {BlockHashes} from "../libraries/BlockHashes.sol";
import {Rules} from "../libraries/Rules.sol";
import {Case, CaseKind} from "../types/Case.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {Phase, Stage, State, States} from "../types/Stage.sol";
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
        (bytes32 id, Case memory facts, State memory stage) = _load(facts_, stage_);
        _checkChannel(key, facts);
        if (stage.phase != Phase.Open) revert PhaseWrong();
        if (block.timestamp > stage.until) revert TooLate(stage.until);
        if (facts.kind == CaseKind.Claim) _checkBuyer(key);
        else _checkProvider(key, facts.provider);

        stage.phase = Phase.Drawing;
        stage.flags = States.PLAINTIFF_STAKED | States.DEFENDANT_STAKED;
        stage.calledAt = uint48(block.timestamp);
        stage.seatCount = uint32(_seats.length);
        stage.defendant = msg.sender;
        stage.defendantLink = anchor;
        _stakeRound(stage, msg.sender);
        _awaitBlock(stage);
        emit CaseChallenged(id, msg.sender, anchor, stage.target, stage.seatCount, stage.until);
        States.answerStage(_store(id, facts.hash(), facts.truth, stage));
    }

    /// @inheritdoc ICourt
    function pin(bytes32 id, bytes32 facts, bytes32 truth, Stage calldata stage_) external returns (Stage memory) {
        State memory stage = _loadDrawing(id, facts, truth, stage_);
        if (stage.drawHash != 0) revert AlreadyPinned();
        if (block.number <= stage.target) revert BlockTooEarly(stage.target);
        bytes32 hash = BlockHashes.get(stage.target);
        if (hash == 0) {
            // No secret has been shown yet, so that nobody learns or chooses anything by having missed a block.
            stage.target = uint48(block.number) + Rules.DRAW_DELAY_BLOCKS;
            emit DrawPostponed(id, stage.round, stage.target);
        } else {
            stage.drawHash = hash;
            emit DrawHashPinned(id, stage.round, hash);
        }
        States.answerStage(_store(id, facts, truth, stage));
    }

    /// @inheritdoc ICourt
    function revealSecrets(
        bytes32 id,
        bytes32 facts,
        bytes32 truth,
        Stage calldata stage_,
        bytes32 plaintiffSecret,
        bytes32 defendantSecret
    ) external returns (Stage memory) {
        State memory stage = _loadDrawing(id, facts, truth, stage_);
        if (plaintiffSecret == 0 && defendantSecret == 0) revert SecretInvalid();
        if (stage.drawHash == 0) {
            if (block.number <= stage.target) revert BlockTooEarly(stage.target);
            stage.drawHash = BlockHashes.get(stage.target);
            if (stage.drawHash == 0) revert BlockHashGone(stage.target);
        }
        if (plaintiffSecret != 0) {
            _reveal(stage, stage.plaintiffLink, plaintiffSecret, States.PLAINTIFF_REVEALED);
            _answerAppeal(stage, stage.plaintiff, States.PLAINTIFF_STAKED);
            stage.plaintiffLink = plaintiffSecret;
        }
        if (defendantSecret != 0) {
            _reveal(stage, stage.defendantLink, defendantSecret, States.DEFENDANT_REVEALED);
            _answerAppeal(stage, stage.defendant, States.DEFENDANT_STAKED);
            stage.defendantLink = defendantSecret;
        }
        emit SecretsRevealed(id, stage.round, plaintiffSecret, defendantSecret, stage.drawHash);
        if (stage.flags & States.BOTH_REVEALED == States.BOTH_REVEALED) _draw(id, stage);
        States.answerStage(_store(id, facts, truth, stage));
    }

    /// @dev Doubles the stakes of the side that calls for a jury, or answers the call.
    function _stakeRound(State memory stage, address account) internal {
        uint16 quanta = Rules.stakeQuanta(stage.round);
        _debitQuanta(account, quanta);
        stage.pot += quanta;
    }

    function _awaitBlock(State memory stage) internal view {
        stage.drawHash = 0;
        stage.target = uint48(block.number) + Rules.DRAW_DELAY_BLOCKS;
        stage.until = uint48(block.timestamp) + Rules.SECRETS_SEC;
    }

    function _answerAppeal(State memory stage, address account, uint8 staked) private {
        if (stage.flags & staked != 0) return;
        stage.flags |= staked;
        _stakeRound(stage, account);
    }

    function _draw(bytes32 id, State memory stage) private {
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

    function _loadDrawing(bytes32 id, bytes32 facts, bytes32 truth, Stage calldata given)
        private
        view
        returns (State memory stage)
    {
        stage = _load(id, facts, truth, given);
        if (stage.phase != Phase.Drawing) revert PhaseWrong();
        if (block.timestamp > stage.until) revert TooLate(stage.until);
    }

    function _checkProvider(ChannelKey memory key, address provider) private view {
        if (msg.sender == provider || msg.sender == key.payee || msg.sender == BONDS.ownerOf(provider)) return;
        revert CallerNotParty(msg.sender);
    }

    function _reveal(State memory stage, bytes32 link, bytes32 secret, uint8 revealed) private pure {
        if (stage.flags & revealed != 0 || keccak256(abi.encode(secret)) != link) revert SecretInvalid();
        stage.flags |= revealed;
    }
}
