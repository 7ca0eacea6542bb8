// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../../../src/interfaces/ICourt.sol";
import {Case} from "../../../src/types/Case.sol";
import {ChannelId} from "../../../src/types/ChannelId.sol";
import {Filing, Statement} from "../../../src/types/Filing.sol";
import {Outcome} from "../../../src/types/Stage.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract ClaimTest is CourtFixture {
    function test_RevertWhen_CallerIsNeitherPayeeNorProvider() public {
        address[3] memory others = [alice, session, mallory];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectRevert(others[i], abi.encodeWithSelector(ICourt.CallerNotParty.selector, others[i]));
        }
    }

    function test_RevertWhen_ArbiterIsAnother() public {
        key.arbiter = mallory;
        receipt.agreement = agreementId();
        _expectRevert(bob, abi.encodeWithSelector(ICourt.NotArbiter.selector, mallory));
    }

    function test_RevertWhen_BidPaysAnother() public {
        bid.payee = carol;
        receipt.agreement = agreementId();
        _expectRevert(bob, abi.encodeWithSelector(ICourt.PayeeMismatch.selector, carol, bob));
    }

    function test_RevertWhen_ReceiptExceedsTheBid() public {
        receipt.amount = PRICE_MAX + 1;
        _expectRevert(bob, abi.encodeWithSelector(ICourt.PriceExceeded.selector, PRICE_MAX + 1, PRICE_MAX));
    }

    function test_RevertWhen_ReceiptIsOfAnotherAgreement() public {
        receipt.agreement = keccak256("other");
        _expectRevert(bob, abi.encodeWithSelector(ICourt.AgreementMismatch.selector, receipt.agreement, agreementId()));
    }

    function test_RevertWhen_BuyerDidNotSignTheAgreement() public {
        Filing memory filing_ = filing(BOB_CHAIN);
        filing_.agreementSignature = signCompact(ALICE_SECRET, agreementId());
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICourt.SignatureInvalid.selector, session));
        court.claim(filing_, noStatement());
    }

    function test_RevertWhen_ProviderDidNotSignTheReceipt() public {
        Filing memory filing_ = filing(BOB_CHAIN);
        filing_.receiptSignature = signCompact(MALLORY_SECRET, receiptDigest(receipt));
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICourt.SignatureInvalid.selector, node));
        court.claim(filing_, noStatement());
    }

    function test_RevertWhen_NothingIsDue() public {
        Statement memory statement = noStatement();
        statement.alreadyPaid = DUE;
        Filing memory filing_ = filing(BOB_CHAIN);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NothingDue.selector, DUE, DUE));
        court.claim(filing_, statement);
    }

    function test_RevertWhen_AcknowledgedVoucherIsNotTheBuyers() public {
        Statement memory statement = _acknowledge(40);
        statement.voucherSignature = voucher(MALLORY_SECRET, key, 40);
        Filing memory filing_ = filing(BOB_CHAIN);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICourt.SignatureInvalid.selector, session));
        court.claim(filing_, statement);
    }

    function test_RevertWhen_ThereWasSuchACase() public {
        openClaim();
        receipt.sequence += 1;
        receipt.amount += 1;
        _expectRevert(bob, abi.encodeWithSelector(ICourt.CaseExists.selector, id));
        pastDeadline();
        finalise();
        _expectRevert(node, abi.encodeWithSelector(ICourt.CaseExists.selector, id));
    }

    function test_SaysAllThereIsToKnow_AndHoldsTheChannel() public {
        Statement memory statement = _acknowledge(40);
        statement.alreadyPaid = 30;
        (statement.dataRoot, statement.dataChunks) = (keccak256("data"), 5);
        Case memory expected = claimFacts(statement);
        Filing memory filing_ = filing(BOB_CHAIN);
        vm.expectEmit(address(court));
        emit ICourt.CaseOpened(
            expected.id(),
            expected.channel,
            node,
            _with(expected, node),
            filing_.anchor,
            uint48(block.timestamp + 2 days)
        );
        vm.prank(node);
        court.claim(filing_, statement);
        vm.assertEq(escrow.heldUntil(ChannelId.wrap(ChannelId.unwrap(channelId()))), block.timestamp + 20 days, "held");
        assertStake(node, STAKES - 6 * QUANTUM);
        _assertDocket(1, 0, 0);
        assertConserved(6);
    }

    function test_HoldsUntilTheLastClaim() public {
        openClaim();
        Case memory first = facts;
        anotherJob(50);
        openClaim();
        _assertDocket(2, 0, 0);
        pastDeadline();
        finalise();
        vm.assertTrue(escrow.heldUntil(channelId()) != 0, "released too early");
        _assertDocket(1, 0, 0);
        Case memory second = facts;
        rememberOpened(first, bob, anchorOf(BOB_CHAIN), block.timestamp - 2 days - 1);
        finalise();
        assertClosed(Outcome.Upheld, DUE);
        _assertDocket(0, 0, 0);
        vm.assertTrue(first.id() != second.id(), "one case");
        assertBalance(bob, DUE + 50);
    }

    function test_KeepsThePayerFromClosing_ForAsLong() public {
        vm.prank(alice);
        escrow.requestClose(key);
        openClaim();
        vm.warp(block.timestamp + CLOSE_DELAY_SEC);
        vm.prank(alice);
        vm.expectRevert();
        escrow.close(key);
        pastDeadline();
        finalise();
        vm.prank(alice);
        assertEq(escrow.close(key), DEPOSIT - DUE, "refunded");
    }

    /// @dev What cannot be paid any more is not: the stake comes back all the same.
    function test_OnAnEmptyChannel_PaysNothing() public {
        vm.prank(bob);
        escrow.close(key);
        openClaim();
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, 0);
        assertStake(bob, STAKES);
    }

    function test_OnAShortChannel_PaysWhatThereIs() public {
        pay(key, uint128(DEPOSIT) - 30);
        Statement memory statement = _acknowledge(uint128(DEPOSIT) - 30);
        openClaim(statement);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, 30);
        assertBalance(bob, DEPOSIT);
    }

    function test_PayerAndPayeeCanBeOne() public {
        key.payee = alice;
        bid.payee = alice;
        receipt.agreement = agreementId();
        openFor(key, 500);
        Filing memory filing_ = filing(BOB_CHAIN);
        vm.prank(alice);
        bytes32 id_ = court.claim(filing_, noStatement());
        Case memory facts_ = claimFacts(noStatement());
        rememberOpened(_with(facts_, alice), alice, anchorOf(BOB_CHAIN), block.timestamp);
        vm.assertEq(id_, id, "id");
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE);
        assertBalance(alice, DUE);
        assertStake(alice, STAKES);
    }

    function testFuzz_NeverAwardsMoreThanTheAgreementAllows(uint128 amount, uint128 alreadyPaid, uint128 settled)
        public
    {
        amount = uint128(bound(amount, 1, PRICE_MAX));
        alreadyPaid = uint128(bound(alreadyPaid, 0, amount - 1));
        settled = uint128(bound(settled, 0, DEPOSIT));
        receipt.amount = amount;
        Statement memory statement = noStatement();
        statement.alreadyPaid = alreadyPaid;
        openClaim(statement);
        if (settled != 0) pay(key, settled);
        pastDeadline();
        (, uint256 awarded) = finalise();
        uint256 due = amount - alreadyPaid;
        uint256 unpaid = settled < due ? due - settled : 0;
        uint256 left = DEPOSIT - settled;
        assertEq(awarded, unpaid < left ? unpaid : left, "awarded");
        vm.assertLe(awarded + alreadyPaid, PRICE_MAX, "cap");
        assertBalance(bob, settled + awarded);
    }

    function _acknowledge(uint128 cumulative) private view returns (Statement memory statement) {
        statement.cumulative = cumulative;
        statement.commitment = COMMITMENT;
        statement.voucherSignature = voucher(SESSION_SECRET, key, cumulative);
    }

    function _with(Case memory facts_, address plaintiff) private pure returns (Case memory) {
        facts_.plaintiff = plaintiff;
        return facts_;
    }

    function _assertDocket(uint256 cases, uint256 from, uint256 to) private view {
        (uint256 cases_, uint256 from_, uint256 to_) = court.docketOf(channelId());
        vm.assertEq(cases_, cases, "cases");
        vm.assertEq(from_, from, "from");
        vm.assertEq(to_, to, "to");
    }

    function _expectRevert(address caller, bytes memory reason) private {
        Filing memory filing_ = filing(BOB_CHAIN);
        vm.prank(caller);
        vm.expectRevert(reason);
        court.claim(filing_, noStatement());
    }
}
