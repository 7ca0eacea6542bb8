// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {Cheque} from "../../src/messages/Cheque.sol";
import {Opening} from "../../src/messages/Opening.sol";
import {Withdrawal} from "../../src/messages/Withdrawal.sol";
import {EscrowFixture} from "./EscrowFixture.sol";
import {vm} from "./Vm.sol";

/// @notice alice has a balance of 100 and signs; relay brings what she signed.
abstract contract OrderFixture is EscrowFixture {
    address internal relay = address(0x4E1A);
    uint64 internal expiresAt;

    function setUp() public virtual override {
        super.setUp();
        expiresAt = uint64(block.timestamp + 1 hours);
        vm.prank(alice);
        escrow.deposit(address(token), alice, 100);
    }

    /// @notice A cheque of alice to bob with nonce 1.
    function chequeOf(uint128 amount) internal view returns (Cheque memory) {
        return Cheque(alice, bob, address(token), 1, amount, expiresAt);
    }

    /// @notice An order of alice to open the session channel with bob, with nonce 1 and no fee.
    function openingOf(uint128 amount) internal view returns (Opening memory) {
        return Opening(sessionKey(), amount, 0, 1, expiresAt);
    }

    /// @notice An order of alice to send tokens to carol, with nonce 1 and no fee.
    function withdrawalOf(uint128 amount) internal view returns (Withdrawal memory) {
        return Withdrawal(alice, address(token), carol, amount, 0, 1, expiresAt);
    }

    function sign(uint256 secret, Cheque memory cheque) internal view returns (bytes memory) {
        return _sign(secret, cheque.hash());
    }

    function sign(uint256 secret, Opening memory order) internal view returns (bytes memory) {
        return _sign(secret, order.hash());
    }

    function sign(uint256 secret, Withdrawal memory order) internal view returns (bytes memory) {
        return _sign(secret, order.hash());
    }

    function _sign(uint256 secret, bytes32 structHash) private view returns (bytes memory) {
        return signCompact(secret, MessageHashUtils.toTypedDataHash(escrow.domainSeparator(), structHash));
    }
}
