// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Credential} from "../messages/Credential.sol";
import {CredentialStatus} from "../types/CredentialStatus.sol";

/// @title Credentials: whether what an issuer once signed still holds
/// @notice Credentials themselves are messages that pass from hand to hand ({Credential}, EIP-712, in the Escrow's
/// domain). Here is only what a signature cannot say: that it was taken back, that its key was stolen, and that it was
/// there before some time. Anybody may be an issuer; whose word counts is for the reader to decide.
///
/// There is no owner, no upgrade, no fee and no pause. No money is held.
///
/// **Revocation** is a bitmap for each issuer: credential number `index` is bit `index % 256` of word `index / 256`, and
/// a bit that was set stays set. Whole words cost what one bit costs.
///
/// **A stolen key** signs whatever date its thief likes. So once an issuer has said since when its key is not its own,
/// only those of its credentials hold that it had *anchored* here before: their digest stood in a block then. All others
/// have to be issued again, by another key.
interface ICredentials {
    // ------------------------------------------------------------------------------------------------------- events

    /// @notice Word number `word` of the issuer's bitmap is now `revoked`.
    event Revoked(address indexed issuer, uint256 word, uint256 revoked);

    /// @notice Nothing that the issuer's key signed since `since` (UNIX second) counts any more.
    event KeyCompromised(address indexed issuer, uint256 since);

    /// @notice The issuer stood by `digest` at the time of this block.
    event Anchored(address indexed issuer, bytes32 indexed digest);

    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice Everything asked for is so already.
    error NothingChanges();

    /// @notice A key is compromised since some time up to now, not since zero and not since later.
    error SinceOutOfRange(uint256 since, uint256 nowSec);

    error NotSignedByIssuer(address issuer);

    // -------------------------------------------------------------------------------------------------------- calls

    /// @notice Revokes up to 256 of the caller's credentials, for ever.
    /// @param word which 256 of them: those numbered `256 * word` and up
    /// @param mask a one for each to be revoked, the lowest bit for the lowest number
    function revoke(uint256 word, uint256 mask) external;

    /// @notice Declares that the caller's key is in other hands since `since`. Can be moved back in time, never forth.
    function markCompromised(uint64 since) external;

    /// @notice The same by anybody who has the issuer's signature over `KeyCompromise(address issuer,uint64 since)` in
    /// the domain "Archipel Credentials" of this contract: also a thief's victim whose account is swept of gas.
    /// @param signature 64 or 65 bytes of the issuer's key, or whatever its contract takes (ERC-1271)
    function markCompromisedFor(address issuer, uint64 since, bytes calldata signature) external;

    /// @notice Puts the present time to a digest that the caller stands by: a credential's EIP-712 digest, or anything.
    function anchor(bytes32 digest) external;

    // -------------------------------------------------------------------------------------------------------- views

    /// @notice 256 revocation bits of an issuer: those of the credentials numbered `256 * word` and up.
    function revokedWord(address issuer, uint256 word) external view returns (uint256);

    function isRevoked(address issuer, uint256 index) external view returns (bool);

    /// @notice UNIX second since when the issuer's key is not to be believed; zero if it is.
    function compromisedSince(address issuer) external view returns (uint64);

    /// @notice UNIX second at which the issuer first stood by `digest`; zero if it never did.
    function anchoredAt(address issuer, bytes32 digest) external view returns (uint64);

    /// @notice Everything there is to know about a credential now.
    /// @param signature 64 or 65 bytes of the issuer's key; for an issuer with code also whatever that takes (ERC-1271).
    /// Mind that such a contract may take back its word without revoking anything.
    function statusOf(Credential calldata credential, bytes calldata signature) external view returns (CredentialStatus);

    /// @notice Whether {statusOf} is `Valid`.
    function isValid(Credential calldata credential, bytes calldata signature) external view returns (bool);

    /// @notice What the issuer of a credential signs.
    function digestOf(Credential calldata credential) external view returns (bytes32);

    /// @notice The escrow whose EIP-712 domain credentials are signed in.
    function escrow() external view returns (address);

    /// @notice EIP-712 domain separator of this contract, for `KeyCompromise`.
    function domainSeparator() external view returns (bytes32);
}
