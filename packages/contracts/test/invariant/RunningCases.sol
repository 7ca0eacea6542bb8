// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Case, CaseKind} from "../../src/types/Case.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {CommittedVote} from "../../src/types/Filing.sol";
import {Phase, Stage} from "../../src/types/Stage.sol";
import {CourtFixture} from "../utils/CourtFixture.sol";

/// @notice The fixture knows one case at a time. This keeps several, and brings one of them into it to act on.
abstract contract RunningCases is CourtFixture {
    struct Running {
        bytes32 id;
        Case facts;
        Stage stage;
        ChannelKey key;
        CommittedVote[] votes;
        bytes32[] choices;
    }

    uint256 internal constant RUNNING_MAX = 6;

    Running[] internal _running;

    function runningCount() external view returns (uint256) {
        return _running.length;
    }

    function pots() external view returns (uint256 quanta) {
        for (uint256 i = 0; i < _running.length; ++i) {
            quanta += uint16(_running[i].stage.turn.clock >> 192);
        }
    }

    function claimsOn(uint64 salt) external view returns (uint256 count) {
        ChannelKey memory key_ = channelOf(salt);
        for (uint256 i = 0; i < _running.length; ++i) {
            Case memory facts_ = _running[i].facts;
            if (facts_.kind == CaseKind.Claim && _same(facts_, key_)) ++count;
        }
    }

    function _add() internal {
        Running storage running = _running.push();
        running.id = id;
        running.facts = facts;
        running.stage = stage();
        running.key = key;
    }

    function _take(uint256 seed) internal returns (bool) {
        if (_running.length == 0) return false;
        Running storage running = _running[seed % _running.length];
        id = running.id;
        facts = running.facts;
        key = running.key;
        remember(running.stage);
        delete votes;
        for (uint256 i = 0; i < running.votes.length; ++i) {
            votes.push(running.votes[i]);
        }
        return true;
    }

    function _put(uint256 seed) internal {
        Running storage running = _running[seed % _running.length];
        running.stage = stage();
        delete running.votes;
        if (state.phase != Phase.Voting) delete running.choices;
        for (uint256 i = 0; i < votes.length; ++i) {
            running.votes.push(votes[i]);
        }
    }

    function _remove(uint256 seed) internal {
        uint256 index = seed % _running.length;
        Running storage last = _running[_running.length - 1];
        Running storage gone = _running[index];
        if (index != _running.length - 1) {
            gone.id = last.id;
            gone.facts = last.facts;
            gone.stage = last.stage;
            gone.key = last.key;
            delete gone.votes;
            delete gone.choices;
            for (uint256 i = 0; i < last.votes.length; ++i) {
                gone.votes.push(last.votes[i]);
                gone.choices.push(last.choices[i]);
            }
        }
        _running.pop();
    }

    function _same(Case memory facts_, ChannelKey memory key_) private pure returns (bool) {
        return keccak256(abi.encode(facts_.channel)) == keccak256(abi.encode(key_.id()));
    }
}
