// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Harm, OfferEquivocation, ReceiptEquivocation} from "../types/Equivocation.sol";
import {Payout} from "../types/Payout.sol";

/// @title Bonds: collateral of providers, who answers for which node key, and what a broken word costs
/// @notice An owner registers the keys of its nodes and posts a bond, per token. It says to which arbiters it answers
/// and with how much: that part of the bond is *exposed* to that arbiter and to nobody else. What is not exposed backs
/// what needs no arbiter: two contradicting statements signed by one key.
///
/// There is no owner of this contract, no upgrade, no fee and no pause: these rules are all there is.
///
/// Money, for every token and at all times:
///
///     Σ bonds + Σ claimable + burnt = liabilities <= token balance of this contract
///     Σ exposures of an owner <= its bond
///
/// What a harmed buyer can count on:
///
/// - Exposed money is there. It is lowered by nothing but that arbiter's own slashes and a request of the owner that
///   takes EXIT_DELAY_SEC, longer than any case. Neither another arbiter nor an equivocation reaches it, so an owner who
///   invents an arbiter, a buyer or a fault of his own in order to be slashed by a friend saves nothing that another is
///   owed. {coverOf} says what it will be for all of that time.
/// - The harmed are filled before the reporter.
/// - Slashing pays nobody who slashes himself: the owner is debited BURN_BPS more than anybody receives. That part stays
///   here for ever.
/// - Payments are credited and collected by whoever they are for, so that no token can hold up a slash.
///
/// @dev Tokens that take a fee on transfer are credited by what arrived. A token whose balances shrink by themselves
/// cannot be held safely by anything like this; no token can harm the holders of another.
interface IBonds {
    // ------------------------------------------------------------------------------------------------------- events

    /// @notice From now on and for ever, `owner` answers for what `key` signs, and for what it signed before.
    event KeyRegistered(address indexed key, address indexed owner);

    /// @notice `amount` arrived from `from` and was added to the bond of `owner`.
    event Bonded(address indexed token, address indexed owner, address indexed from, uint256 amount);

    /// @notice `owner` may take out `amount` from `exitAt` on, a UNIX second.
    event ExitRequested(address indexed token, address indexed owner, uint256 amount, uint256 exitAt);

    event ExitCancelled(address indexed token, address indexed owner);

    /// @notice `amount` left the bond of `owner` and was sent to `to`.
    event Exited(address indexed token, address indexed owner, address indexed to, uint256 amount);

    /// @notice `arbiter` can slash up to `cap` from now on: raised, or lowered after the delay.
    event Exposed(address indexed token, address indexed owner, address indexed arbiter, uint256 cap);

    /// @notice From `reduceAt` on, a UNIX second, `owner` may lower its exposure to `cap`.
    event ReductionRequested(
        address indexed token, address indexed owner, address indexed arbiter, uint256 cap, uint256 reduceAt
    );

    /// @notice The bond of `owner` lost `paidHarmed + paidReporter + burned`.
    /// @param arbiter who said so; zero for an equivocation, which needs none
    /// @param ref what the arbiter calls it, or the id of the equivocation
    event Slashed(
        address indexed token,
        address indexed owner,
        bytes32 indexed ref,
        address arbiter,
        address harmed,
        uint256 paidHarmed,
        address reporter,
        uint256 paidReporter,
        uint256 burned
    );

    /// @notice `amount` that was claimable by `account` was sent to `to`.
    event Collected(address indexed token, address indexed account, address indexed to, uint256 amount);

    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice Nothing would move or change.
    error AmountZero();

    /// @notice The zero account can own nothing, judge nothing and be paid nothing.
    error AccountZero();

    /// @notice Tokens cannot be sent to the zero account or to this contract.
    error RecipientInvalid(address to);

    /// @notice A key belongs to one owner for ever.
    error KeyTaken(address key, address owner);

    /// @notice Nobody answers for this key.
    error KeyUnknown(address key);

    /// @notice Not signed by the key that it should be signed by, or not a well-formed signature.
    error SignatureInvalid(address expected);

    /// @notice A bond counts to 2^104 - 1.
    error BondFull(uint256 amount, uint256 added);

    /// @notice The bond is smaller than that; or nothing of it is left to slash.
    error BondInsufficient(uint256 amount, uint256 needed);

