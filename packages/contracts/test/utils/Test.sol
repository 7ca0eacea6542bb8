// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// @notice What forge asks of a test contract, and nothing more.
abstract contract Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev Tells forge that this contract holds tests.
    bool public IS_TEST = true;

    address[] private _targets;
    FuzzSelector[] private _selectors;

    /// @dev forge reads these two to know what an invariant run may call.
    function targetContracts() public view returns (address[] memory) {
        return _targets;
    }

    function targetSelectors() public view returns (FuzzSelector[] memory) {
        return _selectors;
    }

    function targetOnly(address target, bytes4[] memory selectors) internal {
        _targets.push(target);
        _selectors.push(FuzzSelector(target, selectors));
    }

    /// @notice `x` brought into `min..max`; leaves it alone if it is there already.
    function bound(uint256 x, uint256 min, uint256 max) internal pure returns (uint256) {
        if (x >= min && x <= max) return x;
        uint256 size = max - min + 1;
        return size == 0 ? x : min + (x % size);
    }

    function assertEq(uint256 actual, uint256 expected, string memory message) internal pure {
        vm.assertEq(actual, expected, message);
    }
}
