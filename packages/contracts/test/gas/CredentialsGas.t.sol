// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Credential} from "../../src/messages/Credential.sol";
import {CredentialsFixture} from "../utils/CredentialsFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice What each call costs as a transaction of its own, see {EscrowGasTest}.
/// forge-config: default.isolate = true
contract CredentialsGasTest is CredentialsFixture {
    string private constant CALLS = "credentials";

    function test_EachCall() public {
        Credential memory credential = credentialOf(5);
        bytes32 digest = digestOf(credential);
        vm.startPrank(ivy);
        credentials.revoke(0, type(uint256).max);
        vm.snapshotGasLastCall(CALLS, "revoke 256, in a word never used");
        credentials.revoke(1, 1);
        credentials.revoke(1, type(uint256).max);
        uint256 whole = vm.snapshotGasLastCall(CALLS, "revoke 256, in a word used before");
        vm.assertLe(whole, 29_000, "revoke 256");
        credentials.revoke(2, 1);
        credentials.revoke(2, 2);
        vm.snapshotGasLastCall(CALLS, "revoke one, in a word used before");
        credentials.anchor(digest);
        vm.snapshotGasLastCall(CALLS, "anchor");
        credentials.markCompromised(uint64(block.timestamp));
        vm.snapshotGasLastCall(CALLS, "markCompromised");
    }
}
