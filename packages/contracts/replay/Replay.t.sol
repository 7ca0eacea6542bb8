// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../test/utils/Test.sol";
import {Vm, vm} from "../test/utils/Vm.sol";

/// @notice Makes the calls of a trace and compares everything that comes back, byte by byte: answers, reverts, logs of the
/// escrow, and after each call all balances and channels. Knows nothing of what they mean. The bytes are described, and
/// written, in test/differential/trace.ts.
contract ReplayTest is Test {
    address[] private _contracts;

    struct View {
        address target;
        bytes data;
    }

    View[] private _views;

    function test_Replay() public {
        bytes memory trace = vm.readFileBinary(vm.envString("ARCHIPEL_TRACE"));
        uint256 place = _deploy(trace);
        place = _readViews(trace, place);
        uint256 steps = _uint(trace, place, 4);
        place += 4;
        for (uint256 step = 0; step < steps; ++step) {
            uint256 free = _freeMemory();
            place = _replay(trace, place, step);
            // What a step needed is not needed again: memory costs the more the more there is of it.
            _setFreeMemory(free);
        }
        vm.assertTrue(place == trace.length, "the trace goes on after its last step");
    }

    /// @dev The first is the escrow, the second the usual token, the third one that takes a fee.
    function _deploy(bytes memory trace) private returns (uint256 place) {
        string[3] memory artifacts = ["Escrow.sol:Escrow", "TestToken.sol:TestToken", "HostileTokens.sol:FeeToken"];
        uint256 count = _uint(trace, 0, 1);
        place = 1;
        for (uint256 i = 0; i < count; ++i) {
            address deployed = vm.deployCode(artifacts[i]);
            vm.assertEq(deployed, address(uint160(_uint(trace, place, 20))), "a contract is elsewhere");
            _contracts.push(deployed);
            place += 20;
        }
    }

    function _readViews(bytes memory trace, uint256 place) private returns (uint256) {
        uint256 count = _uint(trace, place, 2);
        place += 2;
        for (uint256 i = 0; i < count; ++i) {
            uint256 length = _uint(trace, place + 1, 2);
            _views.push(View(_contracts[_uint(trace, place, 1)], _slice(trace, place + 3, length)));
            place += 3 + length;
        }
        return place;
    }

    function _replay(bytes memory trace, uint256 place, uint256 step) private returns (uint256) {
        vm.warp(_uint(trace, place + 20, 8));
        address target = _contracts[_uint(trace, place + 28, 1)];
        uint256 length = _uint(trace, place + 30, 4);
        bytes memory data = _slice(trace, place + 34, length);
        vm.recordLogs();
        vm.prank(address(uint160(_uint(trace, place, 20))));
        (bool ok, bytes memory answer) = target.call(data);
        bool expected = _uint(trace, place + 29, 1) == 1;
        place += 34 + length;
        if (ok != expected) _fail(step, ok ? "succeeded" : "reverted", answer);
        if (keccak256(answer) != _word(trace, place)) _fail(step, "answered otherwise", answer);
        // What a call logged before it reverted is recorded, though it never happened.
        bytes32 logs = _hashLogs();
        if (ok && logs != _word(trace, place + 32)) _fail(step, "logged otherwise", answer);
        bytes memory state = _state();
        if (keccak256(state) != _word(trace, place + 64)) _fail(step, "left another state", state);
        return place + 96;
    }

    function _hashLogs() private returns (bytes32 hash) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != _contracts[0]) continue;
            hash = keccak256(abi.encodePacked(hash, logs[i].topics, logs[i].data));
        }
    }

    function _state() private view returns (bytes memory state) {
        for (uint256 i = 0; i < _views.length; ++i) {
            (bool ok, bytes memory answer) = _views[i].target.staticcall(_views[i].data);
            vm.assertTrue(ok, "a view reverted");
            state = bytes.concat(state, answer);
        }
    }

    function _fail(uint256 step, string memory what, bytes memory got) private pure {
        string memory told = string.concat("step ", vm.toString(step), " ", what, ": ", vm.toString(got));
        vm.assertTrue(false, told);
    }

    function _uint(bytes memory from, uint256 place, uint256 size) private pure returns (uint256) {
        return uint256(_word(from, place)) >> (256 - 8 * size);
    }

    function _word(bytes memory from, uint256 place) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(add(from, 0x20), place))
        }
    }

    function _slice(bytes memory from, uint256 place, uint256 size) private pure returns (bytes memory part) {
        part = new bytes(size);
        assembly ("memory-safe") {
            mcopy(add(part, 0x20), add(add(from, 0x20), place), size)
        }
    }

    function _freeMemory() private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := mload(0x40)
        }
    }

    function _setFreeMemory(uint256 place) private pure {
        assembly ("memory-safe") {
            mstore(0x40, place)
        }
    }
}
