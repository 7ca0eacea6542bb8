// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../src/interfaces/IBonds.sol";
import {IUptime} from "../../src/interfaces/IUptime.sol";
import {ServiceTerms} from "../../src/messages/ServiceTerms.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {Statement} from "../../src/types/Statement.sol";
import {UptimeFixture} from "../utils/UptimeFixture.sol";
import {vm} from "../utils/Vm.sol";

contract UptimeCreditTest is UptimeFixture {
    function setUp() public override {
        super.setUp();
        passIntervals(10);
    }

    // ---------------------------------------------------------------------------------------------------- credits

    function test_CreditsWhatAQuorumVouchesFor_ToThePayer() public {
        (uint256 before,,) = bonds.bondOf(address(token), bob);
        bytes32 digest = digestOf(terms.hash());
        vm.expectEmit(address(bonds));
        emit IBonds.Slashed(address(token), bob, digest, address(uptime), alice, 44, address(0), 0, 11);
        vm.expectEmit(address(uptime));
        emit IUptime.IntervalsCredited(digest, bob, 4, 44);
        vm.prank(mallory);
        assertEq(creditDown(4, 10), 4 * CREDIT, "paid");
        assertEq(bonds.claimable(address(token), alice), 4 * CREDIT, "alice");
        assertEq(bonds.claimable(address(token), mallory), 0, "mallory");
        (uint256 left,,) = bonds.bondOf(address(token), bob);
        assertEq(before - left, 55, "debited, the burnt share with it");
        assertService(0, 44);
    }

    function test_CreditsTheQuorumthLargest() public {
        uint256[5] memory downs = [uint256(0), 8, 3, 10, 5];
        Statement[] memory statements = new Statement[](5);
        for (uint256 i = 0; i < 5; ++i) {
            statements[i] = statement(i, 0, downs[i], 10);
        }
        assertEq(uptime.credit(terms, key, agreed(), statements), 5 * CREDIT, "paid");
    }

    function test_CreditsOnlyWhatIsNew() public {
        creditDown(4, 10);
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), quorumSays(0, 4, 10));
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), quorumSays(0, 1, 10));
        assertEq(creditDown(6, 10), 2 * CREDIT, "paid");
        assertEq(bonds.claimable(address(token), alice), 6 * CREDIT, "alice");
    }

    function test_RevertWhen_NothingIsDown() public {
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), quorumSays(10, 0, 10));
    }

    function test_RevertWhen_NoCreditWasPromised() public {
        terms.creditPerInterval = 0;
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), quorumSays(0, 10, 10));
    }

    function test_RevertWhen_LessThanAQuorumSpeaks() public {
        _expectRevert(abi.encodeWithSelector(IUptime.QuorumMissing.selector, 2, 3), allSay(2, 0, 10, 10));
    }

    function test_RevertWhen_ItIsFromTheFuture() public {
        _expectRevert(abi.encodeWithSelector(IUptime.TallyAhead.selector, 11, 10), quorumSays(0, 1, 11));
    }

    // ----------------------------------------------------------------------------------------------------- bonds

    function test_RevertWhen_NobodyAnswersForTheProvider() public {
        terms.provider = vm.addr(SESSION_SECRET + 1);
        bytes32 digest = digestOf(terms.hash());
        bytes memory both = bytes.concat(signCompact(SESSION_SECRET, digest), signCompact(SESSION_SECRET + 1, digest));
        Statement[] memory statements = quorumSays(0, 4, 10);
        vm.expectRevert(abi.encodeWithSelector(IUptime.ProviderUnknown.selector, terms.provider));
        uptime.credit(terms, key, both, statements);
    }

    function test_AboveTheExposure_TheRestStaysDue() public {
        (key, terms) = _cheapExposure(100);
        // 100 exposed pay 80 and burn 20.
        assertEq(creditDown(10, 10), 80, "paid");
        _expectRevert(abi.encodeWithSelector(IUptime.BondEmpty.selector, bob), quorumSays(0, 10, 10));
        vm.prank(bob);
        bonds.expose(address(token), address(uptime), 1000);
        assertEq(creditDown(10, 10), 30, "the rest");
        assertEq(bonds.claimable(address(token), alice), 10 * CREDIT, "alice");
    }

    /// @dev Exposing dust does not wipe out a debt: what was not paid stays due, to the last unit.
    function test_DustByDust_PaysNoLess() public {
        (key, terms) = _cheapExposure(2);
        uint256 paid = creditDown(1, 10);
        for (uint256 i = 0; i < 40 && paid < CREDIT; ++i) {
            vm.prank(bob);
            bonds.expose(address(token), address(uptime), 2);
            paid += creditDown(1, 10);
        }
        assertEq(paid, CREDIT, "paid");
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), quorumSays(0, 1, 10));
    }

    // -------------------------------------------------------------------------------------- both ways, once each

    function test_UpAndDown_ShareTheIntervalsThatHavePassed() public {
        redeemUp(6, 10);
        assertEq(creditDown(4, 10), 4 * CREDIT, "credited");
        passIntervals(11);
        assertEq(redeemUp(7, 11), PRICE, "paid");
    }

    /// @dev A quorum of liars certifies the same intervals both ways. Whichever is first is paid.
    function test_BothCertified_RedeemedFirst_CreditsNothing() public {
        redeemUp(10, 10);
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), quorumSays(0, 10, 10));
        passIntervals(12);
        assertEq(creditDown(12, 12), 2 * CREDIT, "credited");
        assertService(10 * PRICE, 2 * CREDIT);
    }

    function test_BothCertified_CreditedFirst_PaysNothing() public {
        creditDown(10, 10);
        bytes memory both = agreed();
        Statement[] memory statements = quorumSays(10, 0, 10);
        vm.expectRevert(IUptime.NothingDue.selector);
        uptime.redeem(terms, key, both, statements);
        passIntervals(12);
        assertEq(redeemUp(12, 12), 2 * PRICE, "paid");
        assertService(2 * PRICE, 10 * CREDIT);
    }

    /// @dev An interval that the deposit paid in part is not credited besides.
    function test_PaidInPart_CountsAsPaid() public {
        key = serviceKey(9);
        terms = termsOf(key);
        openFor(key, 3 * PRICE + 1);
        assertEq(redeemUp(10, 10), 3 * PRICE + 1, "paid");
        assertEq(creditDown(10, 10), 6 * CREDIT, "credited");
    }

    // ----------------------------------------------------------------------------------------------------- helpers

    /// @dev Lowers what bob has exposed, and starts the service anew.
    function _cheapExposure(uint256 exposed) private returns (ChannelKey memory, ServiceTerms memory) {
        vm.startPrank(bob);
        bonds.requestReduce(address(token), address(uptime), exposed);
        vm.warp(block.timestamp + bonds.EXIT_DELAY_SEC());
        bonds.reduce(address(token), address(uptime));
        vm.stopPrank();
        terms.startsAt = uint64(block.timestamp - 10 * INTERVAL_SEC);
        return (key, terms);
    }

    function _expectRevert(bytes memory reason, Statement[] memory statements) private {
        bytes memory both = agreed();
        ChannelKey memory key_ = key;
        ServiceTerms memory terms_ = terms;
        vm.expectRevert(reason);
        uptime.credit(terms_, key_, both, statements);
    }
}
