// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUptime} from "../../src/interfaces/IUptime.sol";
import {ServiceTerms} from "../../src/messages/ServiceTerms.sol";
import {UptimeTally} from "../../src/messages/UptimeTally.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {Statement} from "../../src/types/Statement.sol";
import {UptimeFixture} from "../utils/UptimeFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice A buyer that is there signs the tally itself.
contract UptimeBuyerTest is UptimeFixture {
    function setUp() public override {
        super.setUp();
        passIntervals(10);
    }

    function test_PaysOnTheBuyersWordAlone() public {
        vm.expectEmit(address(uptime));
        emit IUptime.IntervalsRedeemed(digestOf(terms.hash()), 8, 8 * PRICE);
        assertEq(_redeem(_tally(8, 1, 10), SESSION_SECRET), 8 * PRICE, "paid");
        assertBalance(bob, 8 * PRICE);
    }

    /// @dev One counter for both ways: nothing is paid twice.
    function test_SharesTheCounterWithTheWitnesses() public {
        _redeem(_tally(8, 0, 10), SESSION_SECRET);
        assertEq(redeemUp(9, 10), PRICE, "by the witnesses");
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), _tally(9, 0, 10), SESSION_SECRET);
        assertEq(_redeem(_tally(10, 0, 10), SESSION_SECRET), PRICE, "by the buyer");
        assertService(10 * PRICE, 0);
    }

    function test_RevertWhen_SomebodyElseSigned() public {
        uint256[4] memory others = [ALICE_SECRET, NODE_SECRET, witnessSecrets[0], MALLORY_SECRET];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectRevert(
                abi.encodeWithSelector(IUptime.SignatureInvalid.selector, session), _tally(8, 0, 10), others[i]
            );
        }
    }

    function test_RevertWhen_ItIsAboutOtherTerms() public {
        UptimeTally memory tally = _tally(8, 0, 10);
        tally.terms = digestOf(termsOf(serviceKey(2)).hash());
        _expectRevert(abi.encodeWithSelector(IUptime.SignatureInvalid.selector, session), tally, SESSION_SECRET);
    }

    function test_RevertWhen_ItIsImpossibleOrAhead() public {
        _expectRevert(
            abi.encodeWithSelector(IUptime.TallyImpossible.selector, 8, 3, 10), _tally(8, 3, 10), SESSION_SECRET
        );
        _expectRevert(abi.encodeWithSelector(IUptime.TallyAhead.selector, 11, 10), _tally(8, 3, 11), SESSION_SECRET);
    }

    /// @dev What the witnesses say of the provider, the buyer cannot say alone.
    function test_CannotCreditItself() public {
        Statement[] memory statements = new Statement[](3);
        for (uint256 i = 0; i < 3; ++i) {
            statements[i] = statementBy(SESSION_SECRET, i, terms, 0, 10, 10);
        }
        bytes memory both = agreed();
        vm.expectRevert(abi.encodeWithSelector(IUptime.SignatureInvalid.selector, terms.witnesses[0]));
        uptime.credit(terms, key, both, statements);
    }

    /// @dev Intervals that were credited are not paid for besides, whoever says so.
    function test_PaysNothingForWhatWasCredited() public {
        creditDown(10, 10);
        _expectRevert(abi.encodeWithSelector(IUptime.NothingDue.selector), _tally(10, 0, 10), SESSION_SECRET);
    }

    function _tally(uint256 up, uint256 down, uint256 through) private view returns (UptimeTally memory) {
        return UptimeTally(digestOf(terms.hash()), 4, uint32(up), uint32(down), uint32(through));
    }

    function _redeem(UptimeTally memory tally, uint256 secret) private returns (uint256) {
        return uptime.redeemByBuyer(terms, key, agreed(), tally, signCompact(secret, digestOf(tally.hash())));
    }

    function _expectRevert(bytes memory reason, UptimeTally memory tally, uint256 secret) private {
        bytes memory both = agreed();
        bytes memory signature = signCompact(secret, digestOf(tally.hash()));
        ChannelKey memory key_ = key;
        ServiceTerms memory terms_ = terms;
        vm.expectRevert(reason);
        uptime.redeemByBuyer(terms_, key_, both, tally, signature);
    }
}
