// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A node key's word that `owner` answers for it. Signed by `key`, in the domain of the Bonds contract.
struct KeyPossession {
    address key;
    address owner;
}

using KeyPossessionHash for KeyPossession global;

library KeyPossessionHash {
    bytes32 internal constant TYPEHASH = keccak256("KeyPossession(address key,address owner)");

    function hash(KeyPossession memory possession) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, possession.key, possession.owner));
    }
}
