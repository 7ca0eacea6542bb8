// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IBonds} from "../../src/interfaces/IBonds.sol";
import {Agreement} from "../../src/messages/Agreement.sol";
import {Bid} from "../../src/messages/Bid.sol";
import {KeyPossession} from "../../src/messages/KeyPossession.sol";
import {OfferHash} from "../../src/messages/Offer.sol";
import {Receipt, Usage} from "../../src/messages/Receipt.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ChannelMeta} from "../../src/types/ChannelMeta.sol";
import {Harm, OfferEquivocation, ReceiptEquivocation} from "../../src/types/Equivocation.sol";
import {Payout} from "../../src/types/Payout.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {Test} from "../utils/Test.sol";
import {vm} from "../utils/Vm.sol";

/// @notice Calls Bonds as three owners, who are also one another's buyers, reporters and arbiters, and keeps a model of
/// what must come of it. Actor `i` owns key `i`.
contract BondsHandler is Test {
    uint256 public constant ACTORS = 3;
    uint256 public constant ARBITERS = 2;
    uint256 private constant FAULTS = 6;
    uint256 private constant DELAY_SEC = 30 days;
    bytes32 private constant REF = keccak256("case");

    struct Model {
        uint256 bond;
        uint256 exposed;
        uint256 exiting;
        uint256 exitAt;
        uint256 claimable;
        /// Tokens that went in and came out, and what slashes cost and brought this account.
        uint256 put;
        uint256 taken;
        uint256 lost;
        uint256 gained;
    }

    struct ExposureModel {
        uint256 cap;
        uint256 reduced;
        uint256 reduceAt;
        uint256 slashed;
        uint256 raised;
    }

    IBonds public immutable bonds;
    ITestToken public immutable token;
    bytes32 private immutable _domain;

    uint256 public donated;
    uint256 public burnt;
    /// @dev Told by the handler when a slash did not cost its owner more than was paid for it.
    bool public slashPaid;
    mapping(address account => Model) private _models;
    mapping(address owner => mapping(address arbiter => ExposureModel)) private _exposures;
    mapping(bytes32 fault => bool) public punished;
    mapping(bytes32 fault => uint256) public compensated;
    mapping(bytes32 fault => uint256) public punishments;
    bytes32[] private _faults;

    constructor(IBonds bonds_, ITestToken token_, bytes32 domain) {
        (bonds, token, _domain) = (bonds_, token_, domain);
        for (uint256 i = 0; i < ACTORS; ++i) {
            _register(i);
        }
    }

    // ----------------------------------------------------------------------------------------------------- calls

    function bond(uint256 from, uint256 to, uint96 amount) external {
        if (amount == 0) return;
        (address payer, address owner) = (actor(from), actor(to));
        token.mint(payer, amount);
        vm.prank(payer);
        token.approve(address(bonds), amount);
        vm.prank(payer);
        bonds.bond(address(token), owner, amount);
        _models[owner].bond += amount;
        _models[payer].put += amount;
    }

    function requestExit(uint256 by, uint256 amount) external {
        Model storage model = _models[actor(by)];
        amount = bound(amount, 0, model.bond + 1);
        bool allowed = amount > 0 && amount <= model.bond && model.exitAt == 0;
        if (!allowed) vm.expectRevert();
        vm.prank(actor(by));
        bonds.requestExit(address(token), amount);
        if (allowed) (model.exiting, model.exitAt) = (amount, block.timestamp + DELAY_SEC);
    }

    function cancelExit(uint256 by) external {
        Model storage model = _models[actor(by)];
        if (model.exitAt == 0) vm.expectRevert();
        vm.prank(actor(by));
        bonds.cancelExit(address(token));
        (model.exiting, model.exitAt) = (0, 0);
    }

    function exit(uint256 by, uint256 to) external {
        (address owner, address recipient) = (actor(by), actor(to));
        Model storage model = _models[owner];
        uint256 amount = _min(model.exiting, model.bond);
        bool due = model.exitAt != 0 && block.timestamp >= model.exitAt;
        bool allowed = due && amount > 0 && model.exposed <= (model.bond - amount) * 8 / 10;
        if (!allowed) vm.expectRevert();
        vm.prank(owner);
        uint256 paid = bonds.exit(address(token), recipient);
        if (!allowed) return;
        assertEq(paid, amount, "exit");
        model.bond -= amount;
        model.taken += amount;
        (model.exiting, model.exitAt) = (0, 0);
    }

    function expose(uint256 by, uint256 arbiterSeed, uint256 cap) external {
        (address owner, address judge) = (actor(by), arbiter(arbiterSeed));
        Model storage model = _models[owner];
        ExposureModel storage exposure = _exposures[owner][judge];
        cap = bound(cap, 0, model.bond + 1);
        bool takesBack = cap == exposure.cap && exposure.reduceAt != 0;
        bool fits = cap > exposure.cap && model.exposed + cap - exposure.cap <= model.bond * 8 / 10;
        if (!takesBack && !fits) vm.expectRevert();
        vm.prank(owner);
        bonds.expose(address(token), judge, cap);
        if (!takesBack && !fits) return;
        model.exposed += cap - exposure.cap;
        exposure.raised += cap - exposure.cap;
        (exposure.cap, exposure.reduced, exposure.reduceAt) = (cap, 0, 0);
    }

    function requestReduce(uint256 by, uint256 arbiterSeed, uint256 cap) external {
        (address owner, address judge) = (actor(by), arbiter(arbiterSeed));
        ExposureModel storage exposure = _exposures[owner][judge];
        cap = bound(cap, 0, exposure.cap);
        if (cap == exposure.cap) vm.expectRevert();
        vm.prank(owner);
        bonds.requestReduce(address(token), judge, cap);
        if (cap != exposure.cap) (exposure.reduced, exposure.reduceAt) = (cap, block.timestamp + DELAY_SEC);
    }

    function reduce(uint256 by, uint256 arbiterSeed) external {
        (address owner, address judge) = (actor(by), arbiter(arbiterSeed));
        ExposureModel storage exposure = _exposures[owner][judge];
        bool due = exposure.reduceAt != 0 && block.timestamp >= exposure.reduceAt;
        if (!due) vm.expectRevert();
        vm.prank(owner);
        bonds.reduce(address(token), judge);
        if (!due) return;
        uint256 cap = _min(exposure.cap, exposure.reduced);
        _models[owner].exposed -= exposure.cap - cap;
        exposure.raised -= exposure.cap - cap;
        (exposure.cap, exposure.reduced, exposure.reduceAt) = (cap, 0, 0);
    }

    /// @dev The harmed, the reporter and the owner may be one and the same; the caller may be no arbiter at all.
    function slashByArbiter(uint256 by, uint256 ownerSeed, uint256[2] calldata to, uint256[2] calldata amounts)
        external
    {
        address judge = by % 5 == 0 ? actor(by) : arbiter(by);
        address owner = actor(ownerSeed);
        ExposureModel storage exposure = _exposures[owner][judge];
        Payout memory harmed = Payout(actor(to[0]), bound(amounts[0], 0, exposure.cap + 1));
        Payout memory reporter = Payout(actor(to[1]), bound(amounts[1], 0, exposure.cap + 1));
        vm.prank(judge);
        (uint256 paidHarmed, uint256 paidReporter) = bonds.slashByArbiter(address(token), owner, harmed, reporter, REF);

        assertEq(paidHarmed, _min(harmed.amount, exposure.cap * 4 / 5), "harmed");
        assertEq(paidReporter, _min(reporter.amount, exposure.cap * 4 / 5 - paidHarmed), "reporter");
        uint256 debit = _debit(owner, harmed.to, paidHarmed, reporter.to, paidReporter);
        exposure.cap -= debit;
        exposure.slashed += debit;
        _models[owner].exposed -= debit;
    }

    function slashReceipts(uint256 seed, uint256 by) external {
        (ReceiptEquivocation memory proof, Harm memory harm) = _receipts(seed);
        (address owner, address reporter) = (actor(seed), actor(by));
        bytes32 fault = _known(bonds.receiptFault(proof.key, proof.first.agreement));
        bool allowed = !punished[fault] && _models[owner].bond > _models[owner].exposed;
        if (!allowed) vm.expectRevert();
        vm.prank(reporter);
        uint256 paid = bonds.slashReceipts(address(token), proof);
        if (allowed) _settleFault(fault, owner, harm.channel.payer, 0, reporter, paid, true);
    }

    function slashReceiptsFor(uint256 seed, uint256 by) external {
        (ReceiptEquivocation memory proof, Harm memory harm) = _receipts(seed);
        (address owner, address reporter) = (actor(seed), actor(by));
        bytes32 fault = _known(bonds.receiptFault(proof.key, proof.first.agreement));
        uint256 free = _models[owner].bond - _models[owner].exposed;
        uint256 missing = harm.bid.priceMax - compensated[fault];
        uint256 expected = _min(missing, free * 4 / 5);
        uint256 left = free - expected - (expected + 3) / 4;
        bool punishes = !punished[fault] && left > 0;
        bool allowed = expected > 0 || punishes;
        if (!allowed) vm.expectRevert();
        vm.prank(reporter);
        (uint256 paidHarmed, uint256 paidReporter) = bonds.slashReceiptsFor(proof, harm);
        if (!allowed) return;
        assertEq(paidHarmed, expected, "harmed");
        _settleFault(fault, owner, harm.channel.payer, paidHarmed, reporter, paidReporter, punishes);
    }

    function slashOffers(uint256 seed, uint256 by) external {
        OfferEquivocation memory proof = _offers(seed);
        (address owner, address reporter) = (actor(seed), actor(by));
        bytes32 fault = _known(bonds.offerFault(_key(seed), uint64(uint256(proof.first[2]))));
        bool allowed = !punished[fault] && _models[owner].bond > _models[owner].exposed;
        if (!allowed) vm.expectRevert();
        vm.prank(reporter);
        uint256 paid = bonds.slashOffers(address(token), proof);
        if (allowed) _settleFault(fault, owner, reporter, 0, reporter, paid, true);
    }

    function collect(uint256 by, uint256 to) external {
        Model storage model = _models[actor(by)];
        uint256 claim = model.claimable;
        if (claim == 0) vm.expectRevert();
        vm.prank(actor(by));
        uint256 paid = bonds.collect(address(token), actor(to));
        if (claim == 0) return;
        assertEq(paid, claim, "collect");
        model.claimable = 0;
        model.taken += claim;
    }

    /// @dev Nobody gets another's key, nor his own again.
    function registerKey(uint256 by, uint256 of_) external {
        uint256 secret = _secret(of_);
        address owner = actor(by);
        bytes memory proof = _possession(secret, owner);
        vm.expectRevert();
        vm.prank(owner);
        bonds.registerKey(vm.addr(secret), proof);
    }

    function wait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 20 days));
    }

    /// @dev Tokens sent there by mistake belong to nobody, and harm nobody.
    function donate(uint64 amount) external {
        token.mint(address(bonds), amount);
        donated += amount;
    }

    // ----------------------------------------------------------------------------------------------------- views

    function actor(uint256 seed) public pure returns (address) {
        return address(uint160(0xAC7000 + seed % ACTORS));
    }

    function arbiter(uint256 seed) public pure returns (address) {
        return address(uint160(0xA7B000 + seed % ARBITERS));
    }

    function modelOf(address account) external view returns (Model memory) {
        return _models[account];
    }

    function exposureModel(address owner, address judge) external view returns (ExposureModel memory) {
        return _exposures[owner][judge];
    }

    function faults() external view returns (bytes32[] memory) {
        return _faults;
    }

    // --------------------------------------------------------------------------------------------------- private

    /// @dev What a slash took and gave, read from the contract's own sums, must be more than was paid.
    function _debit(address owner, address harmed, uint256 paidHarmed, address reporter, uint256 paidReporter)
        private
        returns (uint256 debit)
    {
        uint256 burned = bonds.burnt(address(token)) - burnt;
        debit = paidHarmed + paidReporter + burned;
        if (debit > 0 && burned * 4 < paidHarmed + paidReporter) slashPaid = true;
        if (debit > 0 && burned == 0) slashPaid = true;
        burnt += burned;
        _models[owner].bond -= debit;
        _models[owner].lost += debit;
        _models[harmed].claimable += paidHarmed;
        _models[harmed].gained += paidHarmed;
        _models[reporter].claimable += paidReporter;
        _models[reporter].gained += paidReporter;
    }

    function _settleFault(
        bytes32 fault,
        address owner,
        address harmed,
        uint256 paidHarmed,
        address reporter,
        uint256 paidReporter,
        bool punishes
    ) private {
        _debit(owner, harmed, paidHarmed, reporter, paidReporter);
        compensated[fault] += paidHarmed;
        if (punishes) (punished[fault], punishments[fault]) = (true, punishments[fault] + 1);
    }

    function _known(bytes32 fault) private returns (bytes32) {
        if (!punished[fault] && compensated[fault] == 0) _faults.push(fault);
        return fault;
    }

    /// @dev Each key contradicts itself in FAULTS agreements, in ever new ways.
    function _receipts(uint256 seed) private view returns (ReceiptEquivocation memory proof, Harm memory harm) {
        address payer = actor(seed / ACTORS);
        uint256 number = (seed / ACTORS) % FAULTS;
        harm.bid = Bid(bytes32(number), _key(seed), actor(seed), 1, 2, uint128(1 << (number * 20)), 10, 1);
        harm.channel = ChannelKey(payer, actor(seed), address(token), address(0), ChannelMeta.wrap(0));
        bytes32 channel = ChannelId.unwrap(harm.channel.id());
        bytes32 agreement = _digest(Agreement(harm.bid.demand, _digest(harm.bid.hash()), channel).hash());
        uint32 sequence = uint32(seed >> 32);
        proof.key = _key(seed);
        proof.first = Receipt(agreement, sequence, 0, 0, Usage(1, 2, 3, 4), uint128(seed), 1);
        proof.second = Receipt(agreement, sequence, 0, 0, Usage(1, 2, 3, 5), uint128(seed), 1);
        proof.firstSignature = _sign(_secret(seed), _digest(proof.first.hash()));
        proof.secondSignature = _sign(_secret(seed), _digest(proof.second.hash()));
    }

    function _offers(uint256 seed) private view returns (OfferEquivocation memory proof) {
        proof.first[0] = bytes32(uint256(uint160(_key(seed))));
        proof.first[2] = bytes32((seed / ACTORS) % FAULTS);
        for (uint256 i = 0; i < 12; ++i) {
            proof.second[i] = proof.first[i];
        }
        (proof.first[11], proof.second[11]) = (bytes32(seed), ~bytes32(seed));
        bytes32 first = keccak256(abi.encode(OfferHash.TYPEHASH, proof.first));
        bytes32 second = keccak256(abi.encode(OfferHash.TYPEHASH, proof.second));
        proof.firstSignature = _sign(_secret(seed), _digest(first));
        proof.secondSignature = _sign(_secret(seed), _digest(second));
    }

    function _register(uint256 index) private {
        bytes memory proof = _possession(_secret(index), actor(index));
        vm.prank(actor(index));
        bonds.registerKey(_key(index), proof);
    }

    function _possession(uint256 secret, address owner) private view returns (bytes memory) {
        bytes32 structHash = KeyPossession(vm.addr(secret), owner).hash();
        return _sign(secret, MessageHashUtils.toTypedDataHash(bonds.domainSeparator(), structHash));
    }

    function _secret(uint256 seed) private pure returns (uint256) {
        return 0x5EC000 + seed % ACTORS;
    }

    function _key(uint256 seed) private pure returns (address) {
        return vm.addr(_secret(seed));
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_domain, structHash);
    }

    function _sign(uint256 secret, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digest);
        return abi.encodePacked(r, s, v);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
