// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {ICredentials} from "../../src/interfaces/ICredentials.sol";
import {Credential} from "../../src/messages/Credential.sol";
import {KeyCompromise} from "../../src/messages/KeyCompromise.sol";
import {CredentialStatus} from "../../src/types/CredentialStatus.sol";
import {EscrowFixture} from "./EscrowFixture.sol";
import {vm} from "./Vm.sol";

/// @notice Ivy issues credentials about bob.
abstract contract CredentialsFixture is EscrowFixture {
    uint256 internal constant IVY_SECRET = 0x1717;

    ICredentials internal credentials;
    address internal ivy = vm.addr(IVY_SECRET);

    function setUp() public virtual override {
        super.setUp();
        credentials = ICredentials(vm.deployCode("Credentials.sol:Credentials", abi.encode(address(escrow))));
    }

    /// @notice Ivy's credential number `index` about bob, which holds from now on for a year.
    function credentialOf(uint256 index) internal view returns (Credential memory) {
        return Credential({
            issuer: ivy,
            subject: bob,
            schema: keccak256("schema"),
            claims: keccak256("claims"),
            issuedAt: uint64(block.timestamp),
            expiresAt: uint64(block.timestamp + 365 days),
            index: index
        });
    }

    function digestOf(Credential memory credential) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(escrow.domainSeparator(), credential.hash());
    }

    function signed(uint256 secret, Credential memory credential) internal view returns (bytes memory) {
        return signCompact(secret, digestOf(credential));
    }

    function compromiseDigest(address verifier, address issuer, uint64 since) internal view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Archipel Credentials"),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
        if (verifier == address(credentials)) vm.assertEq(credentials.domainSeparator(), separator, "domain");
        return MessageHashUtils.toTypedDataHash(separator, KeyCompromise(issuer, since).hash());
    }

    function assertStatus(Credential memory credential, CredentialStatus expected) internal view {
        assertStatus(credential, signed(IVY_SECRET, credential), expected);
    }

    function assertStatus(Credential memory credential, bytes memory signature, CredentialStatus expected)
        internal
        view
    {
        assertEq(uint256(credentials.statusOf(credential, signature)), uint256(expected), "status");
        vm.assertTrue(credentials.isValid(credential, signature) == (expected == CredentialStatus.Valid), "isValid");
    }
}
