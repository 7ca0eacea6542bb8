// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TextHash} from "./TextHash.sol";

/// @notice The failure domains that a provider says it is in.
struct Domains {
    string site;
    string network;
    string region;
    string grid;
}

using DomainsHash for Domains global;

library DomainsHash {
    using TextHash for string;

    string internal constant TYPE = "Domains(string site,string network,string region,string grid)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    function hash(Domains memory domains) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TYPEHASH, domains.site.hash(), domains.network.hash(), domains.region.hash(), domains.grid.hash()
            )
        );
    }
}
