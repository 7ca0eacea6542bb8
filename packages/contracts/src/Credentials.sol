// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {ICredentials} from "./interfaces/ICredentials.sol";
import {EscrowDomain} from "./libraries/EscrowDomain.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Credential} from "./messages/Credential.sol";
import {KeyCompromise} from "./messages/KeyCompromise.sol";
import {CredentialStatus} from "./types/CredentialStatus.sol";

/// @title Credentials
contract Credentials is ICredentials, EIP712, EscrowDomain {
    using Signatures for bytes32;

    /// @inheritdoc ICredentials
    mapping(address issuer => mapping(uint256 word => uint256)) public revokedWord;
    /// @inheritdoc ICredentials
    mapping(address issuer => uint64) public compromisedSince;
    /// @inheritdoc ICredentials
    mapping(address issuer => mapping(bytes32 digest => uint64)) public anchoredAt;

    constructor(address escrow_) EIP712("Archipel Credentials", "1") EscrowDomain(escrow_) {}

    // -------------------------------------------------------------------------------------------------------- calls

    /// @inheritdoc ICredentials
    function revoke(uint256 word, uint256 mask) external {
        uint256 before = revokedWord[msg.sender][word];
        uint256 revoked = before | mask;
        if (revoked == before) revert NothingChanges();
        revokedWord[msg.sender][word] = revoked;
        emit Revoked(msg.sender, word, revoked);
    }

    /// @inheritdoc ICredentials
    function markCompromised(uint64 since) external {
        _markCompromised(msg.sender, since);
    }

    /// @inheritdoc ICredentials
    function markCompromisedFor(address issuer, uint64 since, bytes calldata signature) external {
        if (!_isSignedBy(_hashTypedDataV4(KeyCompromise(issuer, since).hash()), signature, issuer)) {
            revert NotSignedByIssuer(issuer);
        }
        _markCompromised(issuer, since);
    }

    /// @inheritdoc ICredentials
    function anchor(bytes32 digest) external {
        if (anchoredAt[msg.sender][digest] != 0) revert NothingChanges();
        anchoredAt[msg.sender][digest] = uint64(block.timestamp);
        emit Anchored(msg.sender, digest);
    }

    // -------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc ICredentials
    function isRevoked(address issuer, uint256 index) public view returns (bool) {
        return (revokedWord[issuer][index >> 8] >> (index & 0xff)) & 1 == 1;
    }

    /// @inheritdoc ICredentials
    function statusOf(Credential calldata credential, bytes calldata signature) public view returns (CredentialStatus) {
        bytes32 digest = digestOf(credential);
        address issuer = credential.issuer;
        if (!_isSignedBy(digest, signature, issuer)) return CredentialStatus.Unsigned;
        if (block.timestamp < credential.issuedAt) return CredentialStatus.NotYetValid;
        if (block.timestamp >= credential.expiresAt) return CredentialStatus.Expired;
        if (isRevoked(issuer, credential.index)) return CredentialStatus.Revoked;
        uint256 since = compromisedSince[issuer];
        if (since != 0) {
            uint256 anchored = anchoredAt[issuer][digest];
            if (anchored == 0 || anchored >= since) return CredentialStatus.KeyCompromised;
        }
        return CredentialStatus.Valid;
    }

    /// @inheritdoc ICredentials
    function isValid(Credential calldata credential, bytes calldata signature) external view returns (bool) {
        return statusOf(credential, signature) == CredentialStatus.Valid;
    }

    /// @inheritdoc ICredentials
    function digestOf(Credential calldata credential) public view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_escrowSeparator(), credential.hash());
    }

    /// @inheritdoc ICredentials
    function escrow() external view returns (address) {
        return ESCROW;
    }

    /// @inheritdoc ICredentials
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    // ------------------------------------------------------------------------------------------------------ private

    function _markCompromised(address issuer, uint64 since) private {
        if (since == 0 || since > block.timestamp) revert SinceOutOfRange(since, block.timestamp);
        uint256 before = compromisedSince[issuer];
        if (before != 0 && before <= since) revert NothingChanges();
        compromisedSince[issuer] = since;
        emit KeyCompromised(issuer, since);
    }

    /// @dev The key first: an account may have both a key and code (EIP-7702), and its key always speaks for it.
    function _isSignedBy(bytes32 digest, bytes calldata signature, address issuer) private view returns (bool) {
        return digest.isSignedBy(signature, issuer)
            || (issuer.code.length != 0
                && SignatureChecker.isValidERC1271SignatureNowCalldata(issuer, digest, signature));
    }
}
