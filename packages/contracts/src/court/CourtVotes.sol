// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {Ballots} from "../libraries/Ballots.sol";
import {Rules} from "../libraries/Rules.sol";
import {CommittedVote} from "../types/Filing.sol";
import {Phase, Ruling, State, States, Turn} from "../types/Stage.sol";
import {CourtDraws} from "./CourtDraws.sol";

/// @title The jury votes: commit, reveal, tally
/// @dev Votes of one round do not move the case, so that jurors never stand in each other's way: they go to a word of
/// their own, see {Ballots}. Its hash over all commitments needs no list of them to be extended by one more; the list
/// comes back with each reveal.
abstract contract CourtVotes is CourtDraws {
    using Ballots for uint256;

    /// @inheritdoc ICourt
    function commitVote(
        bytes32 id,
        bytes32 docket,
        bytes32 truth,
        Turn calldata turn,
        uint256 position,
        bytes32 commitment
    ) external {
        State memory stage = _loadVoting(id, docket, truth, turn);
        if (block.timestamp > stage.until) revert TooLate(stage.until);
        if (position >= stage.jurors || _seats[stage.seatAt(position)].owner != msg.sender) {
            revert NotJuror(position, msg.sender);
        }
        Record storage record = _records[id];
        uint256 size = Rules.jurySize(stage.round);
        uint256 ballots = record.votes;
        if (ballots.ballotAt(size, position) != Ballots.NONE) revert AlreadyCommitted(position);
        record.votes = ballots.commit(size, position, commitment);
        emit VoteCommitted(id, stage.round, position, commitment);
    }

    /// @inheritdoc ICourt
    function revealVote(
        bytes32 id,
        bytes32 docket,
        bytes32 truth,
        Turn calldata turn,
        CommittedVote[] calldata votes,
        uint256 index,
        bytes32 vote,
        bytes32 salt
    ) external returns (Turn memory) {
        State memory stage = _loadVoting(id, docket, truth, turn);
        Record storage record = _records[id];
        uint256 size = Rules.jurySize(stage.round);
        uint256 ballots = record.votes;
        (uint256 none, uint256 hidden) = ballots.missing(size, stage.jurors);
        if (none != 0 && block.timestamp <= stage.until) revert TooEarly(stage.until);
        if (block.timestamp > stage.until + Rules.REVEAL_SEC) revert TooLate(stage.until + Rules.REVEAL_SEC);

        _checkCommits(votes, ballots.commitsOf());
        uint256 position = votes[index].position;
        bytes32 commitment = keccak256(abi.encode(id, stage.round, msg.sender, stage.seatAt(position), vote, salt));
        if (commitment != votes[index].commitment || ballots.ballotAt(size, position) != Ballots.COMMITTED) {
            revert VoteInvalid();
        }
        ballots = ballots.reveal(size, position, vote, truth);
        emit VoteRevealed(id, stage.round, position, vote);
        // Who has not committed by now cannot any more.
        if (hidden == 1) _rule(id, docket, truth, stage, ballots);
        else record.votes = ballots;
        States.answerTurn(stage.pack());
    }

    /// @inheritdoc ICourt
    function tally(bytes32 id, bytes32 docket, bytes32 truth, Turn calldata turn) external returns (Turn memory) {
        State memory stage = _loadVoting(id, docket, truth, turn);
        uint256 ballots = _records[id].votes;
        (, uint256 hidden) = ballots.missing(Rules.jurySize(stage.round), stage.jurors);
        uint256 until = stage.until + (hidden == 0 ? 0 : Rules.REVEAL_SEC);
        if (block.timestamp <= until) revert TooEarly(until);
        _rule(id, docket, truth, stage, ballots);
        States.answerTurn(stage.pack());
    }

    /// @dev Pays the seats of the majority from the pot, burns what the others lose, and leaves the rest to the parties.
    /// Without a majority, those who voted neither gain nor lose.
    function _rule(bytes32 id, bytes32 docket, bytes32 truth, State memory stage, uint256 ballots) private {
        uint256 size = Rules.jurySize(stage.round);
        (Ruling ruling, uint256 winner) = ballots.count(size, stage.jurors);
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

        delete _records[id].votes;
        stage.clearSeats();
        stage.phase = Phase.Ruled;
        stage.ruling = ruling;
        // There is nobody to appeal to after the last round.
        stage.until = uint48(block.timestamp) + (stage.round == Rules.ROUND_LAST ? 0 : Rules.APPEAL_SEC);
        _records[id].head = States.headOf(stage.pack(), docket, truth);
        emit CaseRuled(id, stage.round, ruling, stage.pot, stage.until);
    }

    function _loadVoting(bytes32 id, bytes32 docket, bytes32 truth, Turn calldata turn)
        private
        view
        returns (State memory stage)
    {
        _checkHead(id, States.headOf(turn, docket, truth));
        stage = States.load(turn);
        if (stage.phase != Phase.Voting) revert PhaseWrong();
    }

    function _checkCommits(CommittedVote[] calldata votes, uint256 expected) private pure {
        uint256 commits;
        for (uint256 i = 0; i < votes.length; ++i) {
            commits = Ballots.extend(commits, votes[i].position, votes[i].commitment);
        }
        if (commits != expected) revert VoteInvalid();
    }
}
