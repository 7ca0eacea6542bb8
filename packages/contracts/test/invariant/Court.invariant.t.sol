// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../utils/Test.sol";
import {CourtHandler} from "./CourtHandler.sol";

/// @notice See README.md beside this file. Fewer runs than others, each a long one: a case takes many calls.
/// forge-config: default.invariant.runs = 6
/// forge-config: default.invariant.depth = 160
/// forge-config: long.invariant.runs = 64
/// forge-config: long.invariant.depth = 400
contract CourtInvariantTest is Test {
    CourtHandler private handler;

    function setUp() public {
        handler = new CourtHandler();
        bytes4[] memory calls = new bytes4[](14);
        calls[0] = CourtHandler.claim.selector;
        calls[1] = CourtHandler.fault.selector;
        calls[2] = CourtHandler.dispute.selector;
        calls[3] = CourtHandler.data.selector;
        calls[4] = CourtHandler.draw.selector;
        calls[5] = CourtHandler.vote.selector;
        calls[6] = CourtHandler.end.selector;
        calls[7] = CourtHandler.closePaid.selector;
        calls[8] = CourtHandler.payVoucher.selector;
        calls[9] = CourtHandler.seat.selector;
        calls[10] = CourtHandler.wait.selector;
        // What takes a case further, again: or few would get far.
        calls[11] = CourtHandler.dispute.selector;
        calls[12] = CourtHandler.draw.selector;
        calls[13] = CourtHandler.vote.selector;
        targetOnly(address(handler), calls);
    }

    /// @dev Holds are there for open claims and no longer; a case ends once, and never pays beyond its agreement.
    function invariant_EveryStakeIsSomebodysOwn() public view {
        handler.assertMoney();
        handler.assertHolds();
        handler.assertClosedForEver();
    }

    /// @dev From wherever the run has come to.
    function invariant_EveryDisputeEnds() public {
        handler.endAll();
        assertEq(handler.runningCount(), 0, "running");
        handler.assertMoney();
        handler.assertHolds();
        handler.assertClosedForEver();
    }
}