    /// @notice Of a bond of `amount`, at most `exposedMax` can be exposed to all arbiters together, not `exposed`.
    error BondExposed(uint256 exposed, uint256 exposedMax, uint256 amount);

    /// @notice One exit at a time: cancel it to ask for another amount, and wait again.
    error ExitPending(uint256 exitAt);

    /// @param exitAt from when on it is possible; zero means that nobody has requested it
    error ExitTooEarly(uint256 exitAt);

    /// @notice {expose} only raises. To lower, use {requestReduce}.
    error ExposureNotRaised(uint256 cap, uint256 requested);

    /// @notice {requestReduce} only lowers. To raise, use {expose}.
    error ExposureNotLowered(uint256 cap, uint256 requested);

    /// @param reduceAt from when on it is possible; zero means that nobody has requested it
    error ReductionTooEarly(uint256 reduceAt);

    /// @notice The two are about different things, or say the same: nobody contradicted himself.
    error NotEquivocal();

    /// @notice This was punished before, in this token.
    error FaultPunished(bytes32 fault);

    /// @notice The harm shown makes up another agreement, `shown`, than the one that the receipts are of.
    error HarmNotProven(bytes32 agreement, bytes32 shown);

    // --------------------------------------------------------------------------------------------------------- keys

    /// @notice Makes the caller answer for `key`, once and for ever: an owner cannot shed a key that did wrong, nor
    /// anybody take a key that is not his.
    /// @param proof `key`'s signature over the EIP-712 `KeyPossession(address key,address owner)` with the caller as its
    /// owner, in the domain of this contract ("Archipel Bonds"); 64 bytes (EIP-2098) or 65
    function registerKey(address key, bytes calldata proof) external;

    /// @notice Who answers for `key`; zero means that nobody does.
    function ownerOf(address key) external view returns (address owner);

    // -------------------------------------------------------------------------------------------------------- bonds

    /// @notice Takes `amount` of `token` from the caller (who approved it) and adds what arrived to `owner`'s bond.
    /// @return credited what arrived
    function bond(address token, address owner, uint256 amount) external returns (uint256 credited);

    /// @notice Starts the delay after which `amount` of the caller's bond can be taken out. It is slashable until then.
    /// Exposed money can be named too: it must have been reduced by the time of {exit}.
    function requestExit(address token, uint256 amount) external;

    function cancelExit(address token) external;

    /// @notice Sends what was asked for, or what slashes have left of it, to `to`.
    /// @return paid what left the bond
    function exit(address token, address to) external returns (uint256 paid);

    /// @return amount what the bond holds
    /// @return exiting how much of it the owner has asked to take out
    /// @return exitAt UNIX second from which he may; zero means that he has not asked
    function bondOf(address token, address owner)
        external
        view
        returns (uint256 amount, uint256 exiting, uint256 exitAt);

    // ---------------------------------------------------------------------------------------------------- exposures

    /// @notice Lets `arbiter` slash the caller's bond, up to `cap` in all, from now on. Sets aside that much of the bond
    /// for this arbiter alone. Takes back a reduction that was asked for; the same `cap` again does only that.
    /// @dev All exposures together leave UNEXPOSED_BPS of the bond free, for equivocations.
    function expose(address token, address arbiter, uint256 cap) external;

    /// @notice Starts the delay after which the caller's exposure can be lowered to `cap`. Asking again starts anew.
    function requestReduce(address token, address arbiter, uint256 cap) external;

    /// @notice Lowers the caller's exposure to what was asked for, unless slashes have lowered it further.
    function reduce(address token, address arbiter) external;

    /// @notice How much of `owner`'s bond `arbiter` can slash now; never more than there is.
    function exposureOf(address token, address owner, address arbiter) external view returns (uint256 cap);

    /// @notice How much of `owner`'s bond `arbiter` will be able to slash at any time in the next EXIT_DELAY_SEC, less
    /// only what it slashes meanwhile. This, and not {exposureOf}, is what a new agreement can rely on.
    function coverOf(address token, address owner, address arbiter) external view returns (uint256 cover);

    /// @notice The reduction that `owner` has asked for.
    /// @return cap what the exposure will be
    /// @return reduceAt UNIX second from which it may; zero means that he has not asked
    function reductionOf(address token, address owner, address arbiter)
        external
        view
        returns (uint256 cap, uint256 reduceAt);

    /// @notice How much of `owner`'s bond is exposed to all arbiters together.
    function exposedOf(address token, address owner) external view returns (uint256 exposed);

