// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICredentials} from "../../src/interfaces/ICredentials.sol";
import {KeyCompromiseHash} from "../../src/messages/KeyCompromise.sol";
import {ContractIssuer} from "../utils/ContractIssuer.sol";
import {CredentialsFixture} from "../utils/CredentialsFixture.sol";
import {vm} from "../utils/Vm.sol";

contract CredentialMarksTest is CredentialsFixture {
    // --------------------------------------------------------------------------------------------------- revoke

    function test_Revoke_RevertWhen_NothingChanges() public {
        vm.startPrank(ivy);
        vm.expectRevert(ICredentials.NothingChanges.selector);
        credentials.revoke(0, 0);
        credentials.revoke(0, 6);
        vm.expectRevert(ICredentials.NothingChanges.selector);
        credentials.revoke(0, 2);
    }

    function test_Revoke_SetsBits_AndNeverClearsAny() public {
        vm.startPrank(ivy);
        vm.expectEmit(address(credentials));
        emit ICredentials.Revoked(ivy, 7, 5);
        credentials.revoke(7, 5);
        vm.expectEmit(address(credentials));
        emit ICredentials.Revoked(ivy, 7, 7);
        credentials.revoke(7, 2);
        assertEq(credentials.revokedWord(ivy, 7), 7, "word");
        assertEq(credentials.revokedWord(ivy, 6), 0, "another word");
        assertEq(credentials.revokedWord(mallory, 7), 0, "another issuer");
    }

    function test_Revoke_AtTheEndsOfTheNumbers() public {
        uint256 last = type(uint256).max;
        vm.startPrank(ivy);
        credentials.revoke(last >> 8, 1 << 255);
        credentials.revoke(0, 1);
        vm.assertTrue(credentials.isRevoked(ivy, last), "last");
        vm.assertTrue(!credentials.isRevoked(ivy, last - 1), "last but one");
        vm.assertTrue(credentials.isRevoked(ivy, 0), "first");
        vm.assertTrue(!credentials.isRevoked(ivy, 1), "second");
    }

    function testFuzz_Revoke_IsTheUnionOfWhatWasAsked(uint256[6] memory masks, uint8[6] memory words) public {
        uint256[4] memory expected;
        vm.startPrank(ivy);
        for (uint256 i = 0; i < masks.length; ++i) {
            uint256 word = words[i] % 4;
            if (expected[word] | masks[i] == expected[word]) vm.expectRevert(ICredentials.NothingChanges.selector);
            credentials.revoke(word, masks[i]);
            expected[word] |= masks[i];
        }
        for (uint256 word = 0; word < expected.length; ++word) {
            assertEq(credentials.revokedWord(ivy, word), expected[word], "word");
        }
    }

    // ------------------------------------------------------------------------------------------ markCompromised

    function test_MarkCompromised_RevertWhen_SinceIsZeroOrLater() public {
        vm.startPrank(ivy);
        vm.expectRevert(abi.encodeWithSelector(ICredentials.SinceOutOfRange.selector, 0, block.timestamp));
        credentials.markCompromised(0);
        uint64 later = uint64(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(ICredentials.SinceOutOfRange.selector, later, block.timestamp));
        credentials.markCompromised(later);
    }

    function test_MarkCompromised_MovesBackOnly() public {
        uint64 now_ = uint64(block.timestamp);
        vm.startPrank(ivy);
        vm.expectEmit(address(credentials));
        emit ICredentials.KeyCompromised(ivy, now_);
        credentials.markCompromised(now_);
        vm.expectRevert(ICredentials.NothingChanges.selector);
        credentials.markCompromised(now_);
        credentials.markCompromised(now_ - 10);
        vm.expectRevert(ICredentials.NothingChanges.selector);
        credentials.markCompromised(now_ - 9);
        credentials.markCompromised(1);
        assertEq(credentials.compromisedSince(ivy), 1, "since");
        assertEq(credentials.compromisedSince(mallory), 0, "somebody else");
    }

    function test_MarkCompromisedFor_TakesTheIssuersWordFromAnybody() public {
        bytes memory signature = signCompact(IVY_SECRET, compromiseDigest(address(credentials), ivy, 1000));
        vm.prank(mallory);
        credentials.markCompromisedFor(ivy, 1000, signature);
        assertEq(credentials.compromisedSince(ivy), 1000, "since");
        assertEq(credentials.compromisedSince(mallory), 0, "mallory");
        vm.expectRevert(ICredentials.NothingChanges.selector);
        credentials.markCompromisedFor(ivy, 1000, signature);
    }

    function test_MarkCompromisedFor_RevertWhen_NotSignedByTheIssuer() public {
        bytes32 digest = compromiseDigest(address(credentials), ivy, 1000);
        _expectRefused(1000, signCompact(MALLORY_SECRET, digest));
        _expectRefused(1001, signCompact(IVY_SECRET, digest));
        _expectRefused(1000, signCompact(IVY_SECRET, compromiseDigest(address(escrow), ivy, 1000)));
        _expectRefused(1000, "");
        bytes memory signature = signCompact(IVY_SECRET, digest);
        vm.chainId(block.chainid + 1);
        _expectRefused(1000, signature);
    }

    function test_MarkCompromisedFor_AsksAContract() public {
        ContractIssuer issuer = new ContractIssuer();
        issuer.approve(compromiseDigest(address(credentials), address(issuer), 5), true);
        credentials.markCompromisedFor(address(issuer), 5, "");
        assertEq(credentials.compromisedSince(address(issuer)), 5, "since");
    }

    function test_KeyCompromise_HasItsOwnType() public pure {
        vm.assertEq(KeyCompromiseHash.TYPEHASH, keccak256("KeyCompromise(address issuer,uint64 since)"), "type hash");
    }

    // --------------------------------------------------------------------------------------------------- anchor

    function test_Anchor_KeepsTheFirstTime() public {
        uint256 first = 1_800_000_000;
        vm.warp(first);
        vm.startPrank(ivy);
        vm.expectEmit(address(credentials));
        emit ICredentials.Anchored(ivy, keccak256("digest"));
        credentials.anchor(keccak256("digest"));
        vm.warp(first + 5);
        vm.expectRevert(ICredentials.NothingChanges.selector);
        credentials.anchor(keccak256("digest"));
        vm.stopPrank();
        vm.prank(mallory);
        credentials.anchor(keccak256("digest"));
        assertEq(credentials.anchoredAt(ivy, keccak256("digest")), first, "ivy's");
        assertEq(credentials.anchoredAt(mallory, keccak256("digest")), first + 5, "mallory's");
        assertEq(credentials.anchoredAt(bob, keccak256("digest")), 0, "bob's");
    }

    function _expectRefused(uint64 since, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(ICredentials.NotSignedByIssuer.selector, ivy));
        credentials.markCompromisedFor(ivy, since, signature);
    }
}
