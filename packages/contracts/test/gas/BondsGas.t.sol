// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Receipt, Usage} from "../../src/messages/Receipt.sol";
import {Harm, OfferEquivocation, ReceiptEquivocation} from "../../src/types/Equivocation.sol";
import {Payout} from "../../src/types/Payout.sol";
import {BondsFixture} from "../utils/BondsFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice What each call costs as a transaction of its own: base, calldata and refunds included. The figures are
/// committed in `snapshots/`, and a run that gives others fails.
/// forge-config: default.isolate = true
contract BondsGasTest is BondsFixture {
    string private constant BONDS = "bonds";
    uint256 private constant EQUIVOCATION_GAS_MAX = 110_000;

    function setUp() public override {
        super.setUp();
        addBond(bob, 100 ether);
    }

    function test_KeysAndBonds() public {
        bytes memory proof = possession(MALLORY_SECRET, bob);
        vm.startPrank(bob);
        bonds.registerKey(mallory, proof);
        vm.snapshotGasLastCall(BONDS, "registerKey");
        bonds.bond(address(token), carol, 1 ether);
        vm.snapshotGasLastCall(BONDS, "bond, first");
        bonds.bond(address(token), carol, 1 ether);
        vm.snapshotGasLastCall(BONDS, "bond, again");
        bonds.expose(address(token), ARBITER, 50 ether);
        vm.snapshotGasLastCall(BONDS, "expose, first");
        bonds.expose(address(token), ARBITER, 60 ether);
        vm.snapshotGasLastCall(BONDS, "expose, again");
        bonds.requestReduce(address(token), ARBITER, 0);
        vm.snapshotGasLastCall(BONDS, "requestReduce");
        bonds.requestExit(address(token), 20 ether);
        vm.snapshotGasLastCall(BONDS, "requestExit");
        vm.warp(block.timestamp + exitDelaySec);
        bonds.reduce(address(token), ARBITER);
        vm.snapshotGasLastCall(BONDS, "reduce");
        bonds.exit(address(token), bob);
        vm.snapshotGasLastCall(BONDS, "exit");
    }

    function test_SlashByArbiter() public {
        expose(ARBITER, 80 ether);
        slash(ARBITER, 1 ether, 0.1 ether);
        vm.snapshotGasLastCall(BONDS, "slashByArbiter, two payouts, first ever");
        slash(ARBITER, 1 ether, 0.1 ether);
        vm.snapshotGasLastCall(BONDS, "slashByArbiter, two payouts, steady");
        vm.startPrank(ARBITER);
        bonds.slashByArbiter(address(token), bob, Payout(alice, 1 ether), Payout(NOBODY, 0), REF);
        vm.snapshotGasLastCall(BONDS, "slashByArbiter, one payout, steady");
        vm.stopPrank();
        vm.prank(alice);
        bonds.collect(address(token), alice);
        vm.snapshotGasLastCall(BONDS, "collect");
    }

    function test_Equivocation_OfReceipts() public {
        (ReceiptEquivocation memory proof,) = _fault(0);
        report(carol, proof);
        _snapshotEquivocation("slashReceipts, token's first slash, new reporter");
        (proof,) = _fault(1);
        report(mallory, proof);
        _snapshotEquivocation("slashReceipts, new reporter");
        (proof,) = _fault(2);
        report(mallory, proof);
        _snapshotEquivocation("slashReceipts, steady");
    }

    function test_Equivocation_OfReceipts_ByTheHarmed() public {
        (ReceiptEquivocation memory proof, Harm memory harm) = _fault(0);
        reportFor(alice, proof, harm);
        _snapshotEquivocation("slashReceiptsFor, by the harmed, token's first slash");
        (proof, harm) = _fault(1);
        reportFor(alice, proof, harm);
        _snapshotEquivocation("slashReceiptsFor, by the harmed, steady");
    }

    /// @dev Two accounts that never had a claim are one new slot more than any other report has.
    function test_Equivocation_OfReceipts_ForTheHarmed() public {
        (ReceiptEquivocation memory proof, Harm memory harm) = _fault(0);
        reportFor(carol, proof, harm);
        vm.snapshotGasLastCall(BONDS, "slashReceiptsFor, token's first slash, new reporter and harmed");
        (proof, harm) = _fault(1);
        reportFor(carol, proof, harm);
        _snapshotEquivocation("slashReceiptsFor, steady");
        (proof, harm) = _fault(2);
        report(carol, proof);
        reportFor(carol, proof, harm);
        _snapshotEquivocation("slashReceiptsFor, after slashReceipts");
    }

    function test_Equivocation_OfOffers() public {
        OfferEquivocation memory proof = offers();
        vm.prank(carol);
        bonds.slashOffers(address(token), proof);
        _snapshotEquivocation("slashOffers, token's first slash, new reporter");
        proof = offersOf(NODE_SECRET, _fullWords(8, 1), _fullWords(8, 2));
        vm.prank(carol);
        bonds.slashOffers(address(token), proof);
        _snapshotEquivocation("slashOffers, steady");
    }

    function _snapshotEquivocation(string memory name) private {
        vm.assertLe(vm.snapshotGasLastCall(BONDS, name), EQUIVOCATION_GAS_MAX, name);
    }

    /// @dev Sums and times as they are: zeros in calldata would be cheaper.
    function _fault(uint64 number) private view returns (ReceiptEquivocation memory proof, Harm memory harm) {
        harm = harmOf();
        (harm.bid.startup, harm.bid.rate, harm.bid.priceMax) = (1.01e15, 2.3e12, 1.23456789e16);
        harm.bid.expiresAt += number;
        Receipt memory first = receiptOf(agreementOf(harm), 5.678901234e15);
        (first.kind, first.result) = (1, keccak256("result"));
        first.usage = Usage(123_456, 200 << 20, 1_234_567, 345_678_901_234);
        Receipt memory second = receiptOf(first.agreement, first.amount);
        (second.kind, second.result, second.usage) = (1, keccak256("another"), first.usage);
        proof = receiptsOf(NODE_SECRET, first, second);
    }

    /// @dev No word is zero that is a hash in a real offer, so that calldata costs what it costs.
    function _fullWords(uint64 sequence, uint32 tickSec) private view returns (bytes32[13] memory words) {
        words = offerWords(sequence, tickSec);
        uint8[6] memory hashed = [5, 6, 7, 9, 10, 11];
        for (uint256 i = 0; i < hashed.length; ++i) {
            words[hashed[i]] = keccak256(abi.encode(hashed[i]));
        }
    }
}
