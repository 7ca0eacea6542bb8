// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {Rules} from "../libraries/Rules.sol";
import {Case, CaseKind} from "../types/Case.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {Outcome, Phase, Ruling, Stage, State, States} from "../types/Stage.sol";
import {CourtVotes} from "./CourtVotes.sol";

/// @title Appeals, and the end of every case
abstract contract CourtEndings is CourtVotes {
    /// @inheritdoc ICourt
    function appeal(Case calldata facts_, Stage calldata stage_) external returns (Stage memory) {
        (bytes32 id, Case memory facts, State memory stage) = _load(facts_, stage_);
        if (stage.phase != Phase.Ruled) revert PhaseWrong();
        if (block.timestamp > stage.until) revert TooLate(stage.until);
        // A case that everybody let lie may be so old that its seats could be gone.
        uint256 drawnBy = block.timestamp + Rules.SECRETS_SEC;
        if (stage.round == Rules.ROUND_LAST || drawnBy > stage.calledAt + Rules.CASE_SEC_MAX) revert AppealsUsedUp();
        bool byDefendant = _outcomeOf(facts.kind, stage.ruling) == Outcome.Upheld;
        address appellant = byDefendant ? stage.defendant : facts.plaintiff;
        if (msg.sender != appellant) revert CallerNotParty(msg.sender);

        stage.phase = Phase.Drawing;
        stage.round += 1;
        stage.flags = byDefendant ? States.DEFENDANT_STAKED : States.PLAINTIFF_STAKED;
        _stakeRound(stage, appellant);
        _awaitBlock(stage);
        emit CaseAppealed(id, appellant, stage.round, stage.target, stage.until);
        States.answerStage(_store(id, facts.hash(), facts.truth, stage));
    }

    /// @inheritdoc ICourt
    function finalise(ChannelKey calldata key, Case calldata facts_, Stage calldata stage_)
        external
        returns (Outcome outcome, uint256 awarded)
    {
        (bytes32 id, Case memory facts, State memory stage) = _load(facts_, stage_);
        _checkChannel(key, facts);
        uint256 until = stage.phase == Phase.Demanded ? stage.dataUntil : stage.until;
        if (block.timestamp <= until) revert TooEarly(until);
        if (stage.phase == Phase.Voting) revert PhaseWrong();

        if (stage.phase == Phase.Open) {
            outcome = Outcome.Upheld;
        } else if (stage.phase == Phase.Demanded) {
            _returnFee(stage);
            stage.defendant = key.payer;
            outcome = Outcome.Failed;
        } else if (stage.phase == Phase.Drawing) {
            outcome = _default(facts, stage);
        } else {
            outcome = _outcomeOf(facts.kind, stage.ruling);
        }
        awarded = _close(id, key, facts, stage, outcome);
    }

    /// @dev One party did not show its secret and loses; if neither did, the last ruling stands. What the jury would have
    /// cost is burnt: or two parties that are one could look at as many juries as they like, for nothing.
    function _default(Case memory facts, State memory stage) private returns (Outcome) {
        uint16 burned = Rules.FEE_QUANTA * Rules.jurySize(stage.round);
        stage.pot -= burned;
        _burnQuanta(burned);
        if (stage.flags & States.PLAINTIFF_REVEALED != 0) return Outcome.Upheld;
        if (stage.flags & States.DEFENDANT_REVEALED != 0) return Outcome.Failed;
        return _outcomeOf(facts.kind, stage.ruling);
    }

    function _outcomeOf(CaseKind kind, Ruling ruling) private pure returns (Outcome) {
        if (ruling == Ruling.None) return Outcome.Split;
        return (ruling == Ruling.Right) == (kind == CaseKind.Claim) ? Outcome.Upheld : Outcome.Failed;
    }
}
