// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a job has used so far.
struct Usage {
    uint64 runMs;
    uint64 memoryBytes;
    uint64 outputBytes;
    uint64 fuel;
}

/// @notice A provider's signed statement of work done.
/// @param agreement id of the agreement
/// @param kind 0 = one more tick, 1 = final
/// @param result struct hash of the {Result}, zero while there is none
/// @param amount what is due for this agreement in all, up to here
struct Receipt {
    bytes32 agreement;
    uint32 sequence;
    uint8 kind;
    bytes32 result;
    Usage usage;
    uint128 amount;
    uint64 issuedAt;
}

using UsageHash for Usage global;
using ReceiptHash for Receipt global;

library UsageHash {
    bytes32 internal constant TYPEHASH =
        keccak256("Usage(uint64 runMs,uint64 memoryBytes,uint64 outputBytes,uint64 fuel)");

    function hash(Usage memory usage) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, usage.runMs, usage.memoryBytes, usage.outputBytes, usage.fuel));
    }
}

library ReceiptHash {
    /// @dev One literal, which the compiler hashes; concatenated constants would be hashed anew at each use.
    bytes32 internal constant TYPEHASH = keccak256(
        "Receipt(bytes32 agreement,uint32 sequence,uint8 kind,bytes32 result,"
        "Usage usage,uint128 amount,uint64 issuedAt)"
        "Usage(uint64 runMs,uint64 memoryBytes,uint64 outputBytes,uint64 fuel)"
    );

    function hash(Receipt memory receipt) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TYPEHASH,
                receipt.agreement,
                receipt.sequence,
                receipt.kind,
                receipt.result,
                receipt.usage.hash(),
                receipt.amount,
                receipt.issuedAt
            )
        );
    }
}
