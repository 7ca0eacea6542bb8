// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../../src/interfaces/IBonds.sol";
import {Receipt} from "../../../src/messages/Receipt.sol";
import {Harm, ReceiptEquivocation} from "../../../src/types/Equivocation.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract SlashReceiptsForTest is BondsFixture {
    bytes32 private _agreement;
    bytes32 private _fault;

    function setUp() public override {
        super.setUp();
        _agreement = agreementOf(harmOf());
        _fault = bonds.receiptFault(node, _agreement);
    }

    // ------------------------------------------------------------------------------------- the harm is not shown

    function test_RevertWhen_TheReceiptsAreOfAnotherAgreement() public {
        ReceiptEquivocation memory proof =
            receiptsOf(NODE_SECRET, receiptOf(keccak256("other"), 5), receiptOf(keccak256("other"), 6));
        _expectNotProven(proof, harmOf(), keccak256("other"));
    }

    function test_RevertWhen_TheAgreementIsOnAnotherBid() public {
        Harm memory harm = harmOf();
        harm.bid.priceMax = PRICE_MAX + 1;
        _expectNotProven(receipts(), harm, _agreement);
    }

    function test_RevertWhen_TheAgreementIsOnAnotherDemand() public {
        Harm memory harm = harmOf();
        harm.bid.demand = keccak256("another");
        _expectNotProven(receipts(), harm, _agreement);
    }

    function test_RevertWhen_TheAgreementIsOnAnotherChannel() public {
        Harm memory harm = harmOf();
        harm.channel.payer = mallory;
        _expectNotProven(receipts(), harm, _agreement);
    }

    /// @dev Two receipts of mallory's under an agreement that was not with her are a fault of hers, but no harm.
    function test_RevertWhen_TheBidIsAnothers() public {
        register(MALLORY_SECRET, mallory);
        ReceiptEquivocation memory proof =
            receiptsOf(MALLORY_SECRET, receiptOf(_agreement, 5), receiptOf(_agreement, 6));
        Harm memory harm = harmOf();
        vm.expectRevert(abi.encodeWithSelector(IBonds.SignatureInvalid.selector, node));
        reportFor(carol, proof, harm);
    }

    function test_RevertWhen_TheReceiptsDoNotContradict() public {
        Receipt memory receipt = receiptOf(_agreement, 5);
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, receipt, receipt);
        Harm memory harm = harmOf();
        vm.expectRevert(IBonds.NotEquivocal.selector);
        reportFor(carol, proof, harm);
    }

    // -------------------------------------------------------------------------------------------- the harm is shown

    function test_CompensatesThePayer_AndPunishes() public {
        ReceiptEquivocation memory proof = receipts();
        Harm memory harm = harmOf();
        vm.expectEmit(address(bonds));
        emit IBonds.Slashed(address(token), bob, _fault, NOBODY, alice, 40, carol, 10, 100);
        (uint256 paidHarmed, uint256 paidReporter) = reportFor(carol, proof, harm);
        assertEq(paidHarmed, 40, "harmed");
        assertEq(paidReporter, 10, "reporter");
        assertBond(bob, 850, 0);
        assertClaims(40, 10, 100);
        _assertFault(true, 40);
        assertConserved();
    }

    function test_ThePayer_MayReportItself() public {
        reportFor(alice, receipts(), harmOf());
        assertClaims(50, 0, 100);
    }

    /// @dev It is priceMax for the agreement, however many contradictions there are in it.
    function test_RevertWhen_CompensatedAndPunished() public {
        reportFor(carol, receipts(), harmOf());
        Receipt memory other = receiptOf(_agreement, 8);
        Receipt memory another = receiptOf(_agreement, 9);
        (other.sequence, another.sequence) = (4, 4);
        _expectPunished(receipts());
        _expectPunished(receiptsOf(NODE_SECRET, other, another));
        assertClaims(40, 10, 100);
    }

    // ------------------------------------------------------------------------------------- somebody reported first

    /// @dev Not even the owner himself can keep the payer from being compensated by being first.
    function test_Punished_StillCompensates() public {
        report(bob, receipts());
        (uint256 paidHarmed, uint256 paidReporter) = reportFor(carol, receipts(), harmOf());
        assertEq(paidHarmed, 40, "harmed");
        assertEq(paidReporter, 0, "reporter");
        assertClaims(40, 0, 100);
        assertBond(bob, 850, 0);
        _assertFault(true, 40);
        _expectPunished(receipts());
        assertConserved();
    }

    function test_Compensated_IsPunishedNoMore_WithoutTheHarmEither() public {
        reportFor(carol, receipts(), harmOf());
        ReceiptEquivocation memory proof = receipts();
        vm.expectRevert(abi.encodeWithSelector(IBonds.FaultPunished.selector, _fault));
        report(mallory, proof);
    }

    // ------------------------------------------------------------------------------------------- too little money

    function test_FillsTheHarmedFirst() public {
        _rebond(48);
        (uint256 paidHarmed, uint256 paidReporter) = reportFor(carol, receipts(), harmOf());
        assertEq(paidHarmed, 38, "harmed");
        assertEq(paidReporter, 0, "reporter");
        assertBond(bob, 0, 0);
        assertClaims(38, 0, 10);
    }

    /// @dev What was missing is paid as soon as there is a bond again, so that an owner gains nothing by being blamed
    /// while he is poor; and the penalty is taken once it can be.
    function test_PaysTheRest_OnceThereIsMore() public {
        _rebond(30);
        reportFor(bob, receipts(), harmOf());
        assertClaims(24, 0, 6);
        _assertFault(false, 24);
        ReceiptEquivocation memory proof = receipts();
        Harm memory harm = harmOf();
        vm.expectRevert(abi.encodeWithSelector(IBonds.BondInsufficient.selector, 0, 1));
        reportFor(carol, proof, harm);
        addBond(bob, 1000);
        reportFor(carol, proof, harm);
        assertClaims(40, 10, 6 + 4 + 90);
        _assertFault(true, 40);
        assertConserved();
    }

    function test_CompensatedBeforePunished_IsPunishedOnce() public {
        _rebond(50);
        reportFor(carol, receipts(), harmOf());
        _assertFault(false, 40);
        addBond(bob, 1000);
        assertEq(report(carol, receipts()), 10, "paid");
        _assertFault(true, 40);
        _expectPunished(receipts());
    }

    function test_WhatIsExposed_IsNotTouched() public {
        expose(ARBITER, 800);
        for (uint128 i = 0; i < 8; ++i) {
            Harm memory harm = harmOf();
            harm.bid.expiresAt += uint64(i);
            bytes32 agreement = agreementOf(harm);
            ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, receiptOf(agreement, 5), receiptOf(agreement, 6));
            vm.prank(carol);
            try bonds.slashReceiptsFor(proof, harm) {} catch {}
        }
        assertBond(bob, 800, 800);
        assertEq(bonds.exposureOf(address(token), bob, ARBITER), 800, "exposure");
        assertConserved();
    }

    function test_ABidForNothing_OnlyPunishes() public {
        Harm memory harm = harmOf();
        harm.bid.priceMax = 0;
        _agreement = agreementOf(harm);
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, receiptOf(_agreement, 5), receiptOf(_agreement, 6));
        (uint256 paidHarmed, uint256 paidReporter) = reportFor(carol, proof, harm);
        assertEq(paidHarmed, 0, "harmed");
        assertEq(paidReporter, 10, "reporter");
    }

    // -------------------------------------------------------------------------------------------------------- fuzz

    function testFuzz_CostsMoreThanAnybodyGets(uint104 amount, uint128 priceMax, uint104 exposed, bool reported)
        public
    {
        amount = uint104(bound(amount, 1, type(uint104).max));
        _rebond(amount);
        exposed = uint104(bound(exposed, 0, uint256(amount) * 8 / 10));
        if (exposed > 0) expose(ARBITER, exposed);
        Harm memory harm = harmOf();
        harm.bid.priceMax = priceMax;
        bytes32 agreement = agreementOf(harm);
        ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, receiptOf(agreement, 5), receiptOf(agreement, 6));
        uint256 paid = reported ? report(bob, proof) : 0;
        if (priceMax > 0 || !reported) {
            vm.prank(bob);
            try bonds.slashReceiptsFor(proof, harm) returns (uint256 paidHarmed, uint256 paidReporter) {
                vm.assertLe(paidHarmed, priceMax, "beyond the price");
                paid += paidHarmed + paidReporter;
            } catch (bytes memory reason) {
                // Only when nothing is left to take.
                vm.assertEq(bytes32(bytes4(reason)), IBonds.BondInsufficient.selector, "reason");
            }
        }
        (uint256 left,,) = bonds.bondOf(address(token), bob);
        uint256 debit = amount - left;
        vm.assertTrue(debit > paid, "self-slashing pays");
        vm.assertLe(debit, amount - exposed, "exposed money");
        vm.assertLe(paid, bonds.burnt(address(token)) * 4, "burnt share");
        assertConserved();
    }

    /// @dev bob starts afresh, in another token, with a bond of `amount`; the channel is in that token too.
    function _rebond(uint256 amount) private {
        token = deployToken();
        fund(bob);
        token.mint(bob, amount);
        addBond(bob, amount);
        _agreement = agreementOf(harmOf());
        _fault = bonds.receiptFault(node, _agreement);
    }

    function _assertFault(bool punished, uint256 compensated) private view {
        (bool punished_, uint256 compensated_) = bonds.faultOf(address(token), _fault);
        vm.assertTrue(punished == punished_, "punished");
        assertEq(compensated_, compensated, "compensated");
    }

    function _expectPunished(ReceiptEquivocation memory proof) private {
        Harm memory harm = harmOf();
        vm.expectRevert(abi.encodeWithSelector(IBonds.FaultPunished.selector, _fault));
        reportFor(mallory, proof, harm);
    }

    function _expectNotProven(ReceiptEquivocation memory proof, Harm memory harm, bytes32 agreement) private {
        vm.expectRevert(abi.encodeWithSelector(IBonds.HarmNotProven.selector, agreement, agreementOf(harm)));
        reportFor(carol, proof, harm);
    }
}
