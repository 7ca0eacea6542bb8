// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice "My key is no longer mine alone": towards {Credentials}, in its own domain "Archipel Credentials". Signed
/// ahead and put away safely, it is there when the key is not, or when the account has no coin left to pay for gas.
/// @param since UNIX second from which nothing that the key signed counts
struct KeyCompromise {
    address issuer;
    uint64 since;
}

using KeyCompromiseHash for KeyCompromise global;

library KeyCompromiseHash {
    string internal constant TYPE = "KeyCompromise(address issuer,uint64 since)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    function hash(KeyCompromise memory compromise) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, compromise.issuer, compromise.since));
    }
}
