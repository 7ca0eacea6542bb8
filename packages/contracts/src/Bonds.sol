// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IBonds} from "./interfaces/IBonds.sol";
import {Equivocations} from "./libraries/Equivocations.sol";
import {EscrowDomain} from "./libraries/EscrowDomain.sol";
import {RawHashes} from "./libraries/RawHashes.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Slash, Slashes} from "./libraries/Slashes.sol";
import {Agreement} from "./messages/Agreement.sol";
import {KeyPossession} from "./messages/KeyPossession.sol";
import {Bond, BondSlot, BondWords} from "./types/Bond.sol";
import {BondExit, BondExits} from "./types/BondExit.sol";
import {ChannelId} from "./types/ChannelId.sol";
import {Harm, OfferEquivocation, ReceiptEquivocation} from "./types/Equivocation.sol";
import {Exposure, ExposureSlot, Exposures} from "./types/Exposure.sol";
import {Fault, FaultSlot, Faults} from "./types/Fault.sol";
import {Payout} from "./types/Payout.sol";

/// @title Bonds
/// @dev Functions that call a token are guarded against re-entrance, because what arrived is measured by the balance
/// before and after. The others move numbers between slots of this contract and call nobody.
contract Bonds is IBonds, EIP712, EscrowDomain, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;
    using Signatures for bytes32;

    /// @dev One slot, which is in use since the first bond, so that not even the first slash pays for a new one.
    struct Totals {
        uint128 liabilities;
        uint128 burnt;
    }

    /// @inheritdoc IBonds
    uint256 public constant EXIT_DELAY_SEC = 30 days;
    /// @inheritdoc IBonds
    uint256 public constant BURN_BPS = Slashes.BURN_BPS;
    /// @inheritdoc IBonds
    uint256 public constant PENALTY_BPS = Slashes.PENALTY_BPS;
    /// @inheritdoc IBonds
    uint256 public constant REPORTER_BPS = Slashes.REPORTER_BPS;
    /// @inheritdoc IBonds
    uint256 public constant UNEXPOSED_BPS = Slashes.UNEXPOSED_BPS;

    /// @inheritdoc IBonds
    mapping(address key => address) public ownerOf;
    /// @inheritdoc IBonds
    mapping(address token => mapping(address account => uint256)) public claimable;
    mapping(address token => Totals) private _totals;
    mapping(address token => mapping(address owner => BondSlot)) private _bonds;
    mapping(address token => mapping(address owner => BondExit)) private _exits;
    mapping(address token => mapping(address owner => mapping(address arbiter => ExposureSlot))) private _exposures;
    mapping(address token => mapping(bytes32 fault => FaultSlot)) private _faults;

    constructor(address escrow_) EIP712("Archipel Bonds", "1") EscrowDomain(escrow_) {}

    // --------------------------------------------------------------------------------------------------------- keys

    /// @inheritdoc IBonds
    function registerKey(address key, bytes calldata proof) external {
        address owner = ownerOf[key];
        if (owner != address(0)) revert KeyTaken(key, owner);
        bytes32 digest = _hashTypedDataV4(KeyPossession(key, msg.sender).hash());
        if (!digest.isSignedBy(proof, key)) revert SignatureInvalid(key);
        ownerOf[key] = msg.sender;
        emit KeyRegistered(key, msg.sender);
    }

    // -------------------------------------------------------------------------------------------------------- bonds

    /// @inheritdoc IBonds
    function bond(address token, address owner, uint256 amount) external nonReentrant returns (uint256 credited) {
        if (owner == address(0)) revert AccountZero();
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        credited = IERC20(token).balanceOf(address(this)) - before;
        if (credited == 0) revert AmountZero();

        BondSlot storage slot = _bonds[token][owner];
        uint256 held = slot.state.amount();
        if (credited > BondWords.AMOUNT_MAX - held) revert BondFull(held, credited);
        slot.state = BondWords.pack(held + credited, slot.state.exposed());
        _totals[token].liabilities += credited.toUint128();
        emit Bonded(token, owner, msg.sender, credited);
    }

    /// @inheritdoc IBonds
    function requestExit(address token, uint256 amount) external {
        if (amount == 0) revert AmountZero();
        uint256 held = _bonds[token][msg.sender].state.amount();
        if (amount > held) revert BondInsufficient(held, amount);
        uint256 exitAt = _exits[token][msg.sender].exitAt();
        if (exitAt != 0) revert ExitPending(exitAt);
        exitAt = block.timestamp + EXIT_DELAY_SEC;
        _exits[token][msg.sender] = BondExits.pack(amount, exitAt);
        emit ExitRequested(token, msg.sender, amount, exitAt);
    }

    /// @inheritdoc IBonds
    function cancelExit(address token) external {
        if (_exits[token][msg.sender].exitAt() == 0) revert AmountZero();
        _exits[token][msg.sender] = BondExits.NONE;
        emit ExitCancelled(token, msg.sender);
    }

    /// @inheritdoc IBonds
    function exit(address token, address to) external nonReentrant returns (uint256 paid) {
        _checkRecipient(to);
        BondExit pending = _exits[token][msg.sender];
        uint256 exitAt = pending.exitAt();
        if (exitAt == 0 || block.timestamp < exitAt) revert ExitTooEarly(exitAt);
        _exits[token][msg.sender] = BondExits.NONE;

        BondSlot storage slot = _bonds[token][msg.sender];
        Bond held = slot.state;
        paid = Math.min(pending.amount(), held.amount());
        if (paid == 0) revert AmountZero();
        slot.state = _packCovered(held.amount() - paid, held.exposed());
        _totals[token].liabilities -= paid.toUint128();
        emit Exited(token, msg.sender, to, paid);
        IERC20(token).safeTransfer(to, paid);
    }

    /// @inheritdoc IBonds
    function bondOf(address token, address owner)
        external
        view
        returns (uint256 amount, uint256 exiting, uint256 exitAt)
    {
        BondExit pending = _exits[token][owner];
        amount = _bonds[token][owner].state.amount();
        return (amount, Math.min(pending.amount(), amount), pending.exitAt());
    }

    // ---------------------------------------------------------------------------------------------------- exposures

    /// @inheritdoc IBonds
    function expose(address token, address arbiter, uint256 cap) external {
        if (arbiter == address(0)) revert AccountZero();
        ExposureSlot storage slot = _exposures[token][msg.sender][arbiter];
        Exposure exposure = slot.state;
        uint256 before = exposure.cap();
        if (cap < before || (cap == before && exposure.reduceAt() == 0)) revert ExposureNotRaised(before, cap);
        if (cap > before) {
            BondSlot storage bondSlot = _bonds[token][msg.sender];
            Bond held = bondSlot.state;
            bondSlot.state = _packCovered(held.amount(), Math.saturatingAdd(held.exposed(), cap - before));
        }
        slot.state = Exposures.pack(cap, 0, 0);
        emit Exposed(token, msg.sender, arbiter, cap);
    }

    /// @inheritdoc IBonds
    function requestReduce(address token, address arbiter, uint256 cap) external {
        ExposureSlot storage slot = _exposures[token][msg.sender][arbiter];
        uint256 before = slot.state.cap();
        if (cap >= before) revert ExposureNotLowered(before, cap);
        uint256 reduceAt = block.timestamp + EXIT_DELAY_SEC;
        slot.state = Exposures.pack(before, cap, reduceAt);
        emit ReductionRequested(token, msg.sender, arbiter, cap, reduceAt);
    }

    /// @inheritdoc IBonds
    function reduce(address token, address arbiter) external {
        ExposureSlot storage slot = _exposures[token][msg.sender][arbiter];
        Exposure exposure = slot.state;
        uint256 reduceAt = exposure.reduceAt();
        if (reduceAt == 0 || block.timestamp < reduceAt) revert ReductionTooEarly(reduceAt);
        uint256 cap = Math.min(exposure.cap(), exposure.reduced());
        slot.state = Exposures.pack(cap, 0, 0);

        BondSlot storage bondSlot = _bonds[token][msg.sender];
        Bond held = bondSlot.state;
        bondSlot.state = BondWords.pack(held.amount(), held.exposed() - (exposure.cap() - cap));
        emit Exposed(token, msg.sender, arbiter, cap);
    }

    /// @inheritdoc IBonds
    function exposureOf(address token, address owner, address arbiter) external view returns (uint256 cap) {
        return _exposures[token][owner][arbiter].state.cap();
    }

    /// @inheritdoc IBonds
    function coverOf(address token, address owner, address arbiter) external view returns (uint256 cover) {
        Exposure exposure = _exposures[token][owner][arbiter].state;
        if (exposure.reduceAt() == 0) return exposure.cap();
        return Math.min(exposure.cap(), exposure.reduced());
    }

    /// @inheritdoc IBonds
    function reductionOf(address token, address owner, address arbiter)
        external
        view
        returns (uint256 cap, uint256 reduceAt)
    {
        Exposure exposure = _exposures[token][owner][arbiter].state;
        return (Math.min(exposure.cap(), exposure.reduced()), exposure.reduceAt());
    }

    /// @inheritdoc IBonds
    function exposedOf(address token, address owner) external view returns (uint256 exposed) {
        return _bonds[token][owner].state.exposed();
    }

    // ------------------------------------------------------------------------------------------------------ slashes

    /// @inheritdoc IBonds
    function slashByArbiter(address token, address owner, Payout calldata harmed, Payout calldata reporter, bytes32 ref)
        external
        returns (uint256 paidHarmed, uint256 paidReporter)
    {
        _checkPayout(harmed);
        _checkPayout(reporter);
        ExposureSlot storage slot = _exposures[token][owner][msg.sender];
        Exposure exposure = slot.state;
        Slash memory slash = Slash(harmed.to, 0, reporter.to, 0, 0);
        (slash.paidHarmed, slash.paidReporter, slash.burned) =
            Slashes.fill(exposure.cap(), harmed.amount, reporter.amount);
        uint256 debit = slash.debit();
        if (debit == 0) return (0, 0);

        BondSlot storage bondSlot = _bonds[token][owner];
        Bond held = bondSlot.state;
        bondSlot.state = BondWords.pack(held.amount() - debit, held.exposed() - debit);
        slot.state = exposure.withCap(exposure.cap() - debit);
        _settle(token, owner, ref, msg.sender, slash);
        return (slash.paidHarmed, slash.paidReporter);
    }

    /// @inheritdoc IBonds
    function slashReceipts(address token, ReceiptEquivocation calldata proof) external returns (uint256 paidReporter) {
        _checkReceipts(proof);
        bytes32 fault = Equivocations.receiptFault(proof.key, proof.first.agreement);
        (, paidReporter) = _punish(token, proof.key, fault, address(0), 0);
    }

    /// @inheritdoc IBonds
    function slashReceiptsFor(ReceiptEquivocation calldata proof, Harm calldata harm)
        external
        returns (uint256 paidHarmed, uint256 paidReporter)
    {
        _checkReceipts(proof);
        _checkHarm(proof, harm);
        bytes32 fault = Equivocations.receiptFault(proof.key, proof.first.agreement);
        return _punish(harm.channel.token, proof.key, fault, harm.channel.payer, harm.bid.priceMax);
    }

    /// @inheritdoc IBonds
    function slashOffers(address token, OfferEquivocation calldata proof) external returns (uint256 paidReporter) {
        bytes32 firstHash = Equivocations.hashOffer(proof.first);
        bytes32 secondHash = Equivocations.hashOffer(proof.second);
        if (!Equivocations.contradict(firstHash, proof.first, secondHash, proof.second)) revert NotEquivocal();
        address key = Equivocations.providerOf(proof.first);
        _checkSigned(firstHash, proof.firstSignature, key);
        _checkSigned(secondHash, proof.secondSignature, key);
        (, paidReporter) = _punish(token, key, Equivocations.offerFault(proof.first), address(0), 0);
    }

    /// @inheritdoc IBonds
    function faultOf(address token, bytes32 fault) external view returns (bool punished, uint256 compensated) {
        Fault state = _faults[token][fault].state;
        return (state.punished(), state.compensated());
    }

    /// @inheritdoc IBonds
    function receiptFault(address key, bytes32 agreement) external pure returns (bytes32 fault) {
        return Equivocations.receiptFault(key, agreement);
    }

    /// @inheritdoc IBonds
    function offerFault(address key, uint64 sequence) external pure returns (bytes32 fault) {
        return Equivocations.offerFault(key, bytes32(uint256(sequence)));
    }

    // ----------------------------------------------------------------------------------------------------- payments

    /// @inheritdoc IBonds
    function collect(address token, address to) external nonReentrant returns (uint256 paid) {
        _checkRecipient(to);
        paid = claimable[token][msg.sender];
        if (paid == 0) revert AmountZero();
        delete claimable[token][msg.sender];
        _totals[token].liabilities -= paid.toUint128();
        emit Collected(token, msg.sender, to, paid);
        IERC20(token).safeTransfer(to, paid);
    }

    // -------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IBonds
    function burnt(address token) external view returns (uint256) {
        return _totals[token].burnt;
    }

    /// @inheritdoc IBonds
    function liabilities(address token) external view returns (uint256) {
        return _totals[token].liabilities;
    }

    /// @inheritdoc IBonds
    function escrow() external view returns (address) {
        return ESCROW;
    }

    /// @inheritdoc IBonds
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    // ------------------------------------------------------------------------------------------------------ private

    /// @dev Takes from the unexposed part of the bond, so that what is exposed stays whole for the arbiters' cases. A
    /// fault counts as punished only once something was taken for it, or it could be washed off while there is nothing
    /// to take.
    function _punish(address token, address key, bytes32 fault, address harmed, uint256 lost)
        private
        returns (uint256 paidHarmed, uint256 paidReporter)
    {
        address owner = ownerOf[key];
        if (owner == address(0)) revert KeyUnknown(key);
        FaultSlot storage faultSlot = _faults[token][fault];
        Fault state = faultSlot.state;
        if (state.punished() && state.compensated() >= lost) revert FaultPunished(fault);

        BondSlot storage bondSlot = _bonds[token][owner];
        Bond held = bondSlot.state;
        uint256 free = held.amount() - held.exposed();
        Slash memory slash = Slash(harmed, 0, msg.sender, 0, 0);
        if (lost > 0) (slash.paidHarmed,, slash.burned) = Slashes.fill(free, lost - state.compensated(), 0);
        bool punished = state.punished();
        if (!punished) {
            uint256 burned;
            (slash.paidReporter, burned) = Slashes.penalize(free - slash.debit(), held.amount());
            punished = burned > 0;
            slash.burned += burned;
        }
        if (slash.burned == 0) revert BondInsufficient(free, 1);

        faultSlot.state = Faults.pack(punished, state.compensated() + slash.paidHarmed);
        bondSlot.state = BondWords.pack(held.amount() - slash.debit(), held.exposed());
        _settle(token, owner, fault, address(0), slash);
        return (slash.paidHarmed, slash.paidReporter);
    }

    /// @dev Gives away what was taken from the bond.
    function _settle(address token, address owner, bytes32 ref, address arbiter, Slash memory slash) private {
        if (slash.paidHarmed > 0) claimable[token][slash.harmed] += slash.paidHarmed;
        if (slash.paidReporter > 0) claimable[token][slash.reporter] += slash.paidReporter;
        _totals[token].burnt += slash.burned.toUint128();
        emit Slashed(
            token, owner, ref, arbiter, slash.harmed, slash.paidHarmed, slash.reporter, slash.paidReporter, slash.burned
        );
    }

    function _checkReceipts(ReceiptEquivocation calldata proof) private view {
        if (!Equivocations.contradict(proof.first, proof.second)) revert NotEquivocal();
        _checkSigned(RawHashes.hashOf(proof.first), proof.firstSignature, proof.key);
        _checkSigned(RawHashes.hashOf(proof.second), proof.secondSignature, proof.key);
    }

    function _checkHarm(ReceiptEquivocation calldata proof, Harm calldata harm) private view {
        bytes32 channel = ChannelId.unwrap(harm.channel.id());
        bytes32 agreement = _digest(Agreement(harm.bid.demand, _digest(harm.bid.hash()), channel).hash());
        if (agreement != proof.first.agreement) revert HarmNotProven(proof.first.agreement, agreement);
        if (harm.bid.provider != proof.key) revert SignatureInvalid(harm.bid.provider);
    }

    function _checkSigned(bytes32 structHash, bytes calldata signature, address key) private view {
        if (!_digest(structHash).isSignedBy(signature, key)) revert SignatureInvalid(key);
    }

    /// @dev In the escrow's domain, as all that peers sign for each other.
    function _digest(bytes32 structHash) private view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_escrowSeparator(), structHash);
    }

    function _packCovered(uint256 amount, uint256 exposed) private pure returns (Bond) {
        uint256 exposedMax = Slashes.exposedMax(amount);
        if (exposed > exposedMax) revert BondExposed(exposed, exposedMax, amount);
        return BondWords.pack(amount, exposed);
    }

    function _checkPayout(Payout calldata payout) private pure {
        if (payout.to == address(0) && payout.amount > 0) revert AccountZero();
    }

    function _checkRecipient(address to) private view {
        if (to == address(0) || to == address(this)) revert RecipientInvalid(to);
    }
}
