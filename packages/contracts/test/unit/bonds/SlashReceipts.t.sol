// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../../src/interfaces/IBonds.sol";
import {Receipt} from "../../../src/messages/Receipt.sol";
import {ReceiptEquivocation} from "../../../src/types/Equivocation.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract SlashReceiptsTest is BondsFixture {
    bytes32 private constant AGREEMENT = keccak256("agreement");

    Receipt private first;
    Receipt private second;

    function setUp() public override {
        super.setUp();
        first = receiptOf(AGREEMENT, 5);
        second = receiptOf(AGREEMENT, 5);
    }

    // ------------------------------------------------------------------------------------------ no contradiction

    function test_RevertWhen_TheySayTheSame() public {
        _expectNotEquivocal();
    }

    /// @dev Signed again after a crash, say: nothing about the work differs.
    function test_RevertWhen_OnlyTheTimeOfIssueDiffers() public {
        second.issuedAt = first.issuedAt + 1;
        _expectNotEquivocal();
    }

    function test_RevertWhen_AboutDifferentAgreements() public {
        (second.agreement, second.amount) = (keccak256("another"), 6);
        _expectNotEquivocal();
    }

    function test_RevertWhen_OfDifferentNumbers() public {
        (second.sequence, second.amount) = (first.sequence + 1, 6);
        _expectNotEquivocal();
    }

    // ------------------------------------------------------------------------------------------- a contradiction

    function test_InKind() public {
        second.kind = 1;
        _assertPunished();
    }

    function test_InResult() public {
        second.result = keccak256("result");
        _assertPunished();
    }

    function test_InRunTime() public {
        second.usage.runMs = 1001;
        _assertPunished();
    }

    function test_InMemory() public {
        second.usage.memoryBytes = 0;
        _assertPunished();
    }

    function test_InOutput() public {
        second.usage.outputBytes = 0;
        _assertPunished();
    }

    function test_InAmount() public {
        second.amount = 6;
        vm.expectEmit(address(bonds));
        emit IBonds.Slashed(address(token), bob, bonds.receiptFault(node, AGREEMENT), NOBODY, NOBODY, 0, carol, 10, 90);
        _assertPunished();
    }

    // ------------------------------------------------------------------------------------------------ signatures

    function test_RevertWhen_EitherIsSignedByAnother() public {
        second.amount = 6;
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, first, second);
        bytes memory forged = receiptsOf(MALLORY_SECRET, first, second).firstSignature;
        bytes memory good = proof.firstSignature;
        proof.firstSignature = forged;
        _expectInvalid(proof, node);
        (proof.firstSignature, proof.secondSignature) = (good, forged);
        _expectInvalid(proof, node);
    }

    function test_RevertWhen_AnotherKeyIsBlamed() public {
        second.amount = 6;
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, first, second);
        proof.key = mallory;
        _expectInvalid(proof, mallory);
        proof.key = NOBODY;
        _expectInvalid(proof, NOBODY);
    }

    function test_RevertWhen_SignedForAnotherEscrow() public {
        second.amount = 6;
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, first, second);
        bonds = deployBonds(address(0xE5C));
        register(NODE_SECRET, bob);
        _expectInvalid(proof, node);
    }

    function test_RevertWhen_SignedForAnotherChain() public {
        second.amount = 6;
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, first, second);
        vm.chainId(4242);
        _expectInvalid(proof, node);
    }

    /// @dev On a chain that has split off, what is signed for it counts there.
    function test_OnAChainThatSplitOff_ItsOwnSignaturesCount() public {
        vm.chainId(4242);
        second.amount = 6;
        _assertPunished();
    }

    function test_RevertWhen_NobodyAnswersForTheKey() public {
        second.amount = 6;
        ReceiptEquivocation memory proof = receiptsOf(MALLORY_SECRET, first, second);
        vm.expectRevert(abi.encodeWithSelector(IBonds.KeyUnknown.selector, mallory));
        report(carol, proof);
    }

    function test_RegisteringLater_AnswersForWhatWasSignedBefore() public {
        second.amount = 6;
        ReceiptEquivocation memory proof = receiptsOf(MALLORY_SECRET, first, second);
        register(MALLORY_SECRET, bob);
        assertEq(report(carol, proof), 10, "paid");
    }

    // ------------------------------------------------------------------------------------------------------- once

    /// @dev Of ten units a tenth is one, of which the reporter's tenth is nothing: a punishment all the same.
    function test_OfATinyBond_OnceToo() public {
        address poor = address(0xD0);
        fund(poor);
        register(MALLORY_SECRET, poor);
        addBond(poor, 10);
        second.amount = 6;
        ReceiptEquivocation memory proof = receiptsOf(MALLORY_SECRET, first, second);
        assertEq(report(carol, proof), 0, "paid");
        assertBond(poor, 9, 0);
        bytes32 fault = bonds.receiptFault(mallory, AGREEMENT);
        vm.expectRevert(abi.encodeWithSelector(IBonds.FaultPunished.selector, fault));
        report(carol, proof);
    }

    function test_RevertWhen_Punished_WhicheverTwoAreShown() public {
        second.amount = 6;
        Receipt memory third = receiptOf(AGREEMENT, 7);
        third.sequence = 9;
        Receipt memory fourth = receiptOf(AGREEMENT, 8);
        fourth.sequence = 9;
        report(carol, receiptsOf(NODE_SECRET, first, second));
        _expectPunished(receiptsOf(NODE_SECRET, first, second));
        _expectPunished(receiptsOf(NODE_SECRET, second, first));
        Receipt memory other = receiptOf(AGREEMENT, 9);
        _expectPunished(receiptsOf(NODE_SECRET, first, other));
        _expectPunished(receiptsOf(NODE_SECRET, third, fourth));
        assertBond(bob, 900, 0);
        assertClaims(0, 10, 90);
    }

    function test_AnotherAgreement_IsAnotherFault() public {
        second.amount = 6;
        report(carol, receiptsOf(NODE_SECRET, first, second));
        (first.agreement, second.agreement) = (keccak256("another"), keccak256("another"));
        assertEq(report(carol, receiptsOf(NODE_SECRET, first, second)), 9, "paid");
        assertBond(bob, 810, 0);
        assertClaims(0, 19, 171);
    }

    /// @dev Else an owner would bond a worthless token and have the fault punished in that.
    function test_AnotherToken_IsPunishedToo() public {
        second.amount = 6;
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, first, second);
        report(carol, proof);
        token = deployToken();
        fund(bob);
        addBond(bob, 500);
        assertEq(report(carol, proof), 5, "paid");
        assertBond(bob, 450, 0);
    }

    // ---------------------------------------------------------------------------------------- what can be taken

    /// @dev Nor does it count as punished then: a fault could be washed off while there is nothing to lose.
    function test_RevertWhen_ThereIsNothingToTake_UntilThereIs() public {
        second.amount = 6;
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, first, second);
        token = deployToken();
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondInsufficient.selector, 0, 1));
        report(mallory, proof);
        fund(bob);
        addBond(bob, BOND);
        assertEq(report(carol, proof), 10, "paid");
    }

    function test_WhatIsExposed_IsNotTouched() public {
        expose(ARBITER, 800);
        for (uint256 i = 0; i < 3; ++i) {
            (first.agreement, second.agreement, second.amount) = (bytes32(i), bytes32(i), 6);
            ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, first, second);
            report(carol, proof);
        }
        // A tenth of 1000, a tenth of 900, and the 10 that were then left.
        assertBond(bob, 800, 800);
        (first.agreement, second.agreement) = (AGREEMENT, AGREEMENT);
        ReceiptEquivocation memory another = receiptsOf(NODE_SECRET, first, second);
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondInsufficient.selector, 0, 1));
        report(carol, another);
        assertEq(bonds.exposureOf(address(token), bob, ARBITER), 800, "exposure");
        assertConserved();
    }

    /// @dev An owner whose unexposed part was taken can still take back a reduction, but expose nothing more.
    function test_WhenTheUnexposedPartWasTaken_NothingMoreIsExposed() public {
        expose(ARBITER, 700);
        vm.prank(bob);
        bonds.requestReduce(address(token), ARBITER, 0);
        for (uint256 i = 0; i < 3; ++i) {
            (first.agreement, second.agreement, second.amount) = (bytes32(i), bytes32(i), 6);
            report(carol, receiptsOf(NODE_SECRET, first, second));
        }
        expose(ARBITER, 700);
        vm.prank(bob);
        vm.expectRevert();
        bonds.expose(address(token), ARBITER, 701);
        assertEq(bonds.coverOf(address(token), bob, ARBITER), 700, "cover");
    }

    function testFuzz_CostsMoreThanAnybodyGets(uint104 amount) public {
        amount = uint104(bound(amount, 1, type(uint104).max));
        second.amount = 6;
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, first, second);
        token = deployToken();
        fund(bob);
        token.mint(bob, amount);
        addBond(bob, amount);
        uint256 paid = report(bob, proof);
        (uint256 left,,) = bonds.bondOf(address(token), bob);
        uint256 debit = amount - left;
        assertEq(debit, (uint256(amount) + 9) / 10, "penalty");
        assertEq(paid, debit / 10, "reporter");
        assertEq(bonds.burnt(address(token)), debit - paid, "burnt");
        vm.assertTrue(debit > paid, "self-slashing pays");
        assertConserved();
    }

    function _assertPunished() private {
        bytes32 fault = bonds.receiptFault(node, AGREEMENT);
        assertEq(report(carol, receiptsOf(NODE_SECRET, first, second)), 10, "paid");
        assertBond(bob, 900, 0);
        assertClaims(0, 10, 90);
        (bool punished, uint256 compensated) = bonds.faultOf(address(token), fault);
        vm.assertTrue(punished, "punished");
        assertEq(compensated, 0, "compensated");
        assertConserved();
    }

    function _expectNotEquivocal() private {
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, first, second);
        vm.expectRevert(IBonds.NotEquivocal.selector);
        report(carol, proof);
    }

    function _expectInvalid(ReceiptEquivocation memory proof, address key) private {
        vm.expectRevert(abi.encodeWithSelector(IBonds.SignatureInvalid.selector, key));
        report(carol, proof);
    }

    function _expectPunished(ReceiptEquivocation memory proof) private {
        bytes32 fault = bonds.receiptFault(node, AGREEMENT);
        vm.expectRevert(abi.encodeWithSelector(IBonds.FaultPunished.selector, fault));
        report(mallory, proof);
    }
}
