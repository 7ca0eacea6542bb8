// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReceiptLog} from "../../src/libraries/ReceiptLog.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {compact} from "../utils/CompactSignature.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice What each call costs as a transaction of its own: base, calldata and refunds included. The figures are
/// committed in `snapshots/`, and a run that gives others fails.
/// forge-config: default.isolate = true
contract EscrowGasTest is EscrowFixture {
    string private constant CALLS = "calls";
    string private constant JOBS = "jobs";

    function test_EachCall() public {
        ChannelKey memory key = sessionKey();
        vm.prank(alice);
        escrow.deposit(address(token), alice, 10 ether);
        vm.snapshotGasLastCall(CALLS, "deposit, first");
        vm.prank(alice);
        escrow.deposit(address(token), alice, 10 ether);
        vm.snapshotGasLastCall(CALLS, "deposit, again");
        vm.prank(alice);
        escrow.open(key, 1 ether);
        vm.snapshotGasLastCall(CALLS, "open, first");
        vm.prank(alice);
        escrow.open(key, 1 ether);
        vm.snapshotGasLastCall(CALLS, "open, top-up");

        _redeem(key, 0.1 ether);
        vm.snapshotGasLastCall(CALLS, "redeem, payee's first ever");
        _redeem(key, 0.2 ether);
        uint256 steady = vm.snapshotGasLastCall(CALLS, "redeem, steady");
        vm.assertLe(steady, 41_000, "redeem, steady");

        vm.prank(bob);
        escrow.withdraw(address(token), bob, 0.1 ether);
        vm.snapshotGasLastCall(CALLS, "withdraw, first");
        vm.prank(bob);
        escrow.withdraw(address(token), bob, 0.05 ether);
        vm.snapshotGasLastCall(CALLS, "withdraw, again");
        vm.prank(alice);
        escrow.requestClose(key);
        vm.snapshotGasLastCall(CALLS, "requestClose");
        vm.warp(block.timestamp + CLOSE_DELAY_SEC);
        escrow.close(key);
        vm.snapshotGasLastCall(CALLS, "close, after the delay");
    }

    /// @dev Its address in the calldata is all that it costs, until somebody else than the payee closes: that asks whether
    /// there is a hold.
    function test_ChannelThatNamesAnArbiter() public {
        _settlePayee();
        ChannelKey memory key = keyOf(alice, bob, session, uint64(uint256(keccak256("salt"))));
        key.arbiter = address(uint160(uint256(keccak256("a court"))));
        vm.prank(alice);
        escrow.depositAndOpen(key, 1 ether);
        vm.snapshotGasLastCall(CALLS, "depositAndOpen, arbiter named");
        _redeem(key, 0.1 ether);
        _redeem(key, 0.2 ether);
        uint256 steady = vm.snapshotGasLastCall(CALLS, "redeem, steady, arbiter named");
        vm.assertLe(steady, 41_000, "redeem, steady, arbiter named");
        vm.prank(alice);
        escrow.requestClose(key);
        vm.warp(block.timestamp + CLOSE_DELAY_SEC);
        escrow.close(key);
        vm.snapshotGasLastCall(CALLS, "close, after the delay, arbiter named");
    }

    function test_BatchOfManyPayers() public {
        uint256[4] memory sizes = [uint256(1), 10, 100, 1000];
        uint256 alone;
        for (uint256 i = 0; i < sizes.length; ++i) {
            uint256 size = sizes[i];
            _redeemBatch(i, size, 0.1 ether);
            _redeemBatch(i, size, 0.2 ether);
            string memory name = string.concat("redeemMany of ", vm.toString(size), ", steady");
            uint256 total = vm.snapshotGasLastCall(CALLS, name);
            if (size == 1) alone = total;
            if (size == 1000) vm.assertLe(total, 13_000_000, "redeemMany of 1000");
            if (size > 1) vm.assertLe((total - alone) / (size - 1), 12_900, "redeemMany, each further channel");
        }
    }

    /// @dev A channel's whole life pays for any number of jobs: opened, then redeemed and closed by the payee.
    function test_JobsOnOneChannel() public {
        uint256[4] memory jobs = [uint256(1), 10, 100, 1000];
        _settlePayee();
        for (uint256 i = 0; i < jobs.length; ++i) {
            uint256 perJob = _channelLife(uint64(100 + i), jobs[i]) / jobs[i];
            vm.snapshotValue(JOBS, string.concat("gas per job, ", vm.toString(jobs[i]), " on one channel"), perJob);
            if (jobs[i] == 1000) vm.assertLe(perJob, 150, "gas per job");
        }
    }

    function _channelLife(uint64 salt, uint256 jobs) private returns (uint256 total) {
        ChannelKey memory key = keyOf(alice, bob, session, salt);
        bytes32 commitment = _commitmentOf(jobs);
        uint128 cumulative = uint128(jobs * 0.0005 ether);
        vm.prank(alice);
        escrow.depositAndOpen(key, 1 ether);
        total += vm.snapshotGasLastCall(CALLS, "depositAndOpen");
        bytes memory signature = signCompact(SESSION_SECRET, voucherDigest(key.id(), cumulative, commitment));
        vm.prank(bob);
        escrow.redeemAndClose(key, cumulative, commitment, compact(signature));
        total += vm.snapshotGasLastCall(CALLS, "redeemAndClose, channel's first");
    }

    /// @dev A payee that was paid before and a payer that was refunded before: the usual case.
    function _settlePayee() private {
        ChannelKey memory key = sessionKey();
        for (uint128 i = 1; i <= 2; ++i) {
            openFor(key, 1 ether);
            _redeem(key, i * 0.5 ether);
            vm.prank(bob);
            escrow.close(key);
        }
        vm.snapshotGasLastCall(CALLS, "close, by the payee");
    }

    function _commitmentOf(uint256 jobs) private pure returns (bytes32) {
        bytes32[] memory leaves = new bytes32[](jobs);
        for (uint256 i = 0; i < jobs; ++i) {
            leaves[i] = ReceiptLog.leaf(keccak256(abi.encode("receipt", i)), uint128((i + 1) * 0.0005 ether));
        }
        return ReceiptLog.commitment(leaves);
    }

    function _redeem(ChannelKey memory key, uint128 cumulative) private {
        bytes memory signature = voucher(SESSION_SECRET, key, cumulative);
        vm.prank(bob);
        escrow.redeem(key, cumulative, COMMITMENT, compact(signature));
    }

    /// @dev `size` channels of as many payers, each with its own voucher; opened by alice when they are new.
    function _redeemBatch(uint256 series, uint256 size, uint128 cumulative) private {
        bytes memory records = new bytes(size * 164);
        for (uint256 i = 0; i < size; ++i) {
            uint256 secret = 10_000 * (series + 1) + i;
            ChannelKey memory key = keyOf(vm.addr(secret), carol, address(0), 1);
            (uint256 deposit,,) = escrow.channels(key.id());
            if (deposit == 0) openFor(key, 1 ether);
            _put(records, i * 164, record(secret, key, cumulative));
        }
        vm.prank(carol);
        escrow.redeemMany(address(token), carol, address(0), records);
    }

    /// @dev A thousand records are too many to be joined one after the other.
    function _put(bytes memory records, uint256 offset, bytes memory one) private pure {
        assembly ("memory-safe") {
            mcopy(add(add(records, 0x20), offset), add(one, 0x20), mload(one))
        }
    }
}
