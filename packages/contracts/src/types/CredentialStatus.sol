// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What is to be thought of a credential now. Only the last one is good news.
enum CredentialStatus {
    /// Not signed by the issuer it names.
    Unsigned,
    /// It holds from later on.
    NotYetValid,
    /// It held until earlier.
    Expired,
    /// The issuer took it back.
    Revoked,
    /// The issuer's key was in other hands, and nothing shows that this one is from before.
    KeyCompromised,
    Valid
}
