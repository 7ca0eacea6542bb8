// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a job came to. `stdout` and `output` are CIDs; stderr is left out, being free to differ between
/// machines.
struct Result {
    uint32 exitCode;
    bytes stdout;
    bytes output;
}

using ResultHash for Result global;

library ResultHash {
    string internal constant TYPE = "Result(uint32 exitCode,bytes stdout,bytes output)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    function hash(Result memory result) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, result.exitCode, keccak256(result.stdout), keccak256(result.output)));
    }
}
