// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermit2} from "../../src/interfaces/IPermit2.sol";
import {vm} from "./Vm.sol";

/// @notice Puts the real Permit2 where it is on every chain, see `fixtures/permit2`.
library Permit2 {
    IPermit2 internal constant AT = IPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);

    /// @dev The deterministic deployment proxy: https://github.com/Arachnid/deterministic-deployment-proxy
    address private constant DEPLOYER = 0x4e59b44847b379578588920cA78FbF26c0B4956C;
    bytes private constant DEPLOYER_CODE =
        hex"7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3";
    bytes32 private constant SALT = 0x0000000000000000000000000000000000000000d3af2663da51c10215000000;

    function deploy() internal {
        vm.etch(DEPLOYER, DEPLOYER_CODE);
        bytes memory code = vm.parseBytes(vm.trim(vm.readFile("test/fixtures/permit2/creation-code.hex")));
        (bool done, bytes memory deployed) = DEPLOYER.call(bytes.concat(SALT, code));
        vm.assertTrue(done, "deployed");
        // The address depends on the code: being there, it is the same code as anywhere else.
        vm.assertEq(address(bytes20(deployed)), address(AT), "address of Permit2");
    }
}
