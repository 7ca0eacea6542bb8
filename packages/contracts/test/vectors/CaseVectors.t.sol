// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ballots} from "../../src/libraries/Ballots.sol";
import {ReceiptLog} from "../../src/libraries/ReceiptLog.sol";
import {Rules} from "../../src/libraries/Rules.sol";
import {Case, CaseKind, Cases} from "../../src/types/Case.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {Seats} from "../../src/types/Seat.sol";
import {Phase, Ruling, State, States} from "../../src/types/Stage.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";
import {VectorCase, VectorFile, VectorFiles} from "./VectorFile.sol";

/// @notice Cases, secrets, votes and data as TypeScript computes them.
contract CaseVectorsTest is Test {
    function test_Case() public view {
        VectorFile memory file = VectorFiles.open("case");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            ChannelId channel = ChannelId.wrap(c.word("channel"));
            bytes32 id = Cases.idOf(channel, c.word("agreement"), CaseKind.Claim);
            vm.assertEq(id, c.word("claimId"), "claimId");
            vm.assertEq(Cases.idOf(channel, c.word("agreement"), CaseKind.Fault), c.word("faultId"), "faultId");
            bytes32 truth = Cases.truthOf(c.word("result"), c.word("dataRoot"), uint48(c.number("dataChunks")));
            vm.assertEq(truth, c.word("truth"), "truth");
            bytes32 secret = keccak256(abi.encode(truth, c.word("salt")));
            bytes32 commitment =
                keccak256(abi.encode(id, c.number("round"), c.account("juror"), c.number("seat"), secret));
            vm.assertEq(commitment, c.word("commitment"), "commitment");
            _assertSecrets(c);
            if (c.number("dataChunks") != 0) this.assertChunk(c, c.data("chunk"), c.words("path"));
        }
    }

    function test_Stage() public view {
        VectorFile memory file = VectorFiles.open("case-stage");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            Case memory facts = _facts(c);
            vm.assertEq(facts.id(), c.word("id"), "id");
            vm.assertEq(facts.hash(), c.word("factsHash"), "factsHash");
            State memory state = _state(c);
            bytes32[11] memory packed = state.pack();
            vm.assertEq(uint256(packed[6]), c.number("clock"), "clock");
            uint256[] memory words = c.numbers("seatWords");
            for (uint256 word = 0; word < 4; ++word) {
                vm.assertEq(uint256(packed[7 + word]), words[word], "seats");
            }
            bytes32 docket = States.docketOf(packed, facts.hash());
            vm.assertEq(docket, c.word("docket"), "docket");
            vm.assertEq(States.headOf(packed, docket, facts.truth), c.word("head"), "head");
            _assertBallots(c, state, facts.truth);
        }
    }

    function test_Rules() public view {
        VectorFile memory file = VectorFiles.open("case-stage");
        VectorCase memory rules = VectorCase(file.json, ".rules");
        vm.assertEq(Rules.OPEN_SEC, rules.number("openSec"), "openSec");
        vm.assertEq(Rules.DATA_SEC, rules.number("dataSec"), "dataSec");
        vm.assertEq(Rules.DEMANDS_MAX, rules.number("demandsMax"), "demandsMax");
        vm.assertEq(Rules.CHUNK_BYTES_MAX, rules.number("chunkBytesMax"), "chunkBytesMax");
        vm.assertEq(Rules.SECRETS_SEC, rules.number("secretsSec"), "secretsSec");
        vm.assertEq(Rules.COMMIT_SEC, rules.number("commitSec"), "commitSec");
        vm.assertEq(Rules.REVEAL_SEC, rules.number("revealSec"), "revealSec");
        vm.assertEq(Rules.APPEAL_SEC, rules.number("appealSec"), "appealSec");
        vm.assertEq(Rules.CASE_SEC_MAX, rules.number("caseSecMax"), "caseSecMax");
        vm.assertEq(Rules.FAULT_SEC, rules.number("faultSec"), "faultSec");
        vm.assertEq(Rules.SEAT_EXIT_SEC, rules.number("seatExitSec"), "seatExitSec");
        vm.assertEq(Rules.DRAW_DELAY_BLOCKS, rules.number("drawDelayBlocks"), "drawDelayBlocks");
        vm.assertEq(Rules.ROUND_LAST, rules.number("roundLast"), "roundLast");
        vm.assertEq(Rules.FEE_QUANTA, rules.number("feeQuanta"), "feeQuanta");
        vm.assertEq(Rules.MINORITY_QUANTA, rules.number("minorityQuanta"), "minorityQuanta");
        vm.assertEq(Rules.SILENCE_QUANTA, rules.number("silenceQuanta"), "silenceQuanta");
        vm.assertEq(Rules.SEAT_QUANTA_MIN, rules.number("seatQuantaMin"), "seatQuantaMin");
        vm.assertEq(Rules.DATA_QUANTA, rules.number("dataQuanta"), "dataQuanta");
        vm.assertEq(Seats.QUANTA, rules.number("seatQuanta"), "seatQuanta");
        uint256[] memory sizes = rules.numbers("jurySizes");
        uint256[] memory stakes = rules.numbers("stakesQuanta");
        for (uint8 round = 0; round <= Rules.ROUND_LAST; ++round) {
            vm.assertEq(Rules.jurySize(round), sizes[round], "jurySize");
            vm.assertEq(Rules.stakeQuanta(round), stakes[round], "stakeQuanta");
        }
    }

    function assertChunk(VectorCase memory c, bytes calldata chunk, bytes32[] calldata path) external pure {
        (bool ok, bytes32 root) = ReceiptLog.rootFrom(
            ReceiptLog.chunkLeaf(chunk), uint64(c.number("asked")), uint64(c.number("dataChunks")), path
        );
        vm.assertTrue(ok, "path");
        vm.assertEq(root, c.word("dataRoot"), "dataRoot");
    }

    /// @dev Each secret hashes to the link before it, as the court checks them.
    function _assertSecrets(VectorCase memory c) private pure {
        bytes32[] memory secrets = c.words("secrets");
        assertEq(secrets.length, 4, "rounds");
        bytes32 link = c.word("anchor");
        for (uint256 round = 0; round < secrets.length; ++round) {
            vm.assertEq(keccak256(abi.encode(secrets[round])), link, "link");
            link = secrets[round];
        }
        vm.assertEq(keccak256(abi.encode(c.word("seed"))), link, "seed");
    }

    function _assertBallots(VectorCase memory c, State memory state, bytes32 truth) private pure {
        if (state.phase != Phase.Voting) return;
        uint256 size = Rules.jurySize(state.round);
        uint256[] memory positions = c.numbers("positions");
        bytes32[] memory commitments = c.words("commitments");
        uint256[] memory shown = c.numbers("shown");
        bytes32[] memory votes = c.words("votes");
        uint256 ballots;
        for (uint256 i = 0; i < positions.length; ++i) {
            ballots = Ballots.commit(ballots, size, positions[i], commitments[i]);
        }
        for (uint256 i = 0; i < positions.length; ++i) {
            if (shown[i] == 1) ballots = Ballots.reveal(ballots, size, positions[i], votes[i], truth);
        }
        vm.assertEq(ballots, c.number("ballots"), "ballots");
    }

    function _facts(VectorCase memory c) private pure returns (Case memory) {
        return Case({
            kind: CaseKind(c.number("facts.kind")),
            plaintiff: c.account("facts.plaintiff"),
            provider: c.account("facts.provider"),
            channel: ChannelId.wrap(c.word("facts.channel")),
            agreement: c.word("facts.agreement"),
            truth: c.word("facts.truth"),
            amount: uint128(c.number("facts.amount")),
            alreadyPaid: uint128(c.number("facts.alreadyPaid")),
            cumulative: uint128(c.number("facts.cumulative")),
            commitment: c.word("facts.commitment"),
            dataRoot: c.word("facts.dataRoot"),
            dataChunks: uint48(c.number("facts.dataChunks"))
        });
    }

    function _state(VectorCase memory c) private pure returns (State memory state) {
        state.plaintiff = c.account("state.plaintiff");
        state.defendant = c.account("state.defendant");
        state.plaintiffLink = c.word("state.plaintiffLink");
        state.defendantLink = c.word("state.defendantLink");
        state.drawHash = c.word("state.drawHash");
        state.seatCount = uint32(c.number("state.seatCount"));
        state.phase = Phase(c.number("state.phase"));
        state.ruling = Ruling(c.number("state.ruling"));
        state.round = uint8(c.number("state.round"));
        state.demands = uint8(c.number("state.demands"));
        state.flags = uint8(c.number("state.flags"));
        state.pot = uint16(c.number("state.pot"));
        state.until = uint48(c.number("state.until"));
        state.dataUntil = uint48(c.number("state.dataUntil"));
        state.calledAt = uint48(c.number("state.calledAt"));
        state.target = uint48(c.number("state.target"));
        uint256[] memory seats = c.numbers("state.seats");
        for (uint256 i = 0; i < seats.length; ++i) {
            state.addSeat(seats[i]);
        }
    }
}
