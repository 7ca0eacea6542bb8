// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UptimeTally} from "../../src/messages/UptimeTally.sol";
import {Statement} from "../../src/types/Statement.sol";
import {UptimeFixture} from "../utils/UptimeFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice What each call costs as a transaction of its own, see {EscrowGasTest}. Five witnesses, three make a quorum.
/// forge-config: default.isolate = true
contract UptimeGasTest is UptimeFixture {
    string private constant CALLS = "uptime";

    function test_EachCall() public {
        passIntervals(20_000);
        bytes memory both = agreed();
        uptime.redeem(terms, key, both, quorumSays(1, 0, 1));
        vm.snapshotGasLastCall(CALLS, "redeem, first of the terms and the payee");
        uptime.redeem(terms, key, "", quorumSays(2, 0, 2));
        uint256 one = vm.snapshotGasLastCall(CALLS, "redeem 1 interval, 3 of 5 witnesses");
        uptime.redeem(terms, key, "", quorumSays(10_002, 0, 10_002));
        uint256 many = vm.snapshotGasLastCall(CALLS, "redeem 10000 intervals, 3 of 5 witnesses");
        // Numbers of more bytes: 16 rather than 4 gas for some of those of the calldata.
        vm.assertLe(many, one + 100, "however many intervals");
        uptime.redeem(terms, key, "", allSay(5, 10_003, 0, 10_003));
        vm.snapshotGasLastCall(CALLS, "redeem, 5 of 5 witnesses");

        UptimeTally memory tally = UptimeTally(digestOf(terms.hash()), 4, 10_004, 0, 10_004);
        bytes memory signature = signCompact(SESSION_SECRET, digestOf(tally.hash()));
        uptime.redeemByBuyer(terms, key, "", tally, signature);
        vm.snapshotGasLastCall(CALLS, "redeemByBuyer");

        uptime.credit(terms, key, "", quorumSays(0, 1, 10_004));
        vm.snapshotGasLastCall(CALLS, "credit, first of the payer");
        uptime.credit(terms, key, "", quorumSays(0, 2, 10_004));
        vm.snapshotGasLastCall(CALLS, "credit, 3 of 5 witnesses");

        vm.prank(alice);
        escrow.requestClose(key);
        vm.prank(node);
        uptime.end(terms, key, "");
        vm.snapshotGasLastCall(CALLS, "end");
    }

    function test_ManyWitnesses() public {
        witnessSecrets = sortedSecrets(31);
        terms = termsOf(key);
        terms.quorum = 16;
        passIntervals(10);
        uptime.redeem(terms, key, agreed(), allSay(16, 1, 0, 1));
        Statement[] memory statements = allSay(16, 2, 0, 2);
        uptime.redeem(terms, key, "", statements);
        vm.snapshotGasLastCall(CALLS, "redeem, 16 of 31 witnesses");
    }
}
