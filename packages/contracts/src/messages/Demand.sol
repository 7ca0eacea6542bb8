// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Resources, ResourcesHash} from "./Resources.sol";
import {Workload, WorkloadHash} from "./Workload.sol";

/// @notice A buyer's signed request.
/// @param fuel most instructions, weighed; zero where the workload's runtime counts none
struct Demand {
    address buyer;
    bytes32 job;
    Workload workload;
    Resources resources;
    uint32 durationSec;
    uint64 fuel;
    address token;
    uint128 priceMax;
    uint64 deadline;
}

using DemandHash for Demand global;

library DemandHash {
    string internal constant TYPE = "Demand(address buyer,bytes32 job,Workload workload,Resources resources,"
        "uint32 durationSec,uint64 fuel,address token,uint128 priceMax,uint64 deadline)";
    bytes32 internal constant TYPEHASH = keccak256(abi.encodePacked(TYPE, ResourcesHash.TYPE, WorkloadHash.TYPE));

    function hash(Demand memory demand) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TYPEHASH,
                demand.buyer,
                demand.job,
                demand.workload.hash(),
                demand.resources.hash(),
                demand.durationSec,
                demand.fuel,
                demand.token,
                demand.priceMax,
                demand.deadline
            )
        );
    }
}
