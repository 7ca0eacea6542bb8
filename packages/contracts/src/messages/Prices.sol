// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A provider's prices, in the smallest unit of the offer's token.
/// @param startup once for each job
/// @param cpuSec for each second of 1000 cpuMillis
/// @param memGiBSec for each second of a GiB of memory
/// @param terafuel for each 10^12 of fuel
struct Prices {
    uint128 startup;
    uint128 cpuSec;
    uint128 memGiBSec;
    uint128 terafuel;
}

using PricesHash for Prices global;

library PricesHash {
    string internal constant TYPE = "Prices(uint128 startup,uint128 cpuSec,uint128 memGiBSec,uint128 terafuel)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    function hash(Prices memory prices) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, prices.startup, prices.cpuSec, prices.memGiBSec, prices.terafuel));
    }
}
