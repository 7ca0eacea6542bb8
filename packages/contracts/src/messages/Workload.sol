// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TextHash} from "./TextHash.sol";

/// @notice What to run. `program` and `input` are CIDs; an empty `input` means none.
struct Workload {
    string runtime;
    bytes program;
    string[] args;
    string[] env;
    bytes input;
}

using WorkloadHash for Workload global;

library WorkloadHash {
    using TextHash for string;
    using TextHash for string[];

    string internal constant TYPE = "Workload(string runtime,bytes program,string[] args,string[] env,bytes input)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    function hash(Workload memory workload) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TYPEHASH,
                workload.runtime.hash(),
                keccak256(workload.program),
                workload.args.hash(),
                workload.env.hash(),
                keccak256(workload.input)
            )
        );
    }
}
