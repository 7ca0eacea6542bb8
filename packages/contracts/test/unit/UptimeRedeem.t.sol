// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IUptime} from "../../src/interfaces/IUptime.sol";
import {ServiceTerms} from "../../src/messages/ServiceTerms.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {Statement} from "../../src/types/Statement.sol";
import {UptimeFixture} from "../utils/UptimeFixture.sol";
import {vm} from "../utils/Vm.sol";

contract UptimeRedeemTest is UptimeFixture {
    function setUp() public override {
        super.setUp();
        passIntervals(10);
    }

    // ----------------------------------------------------------------------------------------------- statements

    function test_RevertWhen_LessThanAQuorumSpeaks() public {
        bytes memory both = agreed();
        Statement[] memory few = allSay(QUORUM - 1, 10, 0, 10);
        vm.expectRevert(abi.encodeWithSelector(IUptime.QuorumMissing.selector, QUORUM - 1, QUORUM));
        uptime.redeem(terms, key, both, few);
        vm.expectRevert(abi.encodeWithSelector(IUptime.QuorumMissing.selector, 0, QUORUM));
        uptime.redeem(terms, key, both, new Statement[](0));
    }

    function test_RevertWhen_AWitnessSpeaksTwice() public {
        Statement[] memory statements = quorumSays(10, 0, 10);
        statements[1] = statements[0];
        _expectRevert(abi.encodeWithSelector(IUptime.StatementsUnordered.selector, 1), statements);
        statements = quorumSays(10, 0, 10);
        statements[2] = statement(1, 9, 0, 10);
        _expectRevert(abi.encodeWithSelector(IUptime.StatementsUnordered.selector, 2), statements);
    }

    /// @dev The same signature under the name of another witness.
    function test_RevertWhen_AWitnessSpeaksForAnother() public {
        Statement[] memory statements = quorumSays(10, 0, 10);
        statements[2].witness = 4;
        _expectRevert(abi.encodeWithSelector(IUptime.SignatureInvalid.selector, terms.witnesses[4]), statements);
    }

    function test_RevertWhen_StatementsAreOutOfOrder() public {
        Statement[] memory statements = quorumSays(10, 0, 10);
        (statements[0], statements[1]) = (statements[1], statements[0]);
        _expectRevert(abi.encodeWithSelector(IUptime.StatementsUnordered.selector, 1), statements);
    }

    function test_RevertWhen_ThereIsNoSuchWitness() public {
        Statement[] memory statements = quorumSays(10, 0, 10);
        statements[2] = statementBy(MALLORY_SECRET, WITNESSES, terms, 10, 0, 10);
        _expectRevert(abi.encodeWithSelector(IUptime.StatementsUnordered.selector, 2), statements);
        statements[2].witness = 255;
        _expectRevert(abi.encodeWithSelector(IUptime.StatementsUnordered.selector, 2), statements);
    }

    function test_RevertWhen_AStrangerSigned() public {
        Statement[] memory statements = quorumSays(10, 0, 10);
        statements[1] = statementBy(MALLORY_SECRET, 1, terms, 10, 0, 10);
        _expectRevert(abi.encodeWithSelector(IUptime.SignatureInvalid.selector, terms.witnesses[1]), statements);
    }

    function test_RevertWhen_AnyNumberWasChanged() public {
        for (uint256 field = 0; field < 4; ++field) {
            Statement[] memory statements = quorumSays(8, 1, 10);
            if (field == 0) statements[0].up = 9;
            if (field == 1) statements[0].down = 0;
            if (field == 2) statements[0].through = 9;
            if (field == 3) statements[0].epoch = 5;
            _expectRevert(abi.encodeWithSelector(IUptime.SignatureInvalid.selector, terms.witnesses[0]), statements);
        }
    }

    /// @dev The other of two equal signatures has high s, which the compact form cannot even write.
    function test_RevertWhen_TheSignatureIsMirrored() public {
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        uint256 parity = 1 << 255;
        Statement[] memory statements = quorumSays(10, 0, 10);
        uint256 vs = uint256(statements[0].vs);
        statements[0].vs = bytes32((order - (vs & ~parity)) ^ (vs & parity) ^ parity);
        _expectRevert(abi.encodeWithSelector(IUptime.SignatureInvalid.selector, terms.witnesses[0]), statements);
        (statements[0].r, statements[0].vs) = (0, 0);
        _expectRevert(abi.encodeWithSelector(IUptime.SignatureInvalid.selector, terms.witnesses[0]), statements);
    }

    function test_RevertWhen_ItIsAboutOtherTerms() public {
        ServiceTerms memory other = termsOf(serviceKey(2));
        Statement[] memory statements = quorumSays(10, 0, 10);
        statements[1] = statementBy(witnessSecrets[1], 1, other, 10, 0, 10);
        _expectRevert(abi.encodeWithSelector(IUptime.SignatureInvalid.selector, terms.witnesses[1]), statements);
    }

    function test_RevertWhen_ItIsAboutAnotherChain() public {
        Statement[] memory statements = quorumSays(10, 0, 10);
        redeemUp(9, 10);
        vm.chainId(block.chainid + 1);
        bytes memory both = agreed();
        vm.expectRevert(abi.encodeWithSelector(IUptime.SignatureInvalid.selector, terms.witnesses[0]));
        uptime.redeem(terms, key, both, statements);
    }

    function test_RevertWhen_ItCountsMoreThanItLookedAt() public {
        Statement[] memory statements = quorumSays(6, 4, 10);
        statements[2] = statement(2, 6, 5, 10);
        _expectRevert(abi.encodeWithSelector(IUptime.TallyImpossible.selector, 6, 5, 10), statements);
        statements[2] = statement(2, type(uint32).max, type(uint32).max, type(uint32).max);
        _expectRevert(
            abi.encodeWithSelector(
                IUptime.TallyImpossible.selector, type(uint32).max, type(uint32).max, type(uint32).max
            ),
            statements
        );
    }

    function test_RevertWhen_ItIsFromTheFuture() public {
        Statement[] memory statements = quorumSays(0, 0, 10);
        statements[2] = statement(2, 5, 0, 11);
        _expectRevert(abi.encodeWithSelector(IUptime.TallyAhead.selector, 11, 10), statements);
        passIntervals(11);
        vm.warp(block.timestamp - 1);
        _expectRevert(abi.encodeWithSelector(IUptime.TallyAhead.selector, 11, 10), statements);
    }

    function test_RevertWhen_NothingHasBegun() public {
        vm.warp(START - 1);
        _expectRevert(abi.encodeWithSelector(IUptime.TallyAhead.selector, 1, 0), quorumSays(1, 0, 1));
    }

    function test_RevertWhen_ItLooksBeyondTheLastInterval() public {
        passIntervals(uint256(INTERVALS_MAX) + 50);
        _expectRevert(
            abi.encodeWithSelector(IUptime.TallyAhead.selector, INTERVALS_MAX + 1, INTERVALS_MAX),
            quorumSays(1, 0, INTERVALS_MAX + 1)
        );
        assertEq(uptime.redeem(terms, key, agreed(), quorumSays(INTERVALS_MAX, 0, INTERVALS_MAX)), 700_000, "paid");
    }

    // ------------------------------------------------------------------------------------------------- payments

    function test_PaysWhatAQuorumVouchesFor() public {
        vm.expectEmit(address(uptime));
        emit IUptime.ServiceAgreed(digestOf(terms.hash()), terms.channel, node, terms.deployment, terms.slot);
        vm.expectEmit(address(escrow));
        emit IEscrow.RedeemedByArbiter(key.id(), 63, 63, digestOf(terms.hash()));
        vm.expectEmit(address(uptime));
        emit IUptime.IntervalsRedeemed(digestOf(terms.hash()), 9, 63);
        vm.prank(mallory);
        assertEq(redeemUp(9, 10), 63, "paid");
        assertBalance(bob, 63);
        assertBalance(mallory, 0);
        assertService(63, 0);
        assertChannel(key, DEPOSIT - 63, 0, 0);
    }

    function test_PaysTheQuorumthLargest() public {
        uint256[5] memory ups = [uint256(9), 2, 10, 7, 4];
        Statement[] memory statements = new Statement[](5);
        for (uint256 i = 0; i < 5; ++i) {
            statements[i] = statement(i, ups[i], 0, 10);
        }
        assertEq(uptime.redeem(terms, key, agreed(), statements), 7 * PRICE, "paid");
    }

    function test_PaysOnlyWhatIsNew() public {
        redeemUp(4, 10);
        assertEq(redeemUp(7, 10), 3 * PRICE, "paid");
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), quorumSays(7, 0, 10));
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), quorumSays(5, 0, 10));
        assertBalance(bob, 7 * PRICE);
    }

    function test_RevertWhen_NothingIsUp() public {
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), quorumSays(0, 10, 10));
    }

    function test_RevertWhen_ItCostsNothing() public {
        terms.pricePerInterval = 0;
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), quorumSays(10, 0, 10));
    }

    function test_NeedsNoSecondAgreement() public {
        redeemUp(4, 10);
        assertEq(uptime.redeem(terms, key, "", quorumSays(5, 0, 10)), PRICE, "paid");
    }

    function test_WhenTheDepositFallsShort_TheRestStaysDue() public {
        passIntervals(50_000);
        key = serviceKey(7);
        terms = termsOf(key);
        openFor(key, 100);
        assertEq(redeemUp(50_000, 50_000), 100, "paid");
        _expectRevert(
            abi.encodeWithSelector(IUptime.ChannelEmpty.selector, terms.channel), quorumSays(50_000, 0, 50_000)
        );
        openFor(key, 1_000_000);
        assertEq(redeemUp(50_000, 50_000), 350_000 - 100, "the rest");
        assertBalance(bob, 350_000);
    }

    /// @dev Vouchers are the buyer's own promise, and on top: see IUptime.
    function test_LeavesVouchersAlone() public {
        redeemUp(10, 10);
        assertEq(pay(key, 500), 500, "paid");
        assertBalance(bob, 500 + 10 * PRICE);
    }

    // ---------------------------------------------------------------------------------------------------- close

    function test_WhenThePayerCloses_CertifiedIntervalsCanBeRedeemedUntilThen() public {
        vm.prank(alice);
        uint256 closeAt = escrow.requestClose(key);
        vm.warp(closeAt - 1);
        uint256 passed = (closeAt - 1 - START) / INTERVAL_SEC;
        assertEq(redeemUp(passed, passed), passed * PRICE, "paid");
        vm.warp(closeAt);
        escrow.close(key);
        _expectRevert(
            abi.encodeWithSelector(IUptime.ChannelEmpty.selector, terms.channel), quorumSays(passed + 1, 0, passed + 1)
        );
        assertBalance(alice, DEPOSIT - passed * PRICE);
    }

    function test_WhenThePayerCannotCloseBeforeTheDelay() public {
        vm.startPrank(alice);
        uint256 closeAt = escrow.requestClose(key);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.CloseTooEarly.selector, closeAt));
        escrow.close(key);
        vm.stopPrank();
        assertEq(redeemUp(10, 10), 10 * PRICE, "paid");
    }

    // ----------------------------------------------------------------------------------------------------- views

    function test_Certified_SaysWhatStatementsAreWorth() public {
        Statement[] memory statements = allSay(5, 6, 2, 10);
        statements[1] = statement(1, 9, 1, 10);
        statements[3] = statement(3, 0, 0, 0);
        (uint256 up, uint256 down) = uptime.certified(terms, statements);
        assertEq(up, 6, "up");
        assertEq(down, 2, "down");
        terms.quorum = 2;
        vm.expectRevert(abi.encodeWithSelector(IUptime.QuorumInvalid.selector, 2, 5));
        uptime.certified(terms, statements);
    }

    function test_Elapsed_CountsWholeIntervals() public {
        vm.warp(START - 5);
        assertEq(uptime.elapsed(terms), 0, "before");
        vm.warp(START + INTERVAL_SEC - 1);
        assertEq(uptime.elapsed(terms), 0, "the first is not over");
        vm.warp(START + INTERVAL_SEC);
        assertEq(uptime.elapsed(terms), 1, "the first is over");
        vm.warp(type(uint64).max);
        assertEq(uptime.elapsed(terms), INTERVALS_MAX, "the last is over");
        terms.intervalSec = 0;
        vm.expectRevert(IUptime.TermsInvalid.selector);
        uptime.elapsed(terms);
    }

    function test_KnowsItsContracts() public view {
        vm.assertEq(uptime.escrow(), address(escrow), "escrow");
        vm.assertEq(uptime.bonds(), address(bonds), "bonds");
        vm.assertEq(uptime.termsDigest(terms), digestOf(terms.hash()), "digest");
    }

    // ------------------------------------------------------------------------------------------------------ fuzz

    /// @dev Against the plain reading: so many witnesses say at least so many.
    function testFuzz_PaysTheLargestNumberThatAQuorumVouchesFor(uint256[5] memory ups, uint256 speakers) public {
        uint256 count;
        Statement[] memory statements = new Statement[](5);
        for (uint256 i = 0; i < 5; ++i) {
            ups[i] = bound(ups[i], 0, 10);
            if ((speakers >> i) & 1 == 1) statements[count++] = statement(i, ups[i], 0, 10);
        }
        if (count < QUORUM) return;
        assembly ("memory-safe") {
            mstore(statements, count)
        }
        uint256 expected;
        for (uint256 candidate = 1; candidate <= 10; ++candidate) {
            uint256 vouching;
            for (uint256 i = 0; i < count; ++i) {
                if (statements[i].up >= candidate) ++vouching;
            }
            if (vouching >= QUORUM) expected = candidate;
        }
        if (expected == 0) {
            _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), statements);
        } else {
            assertEq(uptime.redeem(terms, key, agreed(), statements), expected * PRICE, "paid");
        }
    }

    function _expectRevert(bytes memory reason, Statement[] memory statements) private {
        bytes memory both = agreed();
        ChannelKey memory key_ = key;
        ServiceTerms memory terms_ = terms;
        vm.expectRevert(reason);
        uptime.redeem(terms_, key_, both, statements);
    }
}
