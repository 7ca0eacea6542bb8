// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bid} from "../messages/Bid.sol";
import {Receipt} from "../messages/Receipt.sol";
import {ChannelKey} from "./ChannelKey.sol";

/// @notice What opens a case: who agreed to what, and what the provider says it did.
/// @param key the channel; its arbiter is this court
/// @param bid the bid that was agreed to; the agreement is its demand, its hash and the channel's id
/// @param receipt the receipt in question, of that agreement
/// @param agreementSignature over the agreement, by the channel's voucher signer
/// @param receiptSignature over the receipt, by the bid's provider
/// @param anchor end of the plaintiff's hash chain: `keccak256(secret of round 0)`, and each secret of a round is the
/// hash of the next round's
struct Filing {
    ChannelKey key;
    Bid bid;
    Receipt receipt;
    bytes agreementSignature;
    bytes receiptSignature;
    bytes32 anchor;
}

/// @notice What a claimant states about payments and data. It answers for it with its stake.
/// @param alreadyPaid what it was paid for this agreement, in token units
/// @param cumulative amount of the newest voucher it has; zero if it has none
/// @param commitment that voucher's commitment
/// @param voucherSignature that voucher's signature; empty if there is none
/// @param dataRoot see {Case}
/// @param dataChunks see {Case}
struct Statement {
    uint128 alreadyPaid;
    uint128 cumulative;
    bytes32 commitment;
    bytes voucherSignature;
    bytes32 dataRoot;
    uint48 dataChunks;
}

/// @notice Shows that leaf `index` is in a tree of `size` leaves: RFC 6962 §2.1.1 audit path, from the leaf up.
struct InclusionProof {
    uint64 index;
    uint64 size;
    bytes32[] path;
}

/// @notice A vote that was committed, as its event says.
struct CommittedVote {
    uint256 position;
    bytes32 commitment;
}
