// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReceiptLog} from "../../src/libraries/ReceiptLog.sol";
import {CaseKind, Cases} from "../../src/types/Case.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
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
}
