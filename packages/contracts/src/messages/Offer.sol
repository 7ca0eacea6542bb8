// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Domains} from "./Domains.sol";
import {Prices} from "./Prices.sol";
import {Resources} from "./Resources.sol";
import {TextHash} from "./TextHash.sol";

/// @notice A provider's signed, expiring advertisement. Signed by `provider`, paid to `owner`.
struct Offer {
    address provider;
    address owner;
    uint64 sequence;
    uint64 expiresAt;
    address token;
    Resources resources;
    string[] runtimes;
    string isolation;
    Prices prices;
    uint32 tickSec;
    Domains domains;
    string[] multiaddrs;
    string version;
}

using OfferHash for Offer global;

library OfferHash {
    using TextHash for string;
    using TextHash for string[];

    /// @dev One literal, which the compiler hashes; concatenated constants would be hashed anew at each use.
    bytes32 internal constant TYPEHASH = keccak256(
        "Offer(address provider,address owner,uint64 sequence,uint64 expiresAt,"
        "address token,Resources resources,string[] runtimes,string isolation,Prices prices,uint32 tickSec,Domains domains,"
        "string[] multiaddrs,string version)" "Domains(string site,string network,string region,string grid)"
        "Prices(uint128 startup,uint128 cpuSec,uint128 memGiBSec,uint128 terafuel)"
        "Resources(uint32 cpuMillis,uint64 memoryBytes,uint64 diskBytes)"
    );

    /// @dev In two halves, because fourteen words at once are more than the stack holds.
    function hash(Offer memory offer) internal pure returns (bytes32) {
        bytes memory first = abi.encode(
            TYPEHASH, offer.provider, offer.owner, offer.sequence, offer.expiresAt, offer.token, offer.resources.hash()
        );
        bytes memory second = abi.encode(
            offer.runtimes.hash(),
            offer.isolation.hash(),
            offer.prices.hash(),
            offer.tickSec,
            offer.domains.hash(),
            offer.multiaddrs.hash(),
            offer.version.hash()
        );
        return keccak256(bytes.concat(first, second));
    }
}
