// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A contract account that says yes to digests it was told of (ERC-1271), whatever the signature.
contract ContractIssuer {
    mapping(bytes32 digest => bool) public approved;
    bool public broken;

    function approve(bytes32 digest, bool yes) external {
        approved[digest] = yes;
    }

    function breakDown() external {
        broken = true;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        require(!broken, "broken");
        return approved[digest] ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}
