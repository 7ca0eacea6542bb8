// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Credential} from "../../src/messages/Credential.sol";
import {CredentialStatus} from "../../src/types/CredentialStatus.sol";
import {ContractIssuer} from "../utils/ContractIssuer.sol";
import {CredentialsFixture} from "../utils/CredentialsFixture.sol";
import {vm} from "../utils/Vm.sol";

contract CredentialStatusTest is CredentialsFixture {
    Credential private credential;

    function setUp() public override {
        super.setUp();
        credential = credentialOf(300);
    }

    function test_Digest_IsInTheDomainOfTheEscrow() public view {
        vm.assertEq(credentials.digestOf(credential), digestOf(credential), "digest");
        vm.assertEq(credentials.escrow(), address(escrow), "escrow");
    }

    // ------------------------------------------------------------------------------------------------ signature

    function test_Unsigned_WhenSomebodyElseSigned() public view {
        assertStatus(credential, signed(MALLORY_SECRET, credential), CredentialStatus.Unsigned);
    }

    function test_Unsigned_WhenAnyFieldDiffers() public view {
        bytes memory signature = signed(IVY_SECRET, credential);
        Credential[7] memory others;
        for (uint256 i = 0; i < others.length; ++i) {
            others[i] = credential;
        }
        others[0].issuer = mallory;
        others[1].subject = mallory;
        others[2].schema = 0;
        others[3].claims = 0;
        others[4].issuedAt -= 1;
        others[5].expiresAt += 1;
        others[6].index += 1;
        for (uint256 i = 0; i < others.length; ++i) {
            Credential memory other = others[i];
            assertStatus(
                Credential(
                    other.issuer,
                    other.subject,
                    other.schema,
                    other.claims,
                    other.issuedAt,
                    other.expiresAt,
                    other.index
                ),
                signature,
                i == 0 || _differs(other) ? CredentialStatus.Unsigned : CredentialStatus.Valid
            );
        }
    }

    function test_Unsigned_WhenSignedForAnotherChainOrContract() public {
        bytes memory signature = signed(IVY_SECRET, credential);
        assertStatus(credential, signature, CredentialStatus.Valid);
        vm.chainId(block.chainid + 1);
        assertStatus(credential, signature, CredentialStatus.Unsigned);
    }

    /// @dev The other of the two equal signatures, with high s; the zero signature; no signature; a byte too many.
    function test_Unsigned_WhenTheSignatureIsMalformed() public view {
        bytes32 digest = digestOf(credential);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(IVY_SECRET, digest);
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        assertStatus(credential, abi.encodePacked(r, s, v), CredentialStatus.Valid);
        bytes memory mirrored = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        assertStatus(credential, mirrored, CredentialStatus.Unsigned);
        assertStatus(credential, new bytes(64), CredentialStatus.Unsigned);
        assertStatus(credential, new bytes(65), CredentialStatus.Unsigned);
        assertStatus(credential, "", CredentialStatus.Unsigned);
        assertStatus(
            credential, bytes.concat(signed(IVY_SECRET, credential), hex"00", hex"00"), CredentialStatus.Unsigned
        );
    }

    /// @dev Recovery answers zero to nonsense; zero is no issuer.
    function test_Unsigned_WhenTheIssuerIsZero() public {
        credential.issuer = address(0);
        assertStatus(credential, new bytes(64), CredentialStatus.Unsigned);
    }

    function test_ContractIssuer_IsAsked() public {
        ContractIssuer issuer = new ContractIssuer();
        credential.issuer = address(issuer);
        assertStatus(credential, "anything", CredentialStatus.Unsigned);
        issuer.approve(digestOf(credential), true);
        assertStatus(credential, "anything", CredentialStatus.Valid);
        assertStatus(credential, "", CredentialStatus.Valid);
        issuer.approve(digestOf(credential), false);
        assertStatus(credential, "anything", CredentialStatus.Unsigned);
    }

    function test_ContractIssuer_WhenItRevertsOrIsNoWallet_CountsAsNo() public {
        ContractIssuer issuer = new ContractIssuer();
        credential.issuer = address(issuer);
        issuer.approve(digestOf(credential), true);
        issuer.breakDown();
        assertStatus(credential, "anything", CredentialStatus.Unsigned);
        credential.issuer = address(token);
        assertStatus(credential, "anything", CredentialStatus.Unsigned);
    }

    /// @dev An account with a key and code (EIP-7702): its key speaks for it whatever its code says.
    function test_ContractIssuer_WhenItHasAKeyToo_ItsKeyCounts() public {
        ContractIssuer code = new ContractIssuer();
        vm.etch(ivy, address(code).code);
        assertStatus(credential, CredentialStatus.Valid);
        assertStatus(credential, "anything", CredentialStatus.Unsigned);
        ContractIssuer(ivy).approve(digestOf(credential), true);
        assertStatus(credential, "anything", CredentialStatus.Valid);
    }

    // ----------------------------------------------------------------------------------------------------- time

    function test_NotYetValid_UntilTheSecondItWasIssuedAt() public {
        vm.warp(credential.issuedAt - 1);
        assertStatus(credential, CredentialStatus.NotYetValid);
        vm.warp(credential.issuedAt);
        assertStatus(credential, CredentialStatus.Valid);
    }

    function test_Expired_FromTheSecondItExpiresAt() public {
        vm.warp(credential.expiresAt - 1);
        assertStatus(credential, CredentialStatus.Valid);
        vm.warp(credential.expiresAt);
        assertStatus(credential, CredentialStatus.Expired);
    }

    // ----------------------------------------------------------------------------------------------- revocation

    function test_Revoked_WhenItsBitIsSet_AndNoOther() public {
        vm.prank(ivy);
        credentials.revoke(1, 1 << 44);
        assertStatus(credential, CredentialStatus.Revoked);
        assertStatus(credentialOf(299), CredentialStatus.Valid);
        assertStatus(credentialOf(301), CredentialStatus.Valid);
        assertStatus(credentialOf(44), CredentialStatus.Valid);
    }

    function test_Valid_WhenSomebodyElseRevokedTheSameNumber() public {
        vm.prank(mallory);
        credentials.revoke(1, type(uint256).max);
        assertStatus(credential, CredentialStatus.Valid);
    }

    // ----------------------------------------------------------------------------------------------- stolen key

    function test_KeyCompromised_HoweverItIsDated() public {
        vm.warp(block.timestamp + 10 days);
        vm.prank(ivy);
        credentials.markCompromised(uint64(block.timestamp - 1 days));
        assertStatus(credential, CredentialStatus.KeyCompromised);
        credential.issuedAt = 1;
        assertStatus(credential, CredentialStatus.KeyCompromised);
    }

    function test_Valid_WhenAnchoredBeforeTheKeyWasStolen() public {
        bytes32 digest = digestOf(credential);
        vm.prank(ivy);
        credentials.anchor(digest);
        vm.warp(block.timestamp + 1);
        vm.prank(ivy);
        credentials.markCompromised(uint64(block.timestamp));
        assertStatus(credential, CredentialStatus.Valid);
    }

    function test_KeyCompromised_WhenAnchoredAtThatSecondOrLater() public {
        bytes32 digest = digestOf(credential);
        vm.prank(ivy);
        credentials.anchor(digest);
        vm.prank(ivy);
        credentials.markCompromised(uint64(block.timestamp));
        assertStatus(credential, CredentialStatus.KeyCompromised);
    }

    /// @dev Somebody may have anchored what ivy never signed, and signs it once the key is his.
    function test_KeyCompromised_WhenOnlySomebodyElseAnchoredIt() public {
        bytes32 digest = digestOf(credential);
        vm.prank(mallory);
        credentials.anchor(digest);
        vm.warp(block.timestamp + 1);
        vm.prank(ivy);
        credentials.markCompromised(uint64(block.timestamp));
        assertStatus(credential, CredentialStatus.KeyCompromised);
    }

    function test_Revoked_WhenAnchoredBeforeTheTheftToo() public {
        bytes32 digest = digestOf(credential);
        vm.startPrank(ivy);
        credentials.anchor(digest);
        vm.warp(block.timestamp + 1);
        credentials.markCompromised(uint64(block.timestamp));
        credentials.revoke(1, 1 << 44);
        vm.stopPrank();
        assertStatus(credential, CredentialStatus.Revoked);
    }

    // ----------------------------------------------------------------------------------------------------- fuzz

    /// @dev The contract against a plain reading of the rules.
    function testFuzz_Status_FollowsTheRules(uint64[4] memory times, uint256 index, uint256 mask, bool[4] memory flags)
        public
    {
        Credential memory any = credentialOf(index);
        uint256 start = 1_800_000_000;
        any.issuedAt = uint64(bound(times[0], start - 100, start + 400));
        any.expiresAt = uint64(bound(times[1], start - 100, start + 500));
        uint256 anchored = flags[0] ? bound(times[2], start, start + 200) : 0;
        uint256 since = flags[1] ? bound(times[3], start, start + 200) : 0;
        bytes32 digest = digestOf(any);
        vm.startPrank(ivy);
        if (anchored != 0) {
            vm.warp(anchored);
            credentials.anchor(digest);
        }
        vm.warp(start + 250);
        if (flags[2] && mask != 0) credentials.revoke(index >> 8, mask);
        if (since != 0) credentials.markCompromised(uint64(since));
        vm.stopPrank();

        CredentialStatus expected = CredentialStatus.Valid;
        if (since != 0 && (anchored == 0 || anchored >= since)) expected = CredentialStatus.KeyCompromised;
        if (flags[2] && (mask >> (index % 256)) % 2 == 1) expected = CredentialStatus.Revoked;
        if (any.expiresAt <= start + 250) expected = CredentialStatus.Expired;
        if (any.issuedAt > start + 250) expected = CredentialStatus.NotYetValid;
        uint256 secret = flags[3] ? IVY_SECRET : MALLORY_SECRET;
        if (!flags[3]) expected = CredentialStatus.Unsigned;
        assertStatus(any, signed(secret, any), expected);
    }

    function _differs(Credential memory other) private view returns (bool) {
        return other.hash()
            != Credential(
                credential.issuer,
                credential.subject,
                credential.schema,
                credential.claims,
                credential.issuedAt,
                credential.expiresAt,
                credential.index
            ).hash();
    }
}
