// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IEscrow} from "./interfaces/IEscrow.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {VoucherRecords} from "./libraries/VoucherRecords.sol";
import {Vouchers} from "./libraries/Vouchers.sol";
import {Channel, ChannelSlot, Channels} from "./types/Channel.sol";
import {ChannelId} from "./types/ChannelId.sol";
import {ChannelKey} from "./types/ChannelKey.sol";
import {ChannelMeta} from "./types/ChannelMeta.sol";

/// @title Escrow
/// @dev Functions that call a token are guarded against re-entrance, because what arrived is measured by the balance
/// before and after. The others move numbers between slots of this contract and call nobody, so they need no guard, and
/// a token that calls them from within a transfer finds every sum intact.
contract Escrow is IEscrow, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
    using Signatures for bytes32;

    /// @inheritdoc IEscrow
    uint256 public constant CLOSE_DELAY_MIN_SEC = 1 hours;
    /// @inheritdoc IEscrow
    uint256 public constant CLOSE_DELAY_MAX_SEC = 30 days;
    /// @inheritdoc IEscrow
    uint256 public constant HOLD_SEC_MAX = 30 days;

    /// @inheritdoc IEscrow
    mapping(address token => mapping(address account => uint256)) public balanceOf;
    /// @inheritdoc IEscrow
    mapping(address token => uint256) public liabilities;
    mapping(ChannelId id => ChannelSlot) private _channels;
    /// @inheritdoc IEscrow
    mapping(ChannelId id => uint48) public heldUntil;

    constructor() EIP712("Archipel", "1") {}

    // ----------------------------------------------------------------------------------------------------- balances

    /// @inheritdoc IEscrow
    function deposit(address token, address to, uint256 amount) external nonReentrant returns (uint256 credited) {
        if (to == address(0)) revert AccountZero();
        credited = _receive(token, to, amount);
        balanceOf[token][to] += credited;
    }

    /// @inheritdoc IEscrow
    function withdraw(address token, address to, uint256 amount) external nonReentrant {
        if (to == address(0) || to == address(this)) revert RecipientInvalid(to);
        _debit(token, msg.sender, amount);
        liabilities[token] -= amount;
        emit Withdrawn(token, msg.sender, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    // ----------------------------------------------------------------------------------------------------- channels

    /// @inheritdoc IEscrow
    function open(ChannelKey calldata key, uint256 amount) external returns (ChannelId id) {
        _debit(key.token, msg.sender, amount);
        return _fund(key, amount);
    }

    /// @inheritdoc IEscrow
    function depositAndOpen(ChannelKey calldata key, uint256 amount) external nonReentrant returns (ChannelId id) {
        return _fund(key, _receive(key.token, msg.sender, amount));
    }

    /// @inheritdoc IEscrow
    function redeem(ChannelKey calldata key, uint128 cumulative, bytes32 commitment, bytes calldata signature)
        external
        returns (uint256 paid)
    {
        ChannelId id = key.id();
        address signer = key.voucherSigner();
        bytes32 digest = Vouchers.digest(_domainSeparatorV4(), id, cumulative, commitment);
        if (!digest.isSignedBy(signature, signer)) revert SignatureInvalid(signer);

        paid = _settle(id, cumulative, commitment);
        if (paid == 0) {
            uint256 settled = _channels[id].state.settled();
            if (cumulative <= settled) revert VoucherNotIncreasing(settled, cumulative);
            revert ChannelEmpty(id);
        }
        balanceOf[key.token][key.payee] += paid;
    }

    /// @inheritdoc IEscrow
    function redeemMany(address token, address payee, address arbiter, bytes calldata records)
        external
        returns (uint256 paid)
    {
        if (records.length == 0 || records.length % VoucherRecords.SIZE != 0) {
            revert RecordsMalformed(records.length);
        }
        ChannelKey memory key = ChannelKey(address(0), payee, token, arbiter, ChannelMeta.wrap(0));
        bytes32 domain = _domainSeparatorV4();
        uint256 count = records.length / VoucherRecords.SIZE;
        for (uint256 index = 0; index < count; ++index) {
            unchecked {
                // No sum of what a block can hold of 104-bit numbers comes near 256 bits.
                paid += _redeemRecord(domain, key, records, index);
            }
        }
        if (paid == 0) revert BatchPaysNothing();
        balanceOf[token][payee] += paid;
    }

    /// @inheritdoc IEscrow
    function requestClose(ChannelKey calldata key) external returns (uint256 closeAt) {
        if (msg.sender != key.payer && msg.sender != key.voucherSigner()) revert CallerNotParty(msg.sender);
        ChannelId id = key.id();
        ChannelSlot storage slot = _channels[id];
        Channel channel = slot.state;
        if (channel.closeAt() != 0) revert ChannelClosing(channel.closeAt());
        if (channel.deposit() == channel.settled()) revert ChannelEmpty(id);
        closeAt = block.timestamp + key.meta.closeDelaySec();
        slot.state = Channels.pack(channel.deposit(), channel.settled(), closeAt);
        emit CloseRequested(id, closeAt);
    }

    /// @inheritdoc IEscrow
    function close(ChannelKey calldata key) external returns (uint256 refunded) {
        ChannelId id = key.id();
        ChannelSlot storage slot = _channels[id];
        Channel channel = slot.state;
        (uint256 settled, uint256 closeAt) = (channel.settled(), channel.closeAt());
        refunded = channel.deposit() - settled;
        // A closing channel that was paid out to the last unit can still be closed, which lets it be funded again.
        if (refunded == 0 && closeAt == 0) revert ChannelEmpty(id);
        if (msg.sender != key.payee) _requireClosable(key.arbiter, id, closeAt);
        // Keeping `settled`, and the deposit equal to it, is what stops a voucher from being paid twice after
        // reopening.
        slot.state = Channels.pack(settled, settled, 0);
        balanceOf[key.token][key.payer] += refunded;
        emit ChannelClosed(id, refunded);
    }

    // ----------------------------------------------------------------------------------------------------- arbiters

    /// @inheritdoc IEscrow
    function redeemByArbiter(ChannelKey calldata key, uint128 amount, bytes32 ref) external returns (uint256 paid) {
        _requireArbiter(key.arbiter);
        ChannelId id = key.id();
        ChannelSlot storage slot = _channels[id];
        Channel channel = slot.state;
        uint256 held = channel.deposit() - channel.settled();
        paid = amount < held ? amount : held;
        if (paid == 0) return 0;
        slot.state = Channels.pack(channel.deposit() - paid, channel.settled(), channel.closeAt());
        balanceOf[key.token][key.payee] += paid;
        emit RedeemedByArbiter(id, paid, amount, ref);
    }

    /// @inheritdoc IEscrow
    function hold(ChannelKey calldata key, uint48 untilSec) external {
        _requireArbiter(key.arbiter);
        uint256 max = block.timestamp + HOLD_SEC_MAX;
        if (untilSec <= block.timestamp || untilSec > max) revert HoldOutOfRange(untilSec, block.timestamp + 1, max);
        ChannelId id = key.id();
        if (untilSec <= heldUntil[id]) return;
        heldUntil[id] = untilSec;
        emit ChannelHeld(id, untilSec);
    }

    /// @inheritdoc IEscrow
    function release(ChannelKey calldata key) external {
        _requireArbiter(key.arbiter);
        ChannelId id = key.id();
        if (heldUntil[id] == 0) return;
        delete heldUntil[id];
        emit ChannelReleased(id);
    }

    // -------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IEscrow
    function channels(ChannelId id) external view returns (uint104 deposited, uint104 settled, uint48 closeAt) {
        Channel channel = _channels[id].state;
        return (uint104(channel.deposit()), uint104(channel.settled()), uint48(channel.closeAt()));
    }

    /// @inheritdoc IEscrow
    function channelId(ChannelKey calldata key) external pure returns (ChannelId id) {
        return key.id();
    }

    /// @inheritdoc IEscrow
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    // ------------------------------------------------------------------------------------------------------ private

    /// @dev Takes tokens from the caller. What arrived is owed from here on; the caller of this function says to whom.
    function _receive(address token, address account, uint256 amount) private returns (uint256 received) {
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        received = IERC20(token).balanceOf(address(this)) - before;
        if (received == 0) revert AmountZero();
        liabilities[token] += received;
        emit Deposited(token, account, msg.sender, received);
    }

    function _debit(address token, address account, uint256 amount) private {
        if (amount == 0) revert AmountZero();
        uint256 balance = balanceOf[token][account];
        if (amount > balance) revert BalanceInsufficient(balance, amount);
        unchecked {
            balanceOf[token][account] = balance - amount;
        }
    }

    /// @dev The key is checked here and nowhere else: a channel with a bad one never holds anything.
    function _fund(ChannelKey calldata key, uint256 amount) private returns (ChannelId id) {
        if (key.payer == address(0) || key.payee == address(0)) revert AccountZero();
        uint256 closeDelaySec = key.meta.closeDelaySec();
        if (closeDelaySec < CLOSE_DELAY_MIN_SEC || closeDelaySec > CLOSE_DELAY_MAX_SEC) {
            revert CloseDelayOutOfRange(closeDelaySec, CLOSE_DELAY_MIN_SEC, CLOSE_DELAY_MAX_SEC);
        }
        id = key.id();
        ChannelSlot storage slot = _channels[id];
        Channel channel = slot.state;
        uint256 funded = channel.deposit();
        if (channel.closeAt() != 0) revert ChannelClosing(channel.closeAt());
        if (amount > Channels.AMOUNT_MAX - funded) revert ChannelFull(funded, amount);
        if (funded == 0) {
            emit ChannelOpened(id, key.payer, key.payee, key.token, key.arbiter, ChannelMeta.unwrap(key.meta));
        }
        unchecked {
            slot.state = Channels.pack(funded + amount, channel.settled(), 0);
            emit ChannelFunded(id, msg.sender, amount, funded + amount);
        }
    }

    function _requireArbiter(address arbiter) private view {
        if (msg.sender != arbiter) revert CallerNotArbiter(msg.sender, arbiter);
    }

    /// @dev Channels without an arbiter, which are most, never read the word of a hold.
    function _requireClosable(address arbiter, ChannelId id, uint256 closeAt) private view {
        if (closeAt == 0 || block.timestamp < closeAt) revert CloseTooEarly(closeAt);
        if (arbiter == address(0)) return;
        uint256 openAt = heldUntil[id];
        if (openAt > closeAt + HOLD_SEC_MAX) openAt = closeAt + HOLD_SEC_MAX;
        if (block.timestamp < openAt) revert ChannelOnHold(openAt);
    }

    /// @dev Takes an authentic voucher into account: logs what it pays, or answers zero when that is nothing.
    function _settle(ChannelId id, uint256 cumulative, bytes32 commitment) private returns (uint256 paid) {
        ChannelSlot storage slot = _channels[id];
        Channel channel = slot.state;
        (uint256 funded, uint256 settled) = (channel.deposit(), channel.settled());
        uint256 payable_ = cumulative < funded ? cumulative : funded;
        if (payable_ <= settled) return 0;
        unchecked {
            paid = payable_ - settled;
        }
        slot.state = Channels.pack(funded, payable_, channel.closeAt());
        emit Redeemed(id, paid, cumulative, commitment);
    }

    /// @dev Fills the record's payer and meta into `key`, which the whole batch shares.
    function _redeemRecord(bytes32 domain, ChannelKey memory key, bytes calldata records, uint256 index)
        private
        returns (uint256 paid)
    {
        uint128 cumulative;
        bytes32 commitment;
        bytes32 r;
        bytes32 vs;
        (key.payer, key.meta, cumulative, commitment, r, vs) = VoucherRecords.read(records, index);
        ChannelId id = key.id();
        bytes32 digest = Vouchers.digest(domain, id, cumulative, commitment);
        if (!digest.isSignedBy(r, vs, key.voucherSigner())) {
            emit VoucherSkipped(id, cumulative, SignatureInvalid.selector);
            return 0;
        }
        paid = _settle(id, cumulative, commitment);
        if (paid == 0) {
            bool old = cumulative <= _channels[id].state.settled();
            emit VoucherSkipped(id, cumulative, old ? VoucherNotIncreasing.selector : ChannelEmpty.selector);
        }
    }
}
