// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUptime} from "../../src/interfaces/IUptime.sol";
import {ServiceTerms} from "../../src/messages/ServiceTerms.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {Statement} from "../../src/types/Statement.sol";
import {UptimeFixture} from "../utils/UptimeFixture.sol";
import {vm} from "../utils/Vm.sol";

contract UptimeEndTest is UptimeFixture {
    function setUp() public override {
        super.setUp();
        passIntervals(10);
    }

    function test_RevertWhen_CallerIsNotTheProviderOrPayee() public {
        _close();
        address[3] memory others = [mallory, alice, session];
        bytes memory both = agreed();
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IUptime.CallerNotProvider.selector, others[i]));
            uptime.end(terms, key, both);
        }
    }

    function test_RevertWhen_TheChannelCanPay() public {
        bytes memory both = agreed();
        vm.prank(node);
        vm.expectRevert(abi.encodeWithSelector(IUptime.ChannelFunded.selector, terms.channel));
        uptime.end(terms, key, both);
    }

    function test_RevertWhen_EndedBefore() public {
        _close();
        _end();
        passIntervals(20);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IUptime.ServiceEndedBefore.selector, 10));
        uptime.end(terms, key, "");
    }

    function test_WhenThePayerCloses_EndsWithThePresentInterval() public {
        _close();
        vm.expectEmit(address(uptime));
        emit IUptime.ServiceEnded(digestOf(terms.hash()), 10);
        assertEq(_end(), 10, "intervals");
        (,, bool isAgreed, bool isEnded, uint256 endedAt) = uptime.serviceOf(digestOf(terms.hash()));
        vm.assertTrue(isAgreed && isEnded, "flags");
        assertEq(endedAt, 10, "endedAt");
    }

    function test_WhenThePayeeCalls_EndsToo() public {
        _close();
        bytes memory both = agreed();
        vm.prank(bob);
        uptime.end(terms, key, both);
    }

    function test_WhenTheChannelHoldsLessThanAPrice_Ends() public {
        key = serviceKey(3);
        terms = termsOf(key);
        openFor(key, PRICE);
        bytes memory both = agreed();
        vm.prank(node);
        vm.expectRevert(abi.encodeWithSelector(IUptime.ChannelFunded.selector, terms.channel));
        uptime.end(terms, key, both);
        redeemUp(1, 10);
        assertEq(_end(), 10, "intervals");
    }

    function test_BeforeItBegins_EndsAtZero() public {
        vm.warp(START - 100);
        _close();
        assertEq(_end(), 0, "intervals");
        passIntervals(30);
        _expectNoCredit(abi.encodeWithSelector(IUptime.TallyAhead.selector, 1, 0), quorumSays(0, 1, 1));
    }

    /// @dev The payer closes, the provider stops, the witnesses see it down: no credit for what was not paid for.
    function test_AfterIt_TalliesThatLookBeyondCreditNothing() public {
        _close();
        _end();
        passIntervals(30);
        _expectNoCredit(abi.encodeWithSelector(IUptime.TallyAhead.selector, 30, 10), quorumSays(0, 20, 30));
    }

    function test_AfterIt_WhatWasDownBeforeIsStillCredited() public {
        _close();
        _end();
        passIntervals(30);
        assertEq(creditDown(4, 10), 4 * CREDIT, "credited");
    }

    function test_AfterIt_WhatWasUpIsStillPaid() public {
        _close();
        _end();
        passIntervals(12);
        assertEq(redeemUp(12, 12), 12 * PRICE, "paid");
    }

    /// @dev Paid, closed, left, funded anew: what was ended stays ended.
    function test_AfterReopening_StaysEnded() public {
        vm.prank(alice);
        uint256 closeAt = escrow.requestClose(key);
        _end();
        vm.warp(closeAt);
        escrow.close(key);
        openFor(key, DEPOSIT);
        _expectNoCredit(abi.encodeWithSelector(IUptime.TallyAhead.selector, 100, 10), quorumSays(0, 100, 100));
    }

    function _close() private {
        vm.prank(alice);
        escrow.requestClose(key);
    }

    function _end() private returns (uint256) {
        bytes memory both = agreed();
        ChannelKey memory key_ = key;
        ServiceTerms memory terms_ = terms;
        vm.prank(node);
        return uptime.end(terms_, key_, both);
    }

    function _expectNoCredit(bytes memory reason, Statement[] memory statements) private {
        ChannelKey memory key_ = key;
        ServiceTerms memory terms_ = terms;
        vm.expectRevert(reason);
        uptime.credit(terms_, key_, "", statements);
    }
}
