// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bid, BidHash} from "../messages/Bid.sol";
import {Receipt, ReceiptHash, UsageHash} from "../messages/Receipt.sol";

/// @notice Struct hashes (EIP-712) of messages straight from calldata, whose words they are made of.
/// @dev Words that are not clean give hashes that nobody has signed. Equal to `hash()` of the same message in memory.
library RawHashes {
    function hashOf(Bid calldata bid) internal pure returns (bytes32 digest) {
        bytes32 typehash = BidHash.TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 0x20), bid, 0x100)
            digest := keccak256(free, 0x120)
        }
    }

    function hashOf(Receipt calldata receipt) internal pure returns (bytes32 digest) {
        bytes32 typehash = ReceiptHash.TYPEHASH;
        bytes32 usageTypehash = UsageHash.TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            // agreement, sequence, kind, result; then the four words of usage become one; then amount, issuedAt.
            mstore(free, usageTypehash)
            calldatacopy(add(free, 0x20), add(receipt, 0x80), 0x80)
            let usage := keccak256(free, 0xa0)
            mstore(free, typehash)
            calldatacopy(add(free, 0x20), receipt, 0x80)
            mstore(add(free, 0xa0), usage)
            calldatacopy(add(free, 0xc0), add(receipt, 0x100), 0x40)
            digest := keccak256(free, 0x100)
        }
    }
}
