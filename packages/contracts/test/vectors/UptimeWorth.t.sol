// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ServiceTerms} from "../../src/messages/ServiceTerms.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {Statement} from "../../src/types/Statement.sol";
import {UptimeFixture} from "../utils/UptimeFixture.sol";
import {vm} from "../utils/Vm.sol";
import {VectorCase, VectorFile, VectorFiles} from "./VectorFile.sol";

/// @notice What the TypeScript side says that statements are worth, the contract pays: redeemed first and then credited,
/// and the other way round.
contract UptimeWorthTest is UptimeFixture {
    uint64 private _salt = 1000;

    function test_PaysWhatTypeScriptSays() public {
        VectorFile memory file = VectorFiles.open("uptime-worth");
        uint256 count = file.count();
        for (uint256 i = 0; i < count; ++i) {
            VectorCase memory c = file.caseAt(i);
            _begin(c);
            Statement[] memory statements = _statementsOf(c);
            (uint256 up, uint256 down) = uptime.certified(terms, statements);
            assertEq(up, c.number("up"), c.text("name"));
            assertEq(down, c.number("down"), c.text("name"));
            assertEq(_redeem(statements), c.number("redeemedFirst"), c.text("name"));
            assertEq(_credit(statements), c.number("creditedThen"), c.text("name"));

            _begin(c);
            statements = _statementsOf(c);
            assertEq(_credit(statements), c.number("creditedFirst"), c.text("name"));
            assertEq(_redeem(statements), c.number("redeemedThen"), c.text("name"));
        }
    }

    /// @dev A service like none before, of which as many intervals have passed as the case says.
    function _begin(VectorCase memory c) private {
        witnessSecrets = sortedSecrets(c.number("witnesses"));
        key = serviceKey(++_salt);
        ServiceTerms memory made = termsOf(key);
        made.quorum = uint8(c.number("quorum"));
        made.pricePerInterval = uint128(c.number("price"));
        made.creditPerInterval = uint128(c.number("credit"));
        terms = made;
        openFor(key, DEPOSIT);
        passIntervals(c.number("elapsed"));
    }

    function _statementsOf(VectorCase memory c) private view returns (Statement[] memory statements) {
        uint256[] memory speakers = c.numbers("speakers");
        uint256[] memory ups = c.numbers("ups");
        uint256[] memory downs = c.numbers("downs");
        uint256[] memory throughs = c.numbers("throughs");
        statements = new Statement[](speakers.length);
        for (uint256 i = 0; i < speakers.length; ++i) {
            statements[i] = statement(speakers[i], ups[i], downs[i], throughs[i]);
        }
    }

    function _redeem(Statement[] memory statements) private returns (uint256 paid) {
        (ServiceTerms memory terms_, ChannelKey memory key_, bytes memory both) = (terms, key, agreed());
        try uptime.redeem(terms_, key_, both, statements) returns (uint256 paid_) {
            paid = paid_;
        } catch {}
    }

    function _credit(Statement[] memory statements) private returns (uint256 paid) {
        (ServiceTerms memory terms_, ChannelKey memory key_, bytes memory both) = (terms, key, agreed());
        try uptime.credit(terms_, key_, both, statements) returns (uint256 paid_) {
            paid = paid_;
        } catch {}
    }
}
