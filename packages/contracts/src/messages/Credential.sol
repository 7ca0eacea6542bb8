// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What an issuer says of somebody, signed off chain (EIP-712, the Escrow's domain).
/// @param issuer who says it: a plain key, or a contract account (ERC-1271)
/// @param subject of whom: a provider's address
/// @param schema keccak256 of the text that names what the claims mean
/// @param claims keccak256 of the claims' canonical bytes; they themselves stay off chain
/// @param issuedAt UNIX second from which it holds
/// @param expiresAt UNIX second from which it no longer holds
/// @param index the issuer's number for it: its bit in the issuer's revocation bitmap
struct Credential {
    address issuer;
    address subject;
    bytes32 schema;
    bytes32 claims;
    uint64 issuedAt;
    uint64 expiresAt;
    uint256 index;
}

using CredentialHash for Credential global;

library CredentialHash {
    string internal constant TYPE = "Credential(address issuer,address subject,bytes32 schema,bytes32 claims,"
        "uint64 issuedAt,uint64 expiresAt,uint256 index)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    function hash(Credential memory credential) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TYPEHASH,
                credential.issuer,
                credential.subject,
                credential.schema,
                credential.claims,
                credential.issuedAt,
                credential.expiresAt,
                credential.index
            )
        );
    }
}
