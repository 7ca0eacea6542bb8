// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Vouchers} from "../../src/libraries/Vouchers.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ChannelMetas} from "../../src/types/ChannelMeta.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {rOf, vsOf} from "../utils/CompactSignature.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";

/// @notice Calls the escrow as four people who pay one another would, and keeps a model of what must come of it.
contract EscrowHandler is Test {
    uint256 public constant ACTORS = 4;
    uint256 private constant SESSION_SECRET = 777;
    bytes32 private constant COMMITMENT = keccak256("receipts");

    struct Model {
        uint256 deposit;
        uint256 settled;
        uint256 closeAt;
        uint256 promised;
        uint256 paid;
    }

    IEscrow public immutable escrow;
    ITestToken public immutable token;
    /// @dev Read once: it is a call, and would use up a prank.
    bytes32 private immutable _domain;

    uint256 public donated;
    mapping(address account => uint256) public balanceOf;
    mapping(bytes32 id => Model) private _models;
    bytes32[] private _ids;
    mapping(bytes32 id => bool) private _known;

    constructor(IEscrow escrow_, ITestToken token_) {
        (escrow, token, _domain) = (escrow_, token_, escrow_.domainSeparator());
    }

    // ----------------------------------------------------------------------------------------------------- calls

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
        bytes memory signature = _sign(key, promised, forged);
        if (expected == 0) vm.expectRevert();
        uint256 paid = escrow.redeem(key, promised, COMMITMENT, rOf(signature), vsOf(signature));
        if (expected == 0) return;
        assertEq(paid, expected, "redeem");
        _pay(key, model, promised, expected);
    }

    /// @dev Two vouchers of possibly one channel, to one payee, either of them possibly forged.
    function redeemMany(uint256 seed, uint256[2] calldata cumulatives, bool[2] calldata forged) external {
        bytes memory records;
        uint256 expected;
        address payee = actor((seed >> 8) % 2);
        for (uint256 i = 0; i < 2; ++i) {
            (ChannelKey memory key, Model storage model) = _channelTo(payee, seed >> (64 * (i + 1)));
            uint128 promised = uint128(bound(cumulatives[i], 0, model.deposit * 2 + 1));
            bytes memory signature = _sign(key, promised, forged[i]);
            records = bytes.concat(records, abi.encodePacked(key.payer, key.meta, promised, COMMITMENT, signature));
            uint256 worth = forged[i] ? 0 : _worth(model, promised);
            if (worth > 0) _pay(key, model, promised, worth);
            expected += worth;
        }
        if (expected == 0) vm.expectRevert(IEscrow.BatchPaysNothing.selector);
        uint256 paid = escrow.redeemMany(address(token), payee, address(0), records);
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
        bool allowed = (caller == key.payee || due) && (model.deposit != model.settled || model.closeAt != 0);
        if (!allowed) vm.expectRevert();
        vm.prank(caller);
        uint256 refunded = escrow.close(key);
        if (!allowed) return;
        assertEq(refunded, model.deposit - model.settled, "close");
        balanceOf[key.payer] += refunded;
        (model.deposit, model.closeAt) = (model.settled, 0);
    }

    function wait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 2 hours));
    }

    /// @dev Tokens sent to the escrow by mistake belong to nobody, and harm nobody.
    function donate(uint64 amount) external {
        token.mint(address(escrow), amount);
        donated += amount;
    }

    // ----------------------------------------------------------------------------------------------------- model

    function actor(uint256 i) public pure returns (address) {
        return vm.addr(_secret(i));
    }

    function channelIds() external view returns (bytes32[] memory) {
        return _ids;
    }

    function modelOf(bytes32 id) external view returns (Model memory) {
        return _models[id];
    }

    function _secret(uint256 i) private pure returns (uint256) {
        return 100 + (i % ACTORS);
    }

    function _channel(uint256 seed) private returns (ChannelKey memory key, Model storage model) {
        return _channelTo(actor((seed >> 8) % 2), seed);
    }

    /// @dev Eight channels, few enough that a run comes back to each of them.
    function _channelTo(address payee, uint256 seed) private returns (ChannelKey memory key, Model storage model) {
        address signer = (seed >> 16) % 2 == 0 ? address(0) : vm.addr(SESSION_SECRET);
        key = ChannelKey(
            actor(1 + (seed % 2)), payee, address(token), address(0), ChannelMetas.encode(signer, 1 hours, 1)
        );
        bytes32 id = ChannelId.unwrap(key.id());
        if (!_known[id]) {
            _known[id] = true;
            _ids.push(id);
        }
        model = _models[id];
    }

    function _worth(Model storage model, uint256 promised) private view returns (uint256) {
        uint256 covered = promised < model.deposit ? promised : model.deposit;
        return covered > model.settled ? covered - model.settled : 0;
    }

    function _pay(ChannelKey memory key, Model storage model, uint256 promised, uint256 amount) private {
        if (promised > model.promised) model.promised = promised;
        model.settled += amount;
        model.paid += amount;
        balanceOf[key.payee] += amount;
    }

    function _sign(ChannelKey memory key, uint128 promised, bool forged) private view returns (bytes memory) {
        uint256 secret = SESSION_SECRET;
        for (uint256 i = 0; i < ACTORS && key.meta.signer() == address(0); ++i) {
            if (actor(i) == key.payer) secret = _secret(i);
        }
        if (forged) secret = 666;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, Vouchers.digest(_domain, key.id(), promised, COMMITMENT));
        return abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function _supply(address account, uint256 amount) private {
        token.mint(account, amount);
        vm.prank(account);
        token.approve(address(escrow), amount);
    }
}
