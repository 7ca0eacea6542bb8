// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What somebody has seen of a service so far. Cumulative, like a voucher: a later one replaces all earlier ones.
///
/// A witness counts an interval as up when it holds the lease certificate for it (a quorum's votes for the terms'
/// provider), as down when it holds a quorum's votes that the provider should have served and did not, and as neither
/// when it holds none of the two, or both.
/// @param terms EIP-712 digest of the {ServiceTerms}
/// @param epoch newest lease epoch of the slot that is counted in; for whoever retraces it, nothing is decided by it
/// @param up intervals of service
/// @param down intervals without
/// @param through how many intervals were looked at: `up + down` and those of which nothing is known
struct UptimeTally {
    bytes32 terms;
    uint64 epoch;
    uint32 up;
    uint32 down;
    uint32 through;
}

using UptimeTallyHash for UptimeTally global;

library UptimeTallyHash {
    string internal constant TYPE = "UptimeTally(bytes32 terms,uint64 epoch,uint32 up,uint32 down,uint32 through)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    function hash(UptimeTally memory tally) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, tally.terms, tally.epoch, tally.up, tally.down, tally.through));
    }
}
