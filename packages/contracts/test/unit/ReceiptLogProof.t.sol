// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReceiptLog} from "../../src/libraries/ReceiptLog.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";

/// @notice Proofs that a receipt is in a log, against the builder of the log: paths are made here by the recursion that
/// RFC 6962 §2.1.1 defines them by, not by what checks them.
contract ReceiptLogProofTest is Test {
    function testFuzz_EveryLeafIsProved(uint256 seed, uint256 size) public view {
        size = bound(size, 1, 70);
        bytes32[] memory leaves = _leaves(seed, size);
        bytes32 commitment = ReceiptLog.commitment(leaves);
        for (uint256 index = 0; index < size; ++index) {
            vm.assertTrue(this.verify(commitment, leaves[index], index, size, _path(leaves, index)), "not proved");
        }
    }

    function testFuzz_NothingElseIsProved(uint256 seed, uint256 size, uint256 index, uint256 other) public view {
        size = bound(size, 2, 70);
        index = bound(index, 0, size - 1);
        bytes32[] memory leaves = _leaves(seed, size);
        bytes32 commitment = ReceiptLog.commitment(leaves);
        bytes32[] memory path = _path(leaves, index);
        other = bound(other, 0, size + 5);
        if (other != index) {
            vm.assertTrue(!this.verify(commitment, leaves[index], other, size, path), "another place");
        }
        vm.assertTrue(!this.verify(commitment, keccak256("made up"), index, size, path), "another leaf");
        vm.assertTrue(!this.verify(commitment, leaves[index], index, size + 1, path), "another size");
        vm.assertTrue(!this.verify(commitment, leaves[index], index, size, _shorter(path)), "short");
        vm.assertTrue(!this.verify(commitment, leaves[index], index, size, _longer(path)), "long");
        path[seed % path.length] ^= bytes32(uint256(1));
        vm.assertTrue(!this.verify(commitment, leaves[index], index, size, path), "another path");
    }

    /// @dev An inner node is no leaf, nor a leaf a root.
    function test_NodesAreNoLeaves() public view {
        bytes32[] memory leaves = _leaves(1, 4);
        bytes32 commitment = ReceiptLog.commitment(leaves);
        bytes32[] memory path = new bytes32[](1);
        path[0] = keccak256(abi.encodePacked(bytes1(0x01), leaves[2], leaves[3]));
        bytes32 node = keccak256(abi.encodePacked(bytes1(0x01), leaves[0], leaves[1]));
        vm.assertTrue(!this.verify(commitment, node, 0, 4, path), "size 4");
        vm.assertTrue(!this.verify(commitment, node, 0, 2, path), "size 2");
    }

    function test_ALogOfOne_NeedsNoPath_AndAnEmptyOneHasNone() public view {
        bytes32[] memory leaves = _leaves(1, 1);
        bytes32 commitment = ReceiptLog.commitment(leaves);
        vm.assertTrue(this.verify(commitment, leaves[0], 0, 1, new bytes32[](0)), "one");
        vm.assertTrue(!this.verify(commitment, leaves[0], 0, 0, new bytes32[](0)), "none");
        vm.assertTrue(!this.verify(commitment, leaves[0], 0, 1, new bytes32[](1)), "one too many");
    }

    function verify(bytes32 commitment, bytes32 leaf, uint256 index, uint256 size, bytes32[] calldata path)
        external
        pure
        returns (bool)
    {
        return ReceiptLog.verify(commitment, leaf, uint64(index), uint64(size), path);
    }

    function _leaves(uint256 seed, uint256 size) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
    }

    function _path(bytes32[] memory leaves, uint256 index) private pure returns (bytes32[] memory path) {
        if (leaves.length == 1) return new bytes32[](0);
        uint256 split = 1;
        while (split * 2 < leaves.length) {
            split *= 2;
        }
        (bytes32[] memory left, bytes32[] memory right) =
            (_slice(leaves, 0, split), _slice(leaves, split, leaves.length));
        path = _longer(index < split ? _path(left, index) : _path(right, index - split));
        path[path.length - 1] = ReceiptLog.root(index < split ? right : left);
    }

    function _slice(bytes32[] memory words, uint256 from, uint256 to) private pure returns (bytes32[] memory part) {
        part = new bytes32[](to - from);
        for (uint256 i = 0; i < part.length; ++i) {
            part[i] = words[from + i];
        }
    }

    function _shorter(bytes32[] memory path) private pure returns (bytes32[] memory) {
        return _slice(path, 0, path.length - 1);
    }

    function _longer(bytes32[] memory path) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; ++i) {
            longer[i] = path[i];
        }
    }
}
