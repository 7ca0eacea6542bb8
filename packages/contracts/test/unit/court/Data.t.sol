// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../../../src/interfaces/ICourt.sol";
import {ReceiptLog} from "../../../src/libraries/ReceiptLog.sol";
import {Statement} from "../../../src/types/Filing.sol";
import {Outcome, Phase} from "../../../src/types/Stage.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract DataTest is CourtFixture {
    bytes[3] private chunks;
    bytes32[3] private leaves;

    function setUp() public override {
        super.setUp();
        bytes32[] memory all = new bytes32[](3);
        for (uint256 i = 0; i < 3; ++i) {
            chunks[i] = i == 2 ? bytes("the rest") : new bytes(1024);
            all[i] = leaves[i] = keccak256(abi.encodePacked(bytes1(0), chunks[i]));
        }
        Statement memory statement = noStatement();
        (statement.dataRoot, statement.dataChunks) = (ReceiptLog.root(all), 3);
        openClaim(statement);
    }

    function test_Demand_RevertWhen_CallerIsNotTheBuyer() public {
        _expectDemandRevert(bob, 0, abi.encodeWithSelector(ICourt.CallerNotParty.selector, bob));
        _expectDemandRevert(mallory, 0, abi.encodeWithSelector(ICourt.CallerNotParty.selector, mallory));
    }

    function test_Demand_RevertWhen_ThereIsNoSuchChunk() public {
        _expectDemandRevert(alice, 3, abi.encodeWithSelector(ICourt.ChunkOutOfRange.selector, 3, 3));
    }

    function test_Demand_RevertWhen_TooLate() public {
        uint256 until = state.until;
        pastDeadline();
        _expectDemandRevert(alice, 0, abi.encodeWithSelector(ICourt.TooLate.selector, until));
    }

    function test_Demand_RevertWhen_AnotherIsUnanswered() public {
        _demand(session, 2);
        _expectDemandRevert(alice, 0, abi.encodeWithSelector(ICourt.PhaseWrong.selector));
    }

    function test_Demand_ThreeTimes_ThenNoMore() public {
        for (uint256 i = 0; i < 3; ++i) {
            _demand(session, 2);
            _answer(2);
        }
        assertStake(session, STAKES - 3 * QUANTUM);
        _expectDemandRevert(session, 2, abi.encodeWithSelector(ICourt.DemandsUsedUp.selector, 3));
    }

    function test_Demand_LeavesTimeToAnswerAndToAct() public {
        vm.warp(state.until);
        _demand(alice, 1);
        vm.assertEq(state.dataUntil, block.timestamp + 12 hours, "dataUntil");
        vm.assertEq(state.until, block.timestamp + 24 hours, "until");
    }

    function test_Demand_NeverShortensTheTimeToContest() public {
        uint256 until = state.until;
        _demand(alice, 1);
        vm.assertEq(state.until, until, "until");
    }

    function test_Answer_PaysWhoeverAnswers() public {
        _demand(alice, 1);
        assertConserved(7);
        vm.expectEmit(address(court));
        emit ICourt.DataAnswered(id, 1, chunks[1]);
        vm.prank(mallory);
        remember(court.answerData(facts, stage(), chunks[1], _path(1)));
        assertStake(mallory, STAKES + QUANTUM);
        vm.assertEq(uint256(state.phase), uint256(Phase.Open), "phase");
        vm.assertEq(state.defendant, address(0), "defendant");
        assertConserved(6);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE);
    }

    function test_Answer_RevertWhen_NothingWasDemanded() public {
        vm.expectRevert(ICourt.PhaseWrong.selector);
        court.answerData(facts, stage(), chunks[1], _path(1));
    }

    function test_Answer_RevertWhen_ItIsAnotherChunk() public {
        _demand(alice, 1);
        vm.expectRevert(ICourt.ProofInvalid.selector);
        court.answerData(facts, stage(), chunks[2], _path(2));
        vm.expectRevert(ICourt.ProofInvalid.selector);
        court.answerData(facts, stage(), "made up", _path(1));
        vm.expectRevert(ICourt.ProofInvalid.selector);
        court.answerData(facts, stage(), chunks[1], new bytes32[](0));
    }

    function test_Answer_RevertWhen_TooLate() public {
        _demand(alice, 1);
        uint256 until = state.dataUntil;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(ICourt.TooLate.selector, until));
        court.answerData(facts, stage(), chunks[1], _path(1));
    }

    function test_NoAnswer_FailsTheClaim() public {
        _demand(session, 1);
        uint256 until = state.dataUntil;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(ICourt.TooEarly.selector, until));
        finaliseRaw();
        vm.warp(until + 1);
        finalise();
        assertClosed(Outcome.Failed, 0);
        assertStake(session, STAKES);
        assertStake(alice, STAKES + 6 * QUANTUM);
        assertBalance(bob, 0);
        assertConserved(0);
    }

    /// @dev A chunk larger than a chunk would let a claimant answer with the whole output in one leaf.
    function test_Answer_RevertWhen_ChunkIsTooLarge() public {
        anotherJob(50);
        bytes memory large = new bytes(1025);
        Statement memory statement = noStatement();
        (statement.dataRoot, statement.dataChunks) = (keccak256(abi.encodePacked(bytes1(0), large)), 1);
        openClaim(statement);
        _demand(alice, 0);
        vm.expectRevert(ICourt.ProofInvalid.selector);
        court.answerData(facts, stage(), large, new bytes32[](0));
    }

    function test_Challenge_RevertWhen_AnAnswerIsDue() public {
        _demand(alice, 1);
        vm.prank(alice);
        vm.expectRevert(ICourt.PhaseWrong.selector);
        court.challenge(key, facts, stage(), 0);
    }

    function finaliseRaw() private {
        court.finalise(key, facts, stage());
    }

    function _demand(address account, uint48 chunk) private {
        vm.prank(account);
        remember(court.demandData(key, facts, stage(), chunk));
    }

    function _answer(uint256 chunk) private {
        vm.prank(bob);
        remember(court.answerData(facts, stage(), chunks[chunk], _path(chunk)));
    }

    function _path(uint256 chunk) private view returns (bytes32[] memory path) {
        if (chunk == 2) {
            path = new bytes32[](1);
            path[0] = keccak256(abi.encodePacked(bytes1(0x01), leaves[0], leaves[1]));
        } else {
            path = new bytes32[](2);
            (path[0], path[1]) = (leaves[1 - chunk], leaves[2]);
        }
    }

    function _expectDemandRevert(address account, uint48 chunk, bytes memory reason) private {
        vm.prank(account);
        vm.expectRevert(reason);
        court.demandData(key, facts, stage(), chunk);
    }
}
