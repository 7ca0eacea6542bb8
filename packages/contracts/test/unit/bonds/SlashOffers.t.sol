// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../../src/interfaces/IBonds.sol";
import {Offer} from "../../../src/messages/Offer.sol";
import {OfferEquivocation, ReceiptEquivocation} from "../../../src/types/Equivocation.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract SlashOffersTest is BondsFixture {
    // ------------------------------------------------------------------------------------------- no contradiction

    function test_RevertWhen_TheyAreTheSame() public {
        _expectNotEquivocal(offersOf(NODE_SECRET, offerWords(7, 10), offerWords(7, 10)));
    }

    function test_RevertWhen_OfDifferentSequences() public {
        _expectNotEquivocal(offersOf(NODE_SECRET, offerWords(7, 10), offerWords(8, 11)));
    }

    function test_RevertWhen_OfDifferentProviders() public {
        bytes32[13] memory second = offerWords(7, 11);
        second[0] = bytes32(uint256(uint160(mallory)));
        _expectNotEquivocal(offersOf(NODE_SECRET, offerWords(7, 10), second));
    }

    // -------------------------------------------------------------------------------------------- a contradiction

    function test_Punishes() public {
        bytes32 fault = bonds.offerFault(node, 7);
        vm.expectEmit(address(bonds));
        emit IBonds.Slashed(address(token), bob, fault, NOBODY, NOBODY, 0, carol, 10, 90);
        assertEq(reportOffers(carol), 10, "paid");
        assertBond(bob, 900, 0);
        assertClaims(0, 10, 90);
        (bool punished,) = bonds.faultOf(address(token), fault);
        vm.assertTrue(punished, "punished");
        assertConserved();
    }

    /// @dev Whichever of the other fields it is that differs.
    function testFuzz_InAnyField(uint256 field, bytes32 value) public {
        field = bound(field, 0, 11);
        if (field == 0 || field == 2) return;
        bytes32[13] memory second = offerWords(7, 10);
        vm.assume(second[field] != value);
        second[field] = value;
        OfferEquivocation memory proof = offersOf(NODE_SECRET, offerWords(7, 10), second);
        vm.prank(carol);
        assertEq(bonds.slashOffers(address(token), proof), 10, "paid");
    }

    /// @dev The words are what an offer's hash is made of.
    function test_TheWords_AreThoseOfAnOffer() public {
        Offer memory offer;
        (offer.provider, offer.owner, offer.sequence, offer.token) = (node, bob, 7, address(token));
        offer.runtimes = new string[](1);
        (offer.runtimes[0], offer.version) = ("wasm", "1.0.0");
        offer.isolation = "hardened";
        bytes32[13] memory first;
        first[0] = bytes32(uint256(uint160(node)));
        first[1] = bytes32(uint256(uint160(bob)));
        first[2] = bytes32(uint256(7));
        first[4] = bytes32(uint256(uint160(address(token))));
        first[5] = offer.resources.hash();
        first[6] = keccak256(abi.encodePacked(keccak256("wasm")));
        first[7] = keccak256("hardened");
        first[8] = offer.prices.hash();
        first[10] = offer.domains.hash();
        first[11] = keccak256("");
        first[12] = keccak256("1.0.0");
        OfferEquivocation memory proof = offersOf(NODE_SECRET, first, offerWords(7, 10));
        proof.firstSignature = signCompact(NODE_SECRET, digestOf(offer.hash()));
        vm.prank(carol);
        assertEq(bonds.slashOffers(address(token), proof), 10, "paid");
    }

    // ------------------------------------------------------------------------------------------------- signatures

    function test_RevertWhen_EitherIsSignedByAnother() public {
        OfferEquivocation memory proof = offers();
        OfferEquivocation memory forged = offersOf(MALLORY_SECRET, proof.first, proof.second);
        bytes memory good = proof.firstSignature;
        proof.firstSignature = forged.firstSignature;
        _expectInvalid(proof);
        (proof.firstSignature, proof.secondSignature) = (good, forged.secondSignature);
        _expectInvalid(proof);
    }

    function test_RevertWhen_NobodyAnswersForTheKey() public {
        bytes32[13] memory first = offerWords(7, 10);
        bytes32[13] memory second = offerWords(7, 11);
        (first[0], second[0]) = (bytes32(uint256(uint160(mallory))), bytes32(uint256(uint160(mallory))));
        OfferEquivocation memory proof = offersOf(MALLORY_SECRET, first, second);
        vm.expectRevert(abi.encodeWithSelector(IBonds.KeyUnknown.selector, mallory));
        bonds.slashOffers(address(token), proof);
    }

    // ------------------------------------------------------------------------------------------------------- once

    function test_RevertWhen_Punished_WhicheverTwoAreShown() public {
        reportOffers(carol);
        bytes32[13][3] memory words = [offerWords(7, 10), offerWords(7, 11), offerWords(7, 12)];
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                if (i == j) continue;
                OfferEquivocation memory proof = offersOf(NODE_SECRET, words[i], words[j]);
                bytes32 fault = bonds.offerFault(node, 7);
                vm.expectRevert(abi.encodeWithSelector(IBonds.FaultPunished.selector, fault));
                bonds.slashOffers(address(token), proof);
            }
        }
        assertBond(bob, 900, 0);
    }

    function test_AnotherSequence_IsAnotherFault() public {
        reportOffers(carol);
        OfferEquivocation memory proof = offersOf(NODE_SECRET, offerWords(8, 10), offerWords(8, 11));
        vm.prank(carol);
        assertEq(bonds.slashOffers(address(token), proof), 9, "paid");
    }

    /// @dev Receipts of an agreement whose id is the sequence are still another fault, whichever comes first.
    function test_FaultsOfBothKinds_NeverShareAName() public {
        reportOffers(carol);
        bytes32 agreement = bytes32(uint256(7));
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, receiptOf(agreement, 5), receiptOf(agreement, 6));
        vm.assertTrue(bonds.offerFault(node, 7) != bonds.receiptFault(node, agreement), "names");
        assertEq(report(carol, proof), 9, "paid");
    }

    function _expectNotEquivocal(OfferEquivocation memory proof) private {
        vm.expectRevert(IBonds.NotEquivocal.selector);
        bonds.slashOffers(address(token), proof);
    }

    function _expectInvalid(OfferEquivocation memory proof) private {
        vm.expectRevert(abi.encodeWithSelector(IBonds.SignatureInvalid.selector, node));
        bonds.slashOffers(address(token), proof);
    }
}
