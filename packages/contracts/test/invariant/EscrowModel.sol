// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Vouchers} from "../../src/libraries/Vouchers.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ChannelMetas} from "../../src/types/ChannelMeta.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";

/// @notice What must come of all calls, kept beside the escrow.
abstract contract EscrowModel is Test {
    uint256 public constant ACTORS = 4;
    address internal constant ARBITER = address(0xA7B);
    uint256 internal constant FORGER_SECRET = 666;
    bytes32 internal constant COMMITMENT = keccak256("receipts");
    uint256 private constant SESSION_SECRET = 777;

    struct Model {
        uint256 deposit;
        uint256 settled;
        uint256 closeAt;
        uint256 promised;
        uint256 paid;
        uint256 awarded;
        uint256 heldUntil;
    }

    IEscrow public immutable escrow;
    ITestToken public immutable token;
    /// @dev Read once: it is a call, and would use up a prank.
    bytes32 internal immutable _domain;

    uint256 public donated;
    mapping(address account => uint256) public balanceOf;
    /// @dev First word of each account's nonces.
    mapping(address account => uint256) public noncesUsed;
    mapping(bytes32 id => Model) private _models;
    bytes32[] private _ids;
    mapping(bytes32 id => bool) private _known;

    constructor(IEscrow escrow_, ITestToken token_) {
        (escrow, token, _domain) = (escrow_, token_, escrow_.domainSeparator());
    }

    function actor(uint256 i) public pure returns (address) {
        return vm.addr(_secret(i));
    }

    function channelIds() external view returns (bytes32[] memory) {
        return _ids;
    }

    function modelOf(bytes32 id) external view returns (Model memory) {
        return _models[id];
    }

    function _secret(uint256 i) internal pure returns (uint256) {
        return 100 + (i % ACTORS);
    }

    function _secretOf(address account) internal pure returns (uint256) {
        for (uint256 i = 0; i < ACTORS; ++i) {
            if (actor(i) == account) return _secret(i);
        }
        return FORGER_SECRET;
    }

    function _channel(uint256 seed) internal returns (ChannelKey memory key, Model storage model) {
        return _channelTo(_payee(seed), _arbiter(seed), seed);
    }

    function _payee(uint256 seed) internal pure returns (address) {
        return actor((seed >> 8) % 2);
    }

    function _arbiter(uint256 seed) internal pure returns (address) {
        return (seed >> 24) % 2 == 0 ? address(0) : ARBITER;
    }

    /// @dev Sixteen channels, few enough that a run comes back to each of them.
    function _channelTo(address payee, address arbiter, uint256 seed)
        internal
        returns (ChannelKey memory key, Model storage model)
    {
        address signer = (seed >> 16) % 2 == 0 ? address(0) : vm.addr(SESSION_SECRET);
        key = ChannelKey(actor(1 + (seed % 2)), payee, address(token), arbiter, ChannelMetas.encode(signer, 1 hours, 1));
        bytes32 id = ChannelId.unwrap(key.id());
        if (!_known[id]) {
            _known[id] = true;
            _ids.push(id);
        }
        model = _models[id];
    }

    function _worth(Model storage model, uint256 promised) internal view returns (uint256) {
        uint256 covered = promised < model.deposit ? promised : model.deposit;
        return covered > model.settled ? covered - model.settled : 0;
    }

    function _pay(ChannelKey memory key, Model storage model, uint256 promised, uint256 amount) internal {
        if (promised > model.promised) model.promised = promised;
        model.settled += amount;
        model.paid += amount;
        balanceOf[key.payee] += amount;
    }

    function _refund(ChannelKey memory key, Model storage model) internal returns (uint256 refunded) {
        refunded = model.deposit - model.settled;
        balanceOf[key.payer] += refunded;
        (model.deposit, model.closeAt) = (model.settled, 0);
    }

    function _isHeld(ChannelKey memory key, Model storage model) internal view returns (bool) {
        uint256 until = model.heldUntil < model.closeAt + 30 days ? model.heldUntil : model.closeAt + 30 days;
        return key.arbiter != address(0) && block.timestamp < until;
    }

    function _signVoucher(ChannelKey memory key, uint128 promised, bool forged) internal view returns (bytes memory) {
        uint256 secret = key.meta.signer() == address(0) ? _secretOf(key.payer) : SESSION_SECRET;
        return _sign(forged ? FORGER_SECRET : secret, Vouchers.digest(_domain, key.id(), promised, COMMITMENT));
    }

    function _sign(uint256 secret, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function _supply(address account, uint256 amount) internal {
        token.mint(account, amount);
        vm.prank(account);
        token.approve(address(escrow), amount);
    }
}