    // -------------------------------------------------------------------------------------------------------- slashes

    /// @notice The caller, as an arbiter, slashes what `owner` has exposed to it: credits `harmed` first, then
    /// `reporter`, as far as the exposure goes with the burnt share on top.
    /// @dev Never fails for want of money, so that a case can always be ended: what there is not, is not paid, and the
    /// answer says so. Fails if an amount that is not zero is for the zero account. That no fault is punished twice is
    /// for the arbiter to see to.
    /// @param ref what the arbiter calls the fault; only logged
    function slashByArbiter(address token, address owner, Payout calldata harmed, Payout calldata reporter, bytes32 ref)
        external
        returns (uint256 paidHarmed, uint256 paidReporter);

    /// @notice Punishes the owner of a key that signed two receipts of one agreement with one number, which differ in
    /// more than the time of issue. Takes PENALTY_BPS of the bond: REPORTER_BPS of that for the caller, the rest is
    /// burnt. Once per key, agreement and token.
    /// @return paidReporter what was credited to the caller
    function slashReceipts(address token, ReceiptEquivocation calldata proof) external returns (uint256 paidReporter);

    /// @notice The same, and compensates the payer of the agreement first, from the bond in the channel's token, with up
    /// to the bid's `priceMax` for all contradictions in one agreement together. Also works when the punishment has
    /// been taken already: then only the payer is paid. So whoever reports first cannot keep the payer from his due.
    /// @dev Needs no signature of the buyer: the agreement's id, which the provider signed twice, is the hash of all that
    /// `harm` says.
    /// @return paidHarmed what was credited to the payer of `harm.channel`
    /// @return paidReporter what was credited to the caller
    function slashReceiptsFor(ReceiptEquivocation calldata proof, Harm calldata harm)
        external
        returns (uint256 paidHarmed, uint256 paidReporter);

    /// @notice Punishes the owner of a key that signed two different offers with one sequence, as {slashReceipts} does.
    /// Once per key, sequence and token.
    /// @return paidReporter what was credited to the caller
    function slashOffers(address token, OfferEquivocation calldata proof) external returns (uint256 paidReporter);

    /// @notice Whether the punishment for an equivocation was taken, and what was paid for it to the harmed.
    /// @param fault see {receiptFault} and {offerFault}
    function faultOf(address token, bytes32 fault) external view returns (bool punished, uint256 compensated);

    /// @notice Names all contradictions of `key` in one agreement.
    function receiptFault(address key, bytes32 agreement) external pure returns (bytes32 fault);

    /// @notice Names all contradictions of `key` under one sequence of its offers.
    function offerFault(address key, uint64 sequence) external pure returns (bytes32 fault);

    // ------------------------------------------------------------------------------------------------------ payments

    /// @notice What slashes have credited to `account` and it has not collected.
    function claimable(address token, address account) external view returns (uint256);

    /// @notice Sends all that is claimable by the caller to `to`.
    /// @return paid what was sent
    function collect(address token, address to) external returns (uint256 paid);

    // --------------------------------------------------------------------------------------------------------- views

    /// @notice What has been burnt: held here for ever, owed to nobody.
    function burnt(address token) external view returns (uint256);

    /// @notice All bonds, claims and burnt shares together.
    function liabilities(address token) external view returns (uint256);

    /// @notice The escrow whose EIP-712 domain receipts, offers, bids and agreements are signed in.
    function escrow() external view returns (address);

    /// @notice EIP-712 domain separator of this contract, for `KeyPossession`.
    function domainSeparator() external view returns (bytes32);

    /// @notice How long exits and reductions take. Longer than the longest case and the time in which it may be brought.
    function EXIT_DELAY_SEC() external view returns (uint256);

    /// @notice What is burnt on top of all that a slash pays to the harmed or, through an arbiter, to a reporter; in ten
    /// thousandths of that, rounded up.
    function BURN_BPS() external view returns (uint256);

    /// @notice Penalty of an equivocation, in ten thousandths of the bond.
    function PENALTY_BPS() external view returns (uint256);

    /// @notice What the reporter of an equivocation gets of its penalty, in ten thousandths.
    function REPORTER_BPS() external view returns (uint256);

    /// @notice What cannot be exposed of a bond, in ten thousandths, so that equivocations always find something.
    function UNEXPOSED_BPS() external view returns (uint256);
}
