// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {compact} from "../utils/CompactSignature.sol";
import {vm} from "../utils/Vm.sol";
import {EscrowModel} from "./EscrowModel.sol";
import {OrderCalls} from "./OrderCalls.sol";

/// @notice Calls the escrow as four people who pay one another would, and tells the model what must come of it.
contract EscrowHandler is OrderCalls {
    constructor(IEscrow escrow_, ITestToken token_) EscrowModel(escrow_, token_) {}

    function deposit(uint256 from, uint256 to, uint96 amount) external {
        if (amount == 0) return;
        (address payer, address owner) = (actor(from), actor(to));
        _supply(payer, amount);
        vm.prank(payer);
        escrow.deposit(address(token), owner, amount);
        balanceOf[owner] += amount;
    }

    function withdraw(uint256 from, uint256 to, uint256 amount) external {
        address owner = actor(from);
        if (balanceOf[owner] == 0) return;
        amount = bound(amount, 1, balanceOf[owner]);
        vm.prank(owner);
        escrow.withdraw(address(token), actor(to), amount);
        balanceOf[owner] -= amount;
    }

    function open(uint256 seed, uint256 by, uint256 amount) external {
        (ChannelKey memory key, Model storage model) = _channel(seed);
        address caller = actor(by);
        if (balanceOf[caller] == 0) return;
        amount = bound(amount, 1, balanceOf[caller]);
        if (model.closeAt != 0) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelClosing.selector, model.closeAt));
        }
        vm.prank(caller);
        escrow.open(key, amount);
        if (model.closeAt != 0) return;
        balanceOf[caller] -= amount;
        model.deposit += amount;
    }

    function depositAndOpen(uint256 seed, uint96 amount) external {
        (ChannelKey memory key, Model storage model) = _channel(seed);
        if (amount == 0 || model.closeAt != 0) return;
        _supply(key.payer, amount);
        vm.prank(key.payer);
        escrow.depositAndOpen(key, amount);
        model.deposit += amount;
    }

    function redeem(uint256 seed, uint256 cumulative, bool forged) external {
        (ChannelKey memory key, Model storage model) = _channel(seed);
        uint128 promised = uint128(bound(cumulative, 0, model.deposit * 2 + 1));
        uint256 expected = forged ? 0 : _worth(model, promised);
        bytes memory signature = _signVoucher(key, promised, forged);
        if (expected == 0) vm.expectRevert();
        uint256 paid = escrow.redeem(key, promised, COMMITMENT, compact(signature));
        if (expected == 0) return;
        assertEq(paid, expected, "redeem");
        _pay(key, model, promised, expected);
    }

    /// @dev Two vouchers of possibly one channel, to one payee, either of them possibly forged.
    function redeemMany(uint256 seed, uint256[2] calldata cumulatives, bool[2] calldata forged) external {
        bytes memory records;
        uint256 expected;
        (address payee, address arbiter) = (_payee(seed), _arbiter(seed));
        for (uint256 i = 0; i < 2; ++i) {
            (ChannelKey memory key, Model storage model) = _channelTo(payee, arbiter, seed >> (64 * (i + 1)));
            uint128 promised = uint128(bound(cumulatives[i], 0, model.deposit * 2 + 1));
            bytes memory signature = _signVoucher(key, promised, forged[i]);
            records = bytes.concat(records, abi.encodePacked(key.payer, key.meta, promised, COMMITMENT, signature));
            uint256 worth = forged[i] ? 0 : _worth(model, promised);
            if (worth > 0) _pay(key, model, promised, worth);
            expected += worth;
        }
        if (expected == 0) vm.expectRevert(IEscrow.BatchPaysNothing.selector);
        uint256 paid = escrow.redeemMany(address(token), payee, arbiter, records);
        if (expected > 0) assertEq(paid, expected, "redeemMany");
    }

    function requestClose(uint256 seed, uint256 by) external {
        (ChannelKey memory key, Model storage model) = _channel(seed);
        address caller = by % 3 == 0 ? key.voucherSigner() : actor(by);
        bool allowed = caller == key.payer || caller == key.voucherSigner();
        allowed = allowed && model.closeAt == 0 && model.deposit != model.settled;
        if (!allowed) vm.expectRevert();
        vm.prank(caller);
        uint256 closeAt = escrow.requestClose(key);
        if (allowed) model.closeAt = closeAt;
    }

    function close(uint256 seed, uint256 by) external {
        (ChannelKey memory key, Model storage model) = _channel(seed);
        address caller = actor(by);
        bool due = model.closeAt != 0 && block.timestamp >= model.closeAt;
        if (_isHeld(key, model)) due = false;
        bool allowed = (caller == key.payee || due) && (model.deposit != model.settled || model.closeAt != 0);
        if (!allowed) vm.expectRevert();
        vm.prank(caller);
        uint256 refunded = escrow.close(key);
        if (!allowed) return;
        assertEq(refunded, _refund(key, model), "close");
    }

    function redeemAndClose(uint256 seed, uint256 cumulative, bool forged) external {
        (ChannelKey memory key, Model storage model) = _channel(seed);
        uint128 promised = uint128(bound(cumulative, 0, model.deposit * 2 + 1));
        uint256 expected = forged ? 0 : _worth(model, promised);
        bytes memory signature = _signVoucher(key, promised, forged);
        if (expected == 0) vm.expectRevert();
        vm.prank(key.payee);
        (uint256 paid, uint256 refunded) = escrow.redeemAndClose(key, promised, COMMITMENT, compact(signature));
        if (expected == 0) return;
        assertEq(paid, expected, "redeemAndClose");
        _pay(key, model, promised, expected);
        assertEq(refunded, _refund(key, model), "redeemAndClose");
    }

    function wait(uint256 seconds_) external {
        // Now and then longer than any hold.
        vm.warp(block.timestamp + (seconds_ % 32 == 0 ? 61 days : bound(seconds_, 1, 2 hours)));
    }

    /// @dev Tokens sent to the escrow by mistake belong to nobody, and harm nobody.
    function donate(uint64 amount) external {
        token.mint(address(escrow), amount);
        donated += amount;
    }
}
