// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {IEscrowDeposits} from "./IEscrowDeposits.sol";
import {IEscrowOrders} from "./IEscrowOrders.sol";

/// @title Escrow: internal balances, and channels that pay by cumulative voucher
/// @notice Holds ERC-20 tokens for accounts. An account locks some of its balance into a channel towards one payee;
/// from then on it pays by signing vouchers off chain, each promising a larger total than the one before, and the
/// payee redeems the newest whenever it likes. One redeem pays for any number of jobs.
///
/// How tokens come in is in {IEscrowDeposits}, what an account may have others do for it in {IEscrowOrders}.
///
/// There is no owner, no upgrade, no fee and no pause: these rules are all there is.
///
/// Money, for every token and at all times:
///
///     Σ balanceOf + Σ (channel.deposit - channel.settled) = liabilities <= token balance of this contract
///
/// @dev Tokens that take a fee on transfer are credited by what arrived. A token whose balances shrink by themselves
/// cannot be held safely by anything like this: its own holders here would race for what is left. No token can harm the
/// holders of another.
///
/// Vouchers are signed by plain secp256k1 accounts only. A contract account (ERC-1271) takes part by naming a session
/// key in `meta`: a signature that a contract may disown later is no payment to work for.
interface IEscrow is IEscrowDeposits, IEscrowOrders {
    // ------------------------------------------------------------------------------------------------------- events

    /// @notice `amount` was taken from the balance of `account` and sent to `to`.
    event Withdrawn(address indexed token, address indexed account, address indexed to, uint256 amount);

    /// @notice Tells the key behind `id`: when money first enters the channel, and again when it does after a close,
    /// or an award of all it held, before any voucher was paid.
    event ChannelOpened(
        ChannelId indexed id, address indexed payer, address indexed payee, address token, address arbiter, bytes32 meta
    );

    /// @notice `amount` moved from the balance of `from` into the channel, whose deposit is now `deposit`.
    event ChannelFunded(ChannelId indexed id, address indexed from, uint256 amount, uint256 deposit);

    /// @notice A voucher moved `paid` from the channel to the balance of its payee.
    /// @param paid what really moved, less than promised when the deposit did not cover the voucher
    /// @param cumulative the total that the voucher promises
    /// @param commitment what it promises it for, as signed
    event Redeemed(ChannelId indexed id, uint256 paid, uint256 cumulative, bytes32 commitment);

    /// @notice `redeemMany` left out a voucher; `reason` is the selector of the error that `redeem` answers to it. One that
    /// promises nothing counts as old, whoever signed it.
    event VoucherSkipped(ChannelId indexed id, uint256 cumulative, bytes4 reason);

    /// @notice The channel's arbiter awarded `amount`, of which `paid` moved from the channel to the balance of its payee.
    /// @param paid what really moved, less than awarded when the channel held less; never zero
    /// @param ref what the arbiter awarded it for, in its own words
    event RedeemedByArbiter(ChannelId indexed id, uint256 paid, uint256 amount, bytes32 indexed ref);

    /// @notice The channel's arbiter keeps anybody but the payee from closing it until `untilSec`, a UNIX second.
    event ChannelHeld(ChannelId indexed id, uint256 untilSec);

    /// @notice The channel's arbiter ended its hold.
    event ChannelReleased(ChannelId indexed id);

    /// @notice The channel may be closed by anyone from `closeAt` on, a UNIX second.
    event CloseRequested(ChannelId indexed id, uint256 closeAt);

    /// @notice `refunded` moved from the channel back to the balance of its payer.
    event ChannelClosed(ChannelId indexed id, uint256 refunded);

    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice Nothing would move.
    error AmountZero();

    /// @notice The zero account cannot own money here.
    error AccountZero();

    /// @notice Tokens cannot be sent to the zero account or to this contract.
    error RecipientInvalid(address to);

    error BalanceInsufficient(uint256 balance, uint256 amount);

    error CloseDelayOutOfRange(uint256 closeDelaySec, uint256 minSec, uint256 maxSec);

    /// @notice A channel counts to 2^104 - 1.
    error ChannelFull(uint256 deposit, uint256 amount);

    /// @notice A channel that is closing takes no more money, nor a second request.
    error ChannelClosing(uint256 closeAt);

    /// @notice The channel holds nothing: never opened, paid out, or closed.
    error ChannelEmpty(ChannelId id);

    /// @notice Not signed by the account that signs for this channel, or not a well-formed signature.
    error SignatureInvalid(address expected);

    /// @notice This channel has already paid as much as the voucher promises.
    error VoucherNotIncreasing(uint256 settled, uint256 cumulative);

    /// @notice `records` is empty or not a whole number of records.
    error RecordsMalformed(uint256 length);

    /// @notice No record of the batch pays anything.
    error BatchPaysNothing();

    error CallerNotParty(address caller);

    /// @param closeAt from when on it is possible; zero means that nobody has requested the close
    error CloseTooEarly(uint256 closeAt);

    /// @notice Only the arbiter named in the channel's key may do that.
    error CallerNotArbiter(address caller, address arbiter);

    /// @notice A hold ends in the future, and not later than {HOLD_SEC_MAX} from now.
    error HoldOutOfRange(uint256 untilSec, uint256 min, uint256 max);

