// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Hashes of past blocks.
library BlockHashes {
    /// @dev System contract of EIP-2935, which serves 8,191 blocks where a chain has it.
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @notice Hash of block `number`, by the opcode (256 blocks) or else from the history contract; zero if neither
    /// has it.
    function get(uint256 number) internal view returns (bytes32 hash) {
        hash = blockhash(number);
        if (hash != 0) return hash;
        (bool ok, bytes memory answer) = HISTORY.staticcall(abi.encode(number));
        if (ok && answer.length == 32) hash = abi.decode(answer, (bytes32));
    }
}
