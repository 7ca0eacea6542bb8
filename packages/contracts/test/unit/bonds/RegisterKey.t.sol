// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../../../src/interfaces/IBonds.sol";
import {BondsFixture} from "../../utils/BondsFixture.sol";
import {vm} from "../../utils/Vm.sol";

contract RegisterKeyTest is BondsFixture {
    uint256 private constant SECRET = 0x5EC;
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    address private key = vm.addr(SECRET);

    function test_MakesTheCallerAnswer() public {
        assertOwner(key, NOBODY);
        vm.expectEmit(address(bonds));
        emit IBonds.KeyRegistered(key, carol);
        register(SECRET, carol);
        assertOwner(key, carol);
    }

    function test_AnOwner_MayHaveManyKeys() public {
        register(SECRET, bob);
        assertOwner(key, bob);
        assertOwner(node, bob);
    }

    function test_AKey_MayAnswerForItself() public {
        register(SECRET, key);
        assertOwner(key, key);
    }

    function test_TakesTheLongFormOfASignature() public {
        bytes memory compact = possession(SECRET, carol);
        (bytes32 r, bytes32 vs) = abi.decode(compact, (bytes32, bytes32));
        uint8 v = 27 + uint8(uint256(vs) >> 255);
        bytes32 s = bytes32((uint256(vs) << 1) >> 1);
        vm.prank(carol);
        bonds.registerKey(key, abi.encodePacked(r, s, v));
        assertOwner(key, carol);
    }

    function test_RevertWhen_KeyIsRegistered_EvenByTheSameOwner() public {
        register(SECRET, carol);
        address[2] memory owners = [carol, mallory];
        for (uint256 i = 0; i < owners.length; ++i) {
            bytes memory proof = possession(SECRET, owners[i]);
            vm.prank(owners[i]);
            vm.expectRevert(abi.encodeWithSelector(IBonds.KeyTaken.selector, key, carol));
            bonds.registerKey(key, proof);
        }
    }

    /// @dev Whoever sees the proof on its way cannot use it: it names the owner.
    function test_RevertWhen_ProofIsForAnotherOwner() public {
        _expectInvalid(mallory, key, possession(SECRET, carol));
    }

    function test_RevertWhen_ProofIsOfAnotherKey() public {
        _expectInvalid(mallory, key, possession(MALLORY_SECRET, mallory));
    }

    function test_RevertWhen_ProofIsForAnotherContract() public {
        bytes memory proof = possession(SECRET, carol);
        bonds = deployBonds(address(0xE5C));
        _expectInvalid(carol, key, proof);
    }

    function test_RevertWhen_ProofIsForAnotherChain() public {
        bytes memory proof = possession(SECRET, carol);
        vm.chainId(4242);
        _expectInvalid(carol, key, proof);
    }

    function test_RevertWhen_SignatureIsMalleated() public {
        (bytes32 r, bytes32 vs) = abi.decode(possession(SECRET, carol), (bytes32, bytes32));
        uint8 v = 28 - uint8(uint256(vs) >> 255);
        bytes32 s = bytes32(ORDER - ((uint256(vs) << 1) >> 1));
        _expectInvalid(carol, key, abi.encodePacked(r, s, v));
    }

    function test_RevertWhen_SignatureIsNone() public {
        _expectInvalid(carol, key, "");
        _expectInvalid(carol, NOBODY, new bytes(64));
    }

    function _expectInvalid(address owner, address key_, bytes memory proof) private {
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IBonds.SignatureInvalid.selector, key_));
        bonds.registerKey(key_, proof);
    }

    function assertOwner(address key_, address owner) private view {
        vm.assertEq(bonds.ownerOf(key_), owner, "owner");
    }
}
