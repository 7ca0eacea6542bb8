// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A provider's priced answer to one demand, binding until it expires. Signed by `provider`, paid to `payee`.
/// @param demand EIP-712 digest of the demand
/// @param rate for each 10^12 of fuel where the demand bounds fuel, else for each second
struct Bid {
    bytes32 demand;
    address provider;
    address payee;
    uint128 startup;
    uint128 rate;
    uint128 priceMax;
    uint32 tickSec;
    uint64 expiresAt;
}

using BidHash for Bid global;

library BidHash {
    bytes32 internal constant TYPEHASH = keccak256(
        "Bid(bytes32 demand,address provider,address payee,uint128 startup,"
        "uint128 rate,uint128 priceMax,uint32 tickSec,uint64 expiresAt)"
    );

    function hash(Bid memory bid) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TYPEHASH,
                bid.demand,
                bid.provider,
                bid.payee,
                bid.startup,
                bid.rate,
                bid.priceMax,
                bid.tickSec,
                bid.expiresAt
            )
        );
    }
}
