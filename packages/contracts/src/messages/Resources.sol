// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a job may use, or a provider has to give.
/// @param cpuMillis thousandths of a core
struct Resources {
    uint32 cpuMillis;
    uint64 memoryBytes;
    uint64 diskBytes;
}

using ResourcesHash for Resources global;

library ResourcesHash {
    string internal constant TYPE = "Resources(uint32 cpuMillis,uint64 memoryBytes,uint64 diskBytes)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    function hash(Resources memory resources) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, resources.cpuMillis, resources.memoryBytes, resources.diskBytes));
    }
}
