// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice EIP-712 hashes of what has no fixed size: contents in place of the thing, hashes in place of list elements.
library TextHash {
    function hash(string memory text) internal pure returns (bytes32) {
        return keccak256(bytes(text));
    }

    function hash(string[] memory texts) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](texts.length);
        for (uint256 i = 0; i < texts.length; ++i) {
            hashes[i] = hash(texts[i]);
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
