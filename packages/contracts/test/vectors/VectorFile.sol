// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../utils/Vm.sol";

/// @notice A file of golden vectors of the protocol package, read once.
struct VectorFile {
    string json;
    string name;
}

/// @notice One of its cases, by the JSON path that leads to it.
struct VectorCase {
    string json;
    string path;
}

using VectorFiles for VectorFile global;
using VectorCases for VectorCase global;

library VectorFiles {
    string private constant FOLDER = "../protocol/vectors/";

    function open(string memory name) internal view returns (VectorFile memory) {
        return VectorFile(vm.readFile(string.concat(FOLDER, name, ".json")), name);
    }

    /// @dev Never zero: a file that lost its cases would make its test pass by checking nothing.
    function count(VectorFile memory file) internal pure returns (uint256 cases) {
        cases = vm.parseJsonUint(file.json, ".count");
        vm.assertTrue(cases > 0, string.concat("no cases in ", file.name));
    }

    function caseAt(VectorFile memory file, uint256 index) internal pure returns (VectorCase memory) {
        return VectorCase(file.json, string.concat(".cases[", vm.toString(index), "]"));
    }

    function bytes32At(VectorFile memory file, string memory key) internal pure returns (bytes32) {
        return vm.parseJsonBytes32(file.json, string.concat(".", key));
    }
}

library VectorCases {
    function number(VectorCase memory self, string memory key) internal pure returns (uint256) {
        return vm.parseJsonUint(self.json, _path(self, key));
    }

    function account(VectorCase memory self, string memory key) internal pure returns (address) {
        return vm.parseJsonAddress(self.json, _path(self, key));
    }

    function accounts(VectorCase memory self, string memory key) internal pure returns (address[] memory) {
        return vm.parseJsonAddressArray(self.json, _path(self, key));
    }

    function word(VectorCase memory self, string memory key) internal pure returns (bytes32) {
        return vm.parseJsonBytes32(self.json, _path(self, key));
    }

    function data(VectorCase memory self, string memory key) internal pure returns (bytes memory) {
        return vm.parseJsonBytes(self.json, _path(self, key));
    }

    function text(VectorCase memory self, string memory key) internal pure returns (string memory) {
        return vm.parseJsonString(self.json, _path(self, key));
    }

    function texts(VectorCase memory self, string memory key) internal pure returns (string[] memory) {
        return vm.parseJsonStringArray(self.json, _path(self, key));
    }

    function words(VectorCase memory self, string memory key) internal pure returns (bytes32[] memory) {
        return vm.parseJsonBytes32Array(self.json, _path(self, key));
    }

    function numbers(VectorCase memory self, string memory key) internal pure returns (uint256[] memory) {
        return vm.parseJsonUintArray(self.json, _path(self, key));
    }

    function _path(VectorCase memory self, string memory key) private pure returns (string memory) {
        return string.concat(self.path, ".", key);
    }
}
