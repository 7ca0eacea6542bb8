// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {Ballots} from "../libraries/Ballots.sol";
import {Rules} from "../libraries/Rules.sol";
import {CommittedVote} from "../types/Filing.sol";
import {Hearing, Phase, Ruling, State, States, Turn} from "../types/Stage.sol";
import {CourtDraws} from "./CourtDraws.sol";

/// @title The jury votes: commit, reveal, tally
/// @dev Votes of one round do not move the case, so that jurors never stand in each other's way: they go to a word of
/// their own, see {Ballots}. Its hash over all commitments needs no list of them to be extended by one more; the list
/// comes back with each reveal.
abstract contract CourtVotes is CourtDraws {
    using Ballots for uint256;

    /// @inheritdoc ICourt
    function commitVote(Hearing calldata hearing, uint256 position, bytes32 commitment) external {
        State memory stage = _loadVoting(hearing);
        if (block.timestamp > stage.until) revert TooLate(stage.until);
        if (position >= stage.jurors || _seats[stage.seatAt(position)].owner != msg.sender) {
            revert NotJuror(position, msg.sender);
        }
        Record storage record = _records[hearing.id];
        uint256 size = Rules.jurySize(stage.round);
        uint256 ballots = record.votes;
        if (ballots.ballotAt(size, position) != Ballots.NONE) revert AlreadyCommitted(position);
        record.votes = ballots.commit(size, position, commitment);
        emit VoteCommitted(hearing.id, position, commitment);
    }

    /// @inheritdoc ICourt
    function revealVote(
        Hearing calldata hearing,
        CommittedVote[] calldata votes,
        uint256 index,
        bytes32 vote,
        bytes32 salt
    ) external returns (Turn memory) {
        State memory stage = _loadVoting(hearing);
        uint256 ballots = _records[hearing.id].votes;
        bool last = _checkRevealTime(stage, ballots);
        _checkCommits(votes, ballots.commitsOf());
        uint256 position = votes[index].position;
        _checkVote(hearing.id, stage, votes[index], ballots, keccak256(abi.encode(vote, salt)));
        ballots = ballots.reveal(Rules.jurySize(stage.round), position, vote, hearing.truth);
        emit VoteRevealed(hearing.id, position, vote);
        if (last) _rule(hearing, stage, ballots);
        else _records[hearing.id].votes = ballots;
        States.answerTurn(stage.pack());
    }

    /// @inheritdoc ICourt
    function tally(Hearing calldata hearing) external returns (Turn memory) {
        State memory stage = _loadVoting(hearing);
        uint256 ballots = _records[hearing.id].votes;
        (, uint256 hidden) = ballots.missing(Rules.jurySize(stage.round), stage.jurors);
        uint256 until = stage.until + (hidden == 0 ? 0 : Rules.REVEAL_SEC);
        if (block.timestamp <= until) revert TooEarly(until);
        _rule(hearing, stage, ballots);
        States.answerTurn(stage.pack());
    }

    /// @dev Pays the seats of the majority from the pot, burns what the others lose, and leaves the rest to the parties.
    /// Without a majority, those who voted neither gain nor lose.
    function _rule(Hearing calldata hearing, State memory stage, uint256 ballots) private {
        Ruling ruling = _judgeSeats(stage, ballots);
        delete _records[hearing.id].votes;
        stage.clearSeats();
        stage.phase = Phase.Ruled;
        stage.ruling = ruling;
        // There is nobody to appeal to after the last round.
        stage.until = uint48(block.timestamp) + (stage.round == Rules.ROUND_LAST ? 0 : Rules.APPEAL_SEC);
        _records[hearing.id].head = States.headOf(stage.pack(), hearing.docket, hearing.truth);
        emit CaseRuled(hearing.id, stage.round, ruling, stage.pot, stage.until);
    }

    function _judgeSeats(State memory stage, uint256 ballots) private returns (Ruling ruling) {
        uint256 size = Rules.jurySize(stage.round);
        uint256 winner;
        (ruling, winner) = ballots.count(size, stage.jurors);
        uint256 penalties;
        for (uint256 position = 0; position < stage.jurors; ++position) {
            uint256 ballot = ballots.ballotAt(size, position);
            uint16 penalty = Rules.SILENCE_QUANTA;
            if (ballot > Ballots.COMMITTED) {
                if (ruling == Ruling.None) continue;
                penalty = Rules.MINORITY_QUANTA;
            }
            bool right = ballot == winner && ruling != Ruling.None;
            (uint16 taken, uint16 given) = _judgeSeat(stage.seatAt(position), stage.calledAt, right, penalty);
            penalties += taken;
            stage.pot -= given;
        }
        _burnQuanta(penalties);
    }

    function _loadVoting(Hearing calldata hearing) private view returns (State memory stage) {
        _checkHead(hearing.id, States.headOf(hearing.turn, hearing.docket, hearing.truth));
        stage = States.load(hearing.turn);
        if (stage.phase != Phase.Voting) revert PhaseWrong();
    }

    /// @return last whether one more vote ends the round: who has not committed by now cannot any more
    function _checkRevealTime(State memory stage, uint256 ballots) private view returns (bool last) {
        (uint256 none, uint256 hidden) = ballots.missing(Rules.jurySize(stage.round), stage.jurors);
        if (none != 0 && block.timestamp <= stage.until) revert TooEarly(stage.until);
        uint256 until = stage.until + Rules.REVEAL_SEC;
        if (block.timestamp > until) revert TooLate(until);
        return hidden == 1;
    }

    function _checkVote(
        bytes32 id,
        State memory stage,
        CommittedVote calldata committed,
        uint256 ballots,
        bytes32 secret
    ) private view {
        uint256 seat = stage.seatAt(committed.position);
        bytes32 commitment = keccak256(abi.encode(id, stage.round, msg.sender, seat, secret));
        if (
            commitment != committed.commitment
                || ballots.ballotAt(Rules.jurySize(stage.round), committed.position) != Ballots.COMMITTED
        ) revert VoteInvalid();
    }

    function _checkCommits(CommittedVote[] calldata votes, uint256 expected) private pure {
        uint256 commits;
        for (uint256 i = 0; i < votes.length; ++i) {
            commits = Ballots.extend(commits, votes[i].position, votes[i].commitment);
        }
        if (commits != expected) revert VoteInvalid();
    }
}