    /// @notice The delay is over, but the channel's arbiter holds it.
    /// @param openAt from when on it can be closed
    error ChannelOnHold(uint256 openAt);

    // ----------------------------------------------------------------------------------------------------- balances

    /// @notice Sends `amount` of the caller's balance to `to`.
    function withdraw(address token, address to, uint256 amount) external;

    // ----------------------------------------------------------------------------------------------------- channels

    /// @notice Moves `amount` from the caller's balance into a channel; opens it, or tops it up. Anybody may pay in,
    /// but only `key.payer` is ever refunded.
    /// @dev Vouchers outlive a close: to start afresh with the same payee, take another salt.
    function open(ChannelKey calldata key, uint256 amount) external returns (ChannelId id);

    /// @notice Pays the payee what a voucher promises beyond what was paid already, as far as the deposit goes. Anybody
    /// may call it; the money only ever goes to the payee's balance.
    /// @param cumulative the voucher's total over the whole life of the channel
    /// @param commitment what the voucher says it pays for; only logged
    /// @param signature over the EIP-712 `Voucher`, by the channel's signer
    /// @return paid what moved
    function redeem(
        ChannelKey calldata key,
        uint128 cumulative,
        bytes32 commitment,
        CompactSignature calldata signature
    ) external returns (uint256 paid);

    /// @notice `redeem` and `close` in one, for the payee: what a channel's last voucher costs least with.
    /// @return paid what moved to the payee
    /// @return refunded what moved to the payer; zero if the voucher took all there was
    function redeemAndClose(
        ChannelKey calldata key,
        uint128 cumulative,
        bytes32 commitment,
        CompactSignature calldata signature
    ) external returns (uint256 paid, uint256 refunded);

    /// @notice Redeems vouchers of many channels of one payee at once.
    /// @dev A record that pays nothing (bad signature, old voucher, empty channel) is skipped and logged, so that one
    /// rotten voucher, or one redeemed meanwhile by somebody else, does not hold up the rest.
    /// @param records packed, 164 bytes each: `payer 20 ‖ meta 32 ‖ cumulative 16 ‖ commitment 32 ‖ signature 64`
    /// @return paid what moved, by all records together; never zero
    function redeemMany(address token, address payee, address arbiter, bytes calldata records)
        external
        returns (uint256 paid);

    /// @notice Starts the delay after which the channel can be closed against the payee's will. For the payer or
    /// signer.
    /// @return closeAt UNIX second from which {close} is open to anyone
    function requestClose(ChannelKey calldata key) external returns (uint256 closeAt);

    /// @notice Refunds what is left to the payer's balance: by the payee at any time, by anyone once the delay is over.
    /// @return refunded what moved
    function close(ChannelKey calldata key) external returns (uint256 refunded);

    // ----------------------------------------------------------------------------------------------------- arbiters

    /// @notice Awards the payee `amount` from what the channel still holds, *on top of* its vouchers: lowers the
    /// deposit by what it pays and leaves `settled` alone. So an award never counts against a voucher, nor a voucher
    /// against an award, and together they never exceed what the payer locked up. For the key's arbiter.
    /// @param ref anything; only logged
    /// @return paid what moved: all the channel holds, if that is less than `amount`. Zero is no error
    function redeemByArbiter(ChannelKey calldata key, uint128 amount, bytes32 ref) external returns (uint256 paid);

    /// @notice Keeps the channel from being closed by anybody but its payee until `untilSec`; all else goes on as ever.
    /// Extends a hold but never shortens one. For the key's arbiter.
    /// @dev However often an arbiter holds, anyone may close the channel at `closeAt + HOLD_SEC_MAX` at the latest.
    /// @param untilSec UNIX second, after now and at most {HOLD_SEC_MAX} away
    function hold(ChannelKey calldata key, uint48 untilSec) external;

    /// @notice Ends the hold at once; nothing happens if there is none. For the key's arbiter.
    function release(ChannelKey calldata key) external;

    // -------------------------------------------------------------------------------------------------------- views

    /// @notice What `account` could withdraw now.
    function balanceOf(address token, address account) external view returns (uint256);

    /// @notice What this contract owes of `token`, to all balances and channels together.
    function liabilities(address token) external view returns (uint256);

    /// @notice State of a channel; all zero if there never was one. See {Channel}.
    function channels(ChannelId id) external view returns (uint104 deposited, uint104 settled, uint48 closeAt);

    /// @notice Until when the channel's arbiter last asked to hold it, a UNIX second; zero if it never did, or released
    /// it. It may be past, and counts only up to `closeAt + HOLD_SEC_MAX`.
    function heldUntil(ChannelId id) external view returns (uint48);

    function channelId(ChannelKey calldata key) external pure returns (ChannelId id);

    /// @notice EIP-712 domain separator of everything Archipel signs on this chain.
    function domainSeparator() external view returns (bytes32);

    /// @notice Shortest close delay: outlasts the halts that public chains have had, so that a payee can still redeem.
    function CLOSE_DELAY_MIN_SEC() external view returns (uint256);

    /// @notice Longest close delay: what a payer can lock up by mistake, towards a payee that is gone.
    function CLOSE_DELAY_MAX_SEC() external view returns (uint256);

    /// @notice How far ahead an arbiter may hold a channel, and how long beyond the close delay all its holds together
    /// may keep it from being closed.
    function HOLD_SEC_MAX() external view returns (uint256);
}
