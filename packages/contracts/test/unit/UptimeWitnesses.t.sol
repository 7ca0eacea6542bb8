// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ServiceTerms} from "../../src/messages/ServiceTerms.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {Statement} from "../../src/types/Statement.sol";
import {UptimeFixture} from "../utils/UptimeFixture.sol";
import {WitnessWorld, WitnessWorlds} from "../utils/WitnessWorld.sol";
import {vm} from "../utils/Vm.sol";

/// @notice What witnesses can do to a provider and a buyer, however they carry on: the promises of docs/uptime.md.
contract UptimeWitnessesTest is UptimeFixture {
    uint256 private constant INTERVALS = 24;

    /// @dev With fewer liars than a quorum, and any number of others silent, blind or dead.
    function testFuzz_HarmNobodyBeyondOneInterval(uint256 seed) public {
        WitnessWorld memory world = WitnessWorlds.create(seed);
        for (uint256 i = 0; i < INTERVALS; ++i) {
            world.step();
            // Each time it has to stop, one interval at the most was served for nothing.
            vm.assertLe(world.served - world.covered(), world.lapses, "one interval for each lapse");
        }
        passIntervals(INTERVALS);

        // What was covered when it was served can be redeemed at any time after, whatever the witnesses do then.
        uint256 covered = world.covered();
        uint256 paid = _redeem(_statements(world, false, false));
        assertEq(paid, covered * PRICE, "covered");
        vm.assertLe(world.served * PRICE, paid + world.lapses * PRICE, "served for nothing");

        // The liars sign whatever the provider wishes; then whatever the buyer does.
        paid += _redeem(_statements(world, true, true));
        vm.assertLe(paid, world.served * PRICE, "paid for what was not served");
        uint256 credited = _credit(_statements(world, true, false));
        vm.assertLe(credited, world.gone * CREDIT, "credited for what was served");
        assertService(paid, credited);
    }

    /// @dev The test above would be worth little in a world where all goes well, or nothing happens.
    function test_TheWorldHasSomeOfEverything() public pure {
        uint256 covered;
        uint256 uncovered;
        uint256 lapses;
        uint256 down;
        uint256 liars;
        for (uint256 seed = 0; seed < 40; ++seed) {
            WitnessWorld memory world = WitnessWorlds.create(seed);
            for (uint256 i = 0; i < INTERVALS; ++i) {
                world.step();
            }
            covered += world.covered();
            uncovered += world.served - world.covered();
            lapses += world.lapses;
            down += world.certifiedDown;
            for (uint256 i = 0; i < 5; ++i) {
                if (world.lies(i)) ++liars;
            }
        }
        vm.assertTrue(covered > 100 && uncovered > 10 && lapses > 20 && down > 50 && liars > 30, "some of everything");
    }

    /// @dev The case the name speaks of, drawn out: a majority falls silent at some interval and stays so.
    function testFuzz_AMajorityFallsSilent(uint256 last) public {
        last = bound(last, 1, 50);
        // Up to `last` everybody signs; the provider serves interval number `last`, gets no tally for it, and stops.
        uint256 served = last + 1;
        passIntervals(60);
        uint256 paid = _redeem(allSay(5, last, 0, last));
        assertEq(served * PRICE - paid, PRICE, "one interval");
        // Nobody can do anything any more, to either of them.
        Statement[] memory minority = new Statement[](2);
        minority[0] = statement(3, 60, 0, 60);
        minority[1] = statement(4, 60, 0, 60);
        assertEq(_redeem(minority), 0, "paid");
        minority[0] = statement(3, last, 60 - last, 60);
        minority[1] = statement(4, last, 60 - last, 60);
        assertEq(_credit(minority), 0, "credited");
        // Not with old tallies of the others either.
        Statement[] memory mixed = allSay(5, last, 0, last);
        mixed[3] = statement(3, last, 60 - last, 60);
        mixed[4] = statement(4, last, 60 - last, 60);
        assertEq(_credit(mixed), 0, "credited with old tallies");
        mixed[3] = statement(3, 60, 0, 60);
        mixed[4] = statement(4, 60, 0, 60);
        assertEq(_redeem(mixed), 0, "paid with old tallies");
        // And the money is not locked.
        vm.prank(alice);
        vm.warp(escrow.requestClose(key));
        assertEq(escrow.close(key), DEPOSIT - paid, "refunded");
    }

    /// @dev Two see it up, two see it down, one is dead: no money moves, however long.
    function testFuzz_AnEvenSplitMovesNothing(uint256 intervals) public {
        intervals = bound(intervals, 1, INTERVALS_MAX);
        passIntervals(intervals);
        Statement[] memory split = new Statement[](4);
        split[0] = statement(0, intervals, 0, intervals);
        split[1] = statement(1, 0, intervals, intervals);
        split[2] = statement(2, intervals, 0, intervals);
        split[3] = statement(3, 0, intervals, intervals);
        assertEq(_redeem(split), 0, "paid");
        assertEq(_credit(split), 0, "credited");
    }

    /// @dev Why tallies count certificates and not what a witness saw itself. Each of five witnesses misses the provider
    /// in two intervals of five, in turn; in every interval three see it. Counted by what each saw, three of five
    /// intervals are up and two are down; by certificates, all five are up.
    function test_CountingWhatEachSawItselfWouldBeWrong() public {
        uint256 certifiedUp;
        uint256[5] memory sawUp;
        for (uint256 i = 0; i < 5; ++i) {
            uint256 votes;
            for (uint256 witness = 0; witness < 5; ++witness) {
                if (i == witness || i == (witness + 1) % 5) continue;
                ++votes;
                ++sawUp[witness];
            }
            if (votes >= QUORUM) ++certifiedUp;
        }
        assertEq(certifiedUp, 5, "certified");
        passIntervals(5);
        Statement[] memory wrong = new Statement[](5);
        for (uint256 witness = 0; witness < 5; ++witness) {
            wrong[witness] = statement(witness, sawUp[witness], 5 - sawUp[witness], 5);
        }
        (uint256 up, uint256 down) = uptime.certified(terms, wrong);
        assertEq(up, 3, "by what they saw");
        assertEq(down, 2, "by what they missed");
        (up, down) = uptime.certified(terms, allSay(5, certifiedUp, 0, 5));
        assertEq(up, 5, "by certificates");
        assertEq(down, 0, "by certificates");
    }

    // --------------------------------------------------------------------------------------------------- helpers

    /// @dev The last tally of each witness that ever signed one; if asked to, liars say what helps one side most.
    function _statements(WitnessWorld memory world, bool lying, bool forProvider)
        private
        view
        returns (Statement[] memory statements)
    {
        uint256 count;
        statements = new Statement[](5);
        for (uint256 i = 0; i < 5; ++i) {
            if (lying && world.lies(i)) {
                (uint256 up, uint256 down) = forProvider ? (world.passed, uint256(0)) : (uint256(0), world.passed);
                statements[count++] = statement(i, up, down, world.passed);
            } else if (world.throughs[i] != 0) {
                statements[count++] = statement(i, world.ups[i], world.downs[i], world.throughs[i]);
            }
        }
        assembly ("memory-safe") {
            mstore(statements, count)
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
