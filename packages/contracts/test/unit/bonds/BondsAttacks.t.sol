// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Receipt} from "../../../src/messages/Receipt.sol";
import {Harm, ReceiptEquivocation} from "../../../src/types/Equivocation.sol";
import {Payout} from "../../../src/types/Payout.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

/// @notice bob is about to lose a case that is worth 640 to alice, and tries to save his bond from her.
contract BondsAttacksTest is BondsFixture {
    uint256 private constant RULED = 640;
    address private constant FRIEND = address(0xF1);

    function setUp() public override {
        super.setUp();
        expose(ARBITER, 800);
    }

    function test_InventingAnArbiter_SavesNothingThatAliceIsOwed() public {
        vm.prank(bob);
        (bool exposed,) = address(bonds).call(abi.encodeCall(bonds.expose, (address(token), FRIEND, 1)));
        vm.assertTrue(!exposed, "exposed");
        vm.prank(FRIEND);
        bonds.slashByArbiter(address(token), bob, Payout(bob, BOND), Payout(bob, BOND), REF);
        _assertAliceIsPaid();
    }

    /// @dev The friend's arbiter was there from the start, with all that could be had.
    function test_AnArbiterInventedLongBefore_SavesNothingThatAliceIsOwed() public {
        addBond(bob, BOND);
        expose(FRIEND, 800);
        vm.prank(FRIEND);
        bonds.slashByArbiter(address(token), bob, Payout(bob, BOND), Payout(bob, BOND), REF);
        _assertAliceIsPaid();
    }

    function test_InventingABuyer_SavesNothingThatAliceIsOwed() public {
        Harm memory harm = harmOf();
        harm.channel.payer = bob;
        harm.bid.priceMax = type(uint128).max;
        bytes32 agreement = agreementOf(harm);
        reportFor(bob, receiptsOf(NODE_SECRET, receiptOf(agreement, 5), receiptOf(agreement, 6)), harm);
        // He got hold of what is exposed to nobody, at a loss of a fifth.
        assertBond(bob, 800, 800);
        assertEq(bonds.claimable(address(token), bob), 160, "bob");
        _assertAliceIsPaid();
    }

    function test_ContradictingHimself_SavesNothingThatAliceIsOwed() public {
        for (uint256 i = 0; i < 5; ++i) {
            Receipt memory first = receiptOf(bytes32(i), 5);
            ReceiptEquivocation memory proof = receiptsOf(NODE_SECRET, first, receiptOf(bytes32(i), 6));
            vm.prank(bob);
            try bonds.slashReceipts(address(token), proof) {} catch {}
        }
        assertBond(bob, 800, 800);
        _assertAliceIsPaid();
    }

    /// @dev A request that is kept due for months lets out nothing while it is exposed; and whoever made an agreement
    /// looked at the cover, which counts what is asked back as gone.
    function test_AStandingExit_LetsNothingExposedOut() public {
        vm.startPrank(bob);
        bonds.requestExit(address(token), BOND);
        vm.warp(block.timestamp + 365 days);
        vm.expectRevert();
        bonds.exit(address(token), bob);
        vm.stopPrank();
        _assertAliceIsPaid();
    }

    function test_AStandingReduction_IsNoCover() public {
        vm.prank(bob);
        bonds.requestReduce(address(token), ARBITER, 100);
        vm.warp(block.timestamp + 365 days);
        assertEq(bonds.coverOf(address(token), bob, ARBITER), 100, "cover");
        // Raised again to look good, the request is gone.
        expose(ARBITER, 800);
        assertEq(bonds.coverOf(address(token), bob, ARBITER), 800, "cover");
        vm.prank(bob);
        (bool reduced,) = address(bonds).call(abi.encodeCall(bonds.reduce, (address(token), ARBITER)));
        vm.assertTrue(!reduced, "reduced");
        _assertAliceIsPaid();
    }

    /// @dev From the day of a fault: a week to bring the case, and less than three for the longest one.
    function test_LeavingOnTheDayOfTheFault_IsTooLate() public {
        vm.startPrank(bob);
        bonds.requestReduce(address(token), ARBITER, 0);
        bonds.requestExit(address(token), BOND);
        vm.stopPrank();
        vm.warp(block.timestamp + 7 days + 20 days);
        _assertAliceIsPaid();
    }

    /// @dev Whoever reports the fault first, and without the buyer, cannot keep what is the buyer's.
    function test_FrontRunningTheReport_GainsTheReportersShareAtMost() public {
        report(mallory, receipts());
        reportFor(carol, receipts(), harmOf());
        assertEq(bonds.claimable(address(token), mallory), 10, "mallory");
        assertEq(bonds.claimable(address(token), alice), PRICE_MAX, "alice");
    }

    function test_AnotherOwnersBond_IsOutOfReach() public {
        fund(carol);
        addBond(carol, BOND);
        vm.prank(carol);
        bonds.expose(address(token), ARBITER, 100);
        slash(ARBITER, 5000, 5000);
        assertBond(carol, BOND, 100);
        vm.startPrank(mallory);
        vm.expectRevert();
        bonds.exit(address(token), mallory);
        vm.expectRevert();
        bonds.cancelExit(address(token));
        vm.expectRevert();
        bonds.reduce(address(token), ARBITER);
        vm.expectRevert();
        bonds.collect(address(token), mallory);
        vm.stopPrank();
        assertBond(carol, BOND, 100);
    }

    function _assertAliceIsPaid() private {
        uint256 before = bonds.claimable(address(token), alice);
        (uint256 paid,) = slash(ARBITER, RULED, 0);
        assertEq(paid, RULED, "paid");
        assertEq(bonds.claimable(address(token), alice), before + RULED, "claimable");
    }
}
