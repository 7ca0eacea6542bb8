// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IBonds} from "../../src/interfaces/IBonds.sol";
import {KeyPossession, KeyPossessionHash} from "../../src/messages/KeyPossession.sol";
import {OfferHash} from "../../src/messages/Offer.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";
import {VectorCase, VectorFile, VectorFiles} from "./VectorFile.sol";

/// @notice What is signed towards Bonds, and what it calls a fault: the same here as in TypeScript.
contract BondsVectorsTest is Test {
    /// @dev Bonds itself, put where the vectors say it is.
    function test_KeyPossession() public {
        VectorFile memory file = VectorFiles.open("key-possession");
        vm.assertEq(KeyPossessionHash.TYPEHASH, file.bytes32At("typeHash"), "typeHash");
        address place = vm.parseJsonAddress(file.json, ".verifyingContract");
        vm.chainId(vm.parseJsonUint(file.json, ".chainId"));
        vm.etch(place, address(_bonds()).code);
        bytes32 separator = IBonds(place).domainSeparator();
        vm.assertEq(separator, file.bytes32At("separator"), "separator");
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            bytes32 structHash = KeyPossession(c.account("key"), c.account("owner")).hash();
            vm.assertEq(structHash, c.word("structHash"), c.text("name"));
            bytes32 digest = MessageHashUtils.toTypedDataHash(separator, structHash);
            vm.assertEq(digest, c.word("digest"), c.text("name"));
            (bytes32 r, bytes32 vs) = abi.decode(c.data("signature"), (bytes32, bytes32));
            vm.assertEq(ECDSA.recover(digest, r, vs), c.account("key"), c.text("name"));
        }
    }

    function test_RegistersAKey_WithAProofOfTheVectors() public {
        VectorFile memory file = VectorFiles.open("key-possession");
        VectorCase memory c = file.caseAt(0);
        address place = vm.parseJsonAddress(file.json, ".verifyingContract");
        vm.chainId(vm.parseJsonUint(file.json, ".chainId"));
        vm.etch(place, address(_bonds()).code);
        vm.prank(c.account("owner"));
        IBonds(place).registerKey(c.account("key"), c.data("signature"));
        vm.assertEq(IBonds(place).ownerOf(c.account("key")), c.account("owner"), "owner");
    }

    function test_Equivocation() public {
        VectorFile memory file = VectorFiles.open("equivocation");
        IBonds bonds = _bonds();
        for (uint256 i = 0; i < file.count(); ++i) {
            VectorCase memory c = file.caseAt(i);
            bytes32[] memory words = c.words("words");
            assertEq(words.length, 13, c.text("name"));
            bytes32 structHash = keccak256(abi.encodePacked(OfferHash.TYPEHASH, words));
            vm.assertEq(structHash, c.word("structHash"), c.text("name"));
            address provider = c.account("provider");
            vm.assertEq(words[0], bytes32(uint256(uint160(provider))), c.text("name"));
            vm.assertEq(words[2], bytes32(c.number("sequence")), c.text("name"));
            vm.assertEq(bonds.offerFault(provider, uint64(c.number("sequence"))), c.word("offerFault"), c.text("name"));
            vm.assertEq(bonds.receiptFault(provider, c.word("agreement")), c.word("receiptFault"), c.text("name"));
        }
    }

    function _bonds() private returns (IBonds) {
        return IBonds(vm.deployCode("Bonds.sol:Bonds", abi.encode(address(0xE5C))));
    }
}
