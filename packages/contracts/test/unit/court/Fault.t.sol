// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../../../src/interfaces/ICourt.sol";
import {Case} from "../../../src/types/Case.sol";
import {Filing} from "../../../src/types/Filing.sol";
import {Outcome} from "../../../src/types/Stage.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract FaultTest is CourtFixture {
    function test_RevertWhen_CallerIsNeitherPayerNorSigner() public {
        address[3] memory others = [bob, node, mallory];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectRevert(others[i], abi.encodeWithSelector(ICourt.CallerNotParty.selector, others[i]));
        }
    }

    function test_RevertWhen_ReceiptStatesNoResult() public {
        receipt.result = 0;
        _expectRevert(alice, abi.encodeWithSelector(ICourt.NoResult.selector));
    }

    function test_RevertWhen_SevenDaysAreOver() public {
        uint256 lastSec = receipt.issuedAt + 7 days;
        vm.warp(lastSec + 1);
        _expectRevert(alice, abi.encodeWithSelector(ICourt.FaultTooLate.selector, lastSec));
        vm.warp(lastSec);
        openFault();
    }

    function test_RevertWhen_ThereWasSuchACase() public {
        openFault();
        _expectRevert(session, abi.encodeWithSelector(ICourt.CaseExists.selector, id));
    }

    function test_RevertWhen_ProviderDidNotSignTheReceipt() public {
        Filing memory filing_ = filing(ALICE_CHAIN);
        filing_.receiptSignature = signCompact(MALLORY_SECRET, receiptDigest(receipt));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICourt.SignatureInvalid.selector, node));
        court.fault(filing_);
    }

    function test_HoldsNothing() public {
        openFault();
        vm.assertEq(escrow.heldUntil(channelId()), 0, "held");
    }

    function test_AgainstASilentProvider_CompensatesWhatWasPaid() public {
        pay(key, DUE);
        openFault();
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE);
        vm.assertEq(bonds.claimable(address(token), alice), DUE, "compensation");
        assertStake(alice, STAKES);
    }

    function test_CompensatesNoMoreThanTheReceiptCharges() public {
        pay(key, 900);
        openFault();
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE);
    }

    function test_CompensatesNothing_WhenNothingWasPaid() public {
        openFault();
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, 0);
        vm.assertEq(bonds.claimable(address(token), alice), 0, "compensation");
    }

    function test_CompensatesWhatAClaimWasAwarded() public {
        openClaim();
        pastDeadline();
        finalise();
        openFault();
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE);
    }

    /// @dev A claim that is still open has a hash where the award will be, and nothing was awarded yet.
    function test_DoesNotCountAClaimThatIsOpen() public {
        openFault();
        vm.warp(block.timestamp + 1 days);
        Filing memory filing_ = filing(BOB_CHAIN);
        vm.prank(bob);
        court.claim(filing_, noStatement());
        pastDeadline();
        (, uint256 awarded) = finalise();
        vm.assertEq(awarded, 0, "awarded");
    }

    function test_CompensatesNoMoreThanIsExposed() public {
        vm.prank(bob);
        bonds.requestReduce(address(token), address(court), 50);
        vm.warp(block.timestamp + bonds.EXIT_DELAY_SEC());
        vm.prank(bob);
        bonds.reduce(address(token), address(court));
        receipt.issuedAt = uint64(block.timestamp);
        pay(key, DUE);
        openFault();
        pastDeadline();
        finalise();
        // A fifth of the exposure is burnt.
        assertClosed(Outcome.Upheld, 40);
    }

    function test_OfAProviderThatNobodyAnswersFor_EndsAllTheSame() public {
        pay(key, DUE);
        uint256 stranger = 0x57A;
        bid.provider = vm.addr(stranger);
        receipt.agreement = agreementId();
        Filing memory filing_ = filing(ALICE_CHAIN);
        filing_.receiptSignature = signCompact(stranger, receiptDigest(receipt));
        vm.prank(session);
        court.fault(filing_);
        Case memory facts_ = faultFacts();
        facts_.plaintiff = session;
        rememberOpened(facts_, session, filing_.anchor, block.timestamp);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, 0);
        assertStake(session, STAKES);
    }

    /// @dev Nobody is better off by having his own bond slashed for a job he bought from himself.
    function test_SuingOneselfDoesNotPay() public {
        pay(key, DUE);
        (uint256 before,,) = bonds.bondOf(address(token), bob);
        openFault();
        pastDeadline();
        finalise();
        (uint256 left,,) = bonds.bondOf(address(token), bob);
        assertEq(before - left, DUE + DUE / 4, "debited");
        assertEq(bonds.claimable(address(token), alice), DUE, "paid");
    }

    function _expectRevert(address caller, bytes memory reason) private {
        Filing memory filing_ = filing(ALICE_CHAIN);
        vm.prank(caller);
        vm.expectRevert(reason);
        court.fault(filing_);
    }
}
