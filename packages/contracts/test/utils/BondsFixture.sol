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
import {Harm, OfferEquivocation, ReceiptEquivocation} from "../../src/types/Equivocation.sol";
import {Payout} from "../../src/types/Payout.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {EscrowFixture} from "./EscrowFixture.sol";
import {vm} from "./Vm.sol";

/// @notice Bonds beside the escrow. bob owns the node `node` and has a bond; alice buys from him; carol reports; the
/// arbiter judges.
abstract contract BondsFixture is EscrowFixture {
    uint256 internal constant NODE_SECRET = 0x90DE;
    uint128 internal constant PRICE_MAX = 40;
    /// @dev Round numbers: 800 can be exposed, 200 not; an equivocation costs 100 of which 10 are the reporter's.
    uint256 internal constant BOND = 1000;
    bytes32 internal constant REF = keccak256("case 1");
    address internal constant ARBITER = address(0xA7B);
    address internal constant NOBODY = address(0);

    IBonds internal bonds;
    uint256 internal exitDelaySec;
    address internal node = vm.addr(NODE_SECRET);

    function setUp() public virtual override {
        super.setUp();
        bonds = deployBonds(address(escrow));
        exitDelaySec = bonds.EXIT_DELAY_SEC();
        register(NODE_SECRET, bob);
        fund(bob);
        addBond(bob, BOND);
    }

    function deployBonds(address escrow_) internal returns (IBonds) {
        return IBonds(vm.deployCode("Bonds.sol:Bonds", abi.encode(escrow_)));
    }

    /// @notice Another token, in which nobody has anything.
    function deployToken() internal returns (ITestToken) {
        return ITestToken(vm.deployCode("TestToken.sol:TestToken"));
    }

    function fund(address account) internal {
        token.mint(account, FUNDS);
        vm.prank(account);
        token.approve(address(bonds), type(uint256).max);
    }

    function register(uint256 secret, address owner) internal {
        bytes memory proof = possession(secret, owner);
        vm.prank(owner);
        bonds.registerKey(vm.addr(secret), proof);
    }

    function possession(uint256 secret, address owner) internal view returns (bytes memory) {
        bytes32 structHash = KeyPossession(vm.addr(secret), owner).hash();
        return signCompact(secret, MessageHashUtils.toTypedDataHash(bonds.domainSeparator(), structHash));
    }

    function addBond(address owner, uint256 amount) internal {
        vm.prank(owner);
        bonds.bond(address(token), owner, amount);
    }

    function expose(address arbiter, uint256 cap) internal {
        vm.prank(bob);
        bonds.expose(address(token), arbiter, cap);
    }

    function slash(address arbiter, uint256 harmed, uint256 reporter) internal returns (uint256, uint256) {
        vm.prank(arbiter);
        return bonds.slashByArbiter(address(token), bob, Payout(alice, harmed), Payout(carol, reporter), REF);
    }

    function report(address reporter, ReceiptEquivocation memory proof) internal returns (uint256 paidReporter) {
        vm.prank(reporter);
        return bonds.slashReceipts(address(token), proof);
    }

    function reportFor(address reporter, ReceiptEquivocation memory proof, Harm memory harm)
        internal
        returns (uint256 paidHarmed, uint256 paidReporter)
    {
        vm.prank(reporter);
        return bonds.slashReceiptsFor(proof, harm);
    }

    function reportOffers(address reporter) internal returns (uint256 paidReporter) {
        OfferEquivocation memory proof = offers();
        vm.prank(reporter);
        return bonds.slashOffers(address(token), proof);
    }

    // ---------------------------------------------------------------------------------------------- what is signed

    function digestOf(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(escrow.domainSeparator(), structHash);
    }

    /// @notice An agreement of alice with bob's node, over her channel to him.
    function harmOf() internal view returns (Harm memory harm) {
        harm.channel = sessionKey();
        harm.bid = Bid(keccak256("demand"), node, bob, 1, 2, PRICE_MAX, 10, uint64(block.timestamp + 60));
    }

    function agreementOf(Harm memory harm) internal view returns (bytes32) {
        bytes32 channel = ChannelId.unwrap(harm.channel.id());
        return digestOf(Agreement(harm.bid.demand, digestOf(harm.bid.hash()), channel).hash());
    }

    function receiptOf(bytes32 agreement, uint128 amount) internal view returns (Receipt memory) {
        return Receipt(agreement, 3, 0, 0, Usage(1000, 2, 3, 4), amount, uint64(block.timestamp));
    }

    /// @notice Two receipts for {harmOf} that state different amounts.
    function receipts() internal view returns (ReceiptEquivocation memory) {
        bytes32 agreement = agreementOf(harmOf());
        return receiptsOf(NODE_SECRET, receiptOf(agreement, 5), receiptOf(agreement, 6));
    }

    function receiptsOf(uint256 secret, Receipt memory first, Receipt memory second)
        internal
        view
        returns (ReceiptEquivocation memory)
    {
        bytes memory firstSignature = signCompact(secret, digestOf(first.hash()));
        bytes memory secondSignature = signCompact(secret, digestOf(second.hash()));
        return ReceiptEquivocation(vm.addr(secret), first, second, firstSignature, secondSignature);
    }

    function offerWords(uint64 sequence, uint32 tickSec) internal view returns (bytes32[13] memory words) {
        words[0] = bytes32(uint256(uint160(node)));
        words[1] = bytes32(uint256(uint160(bob)));
        words[2] = bytes32(uint256(sequence));
        words[3] = bytes32(block.timestamp + 600);
        words[4] = bytes32(uint256(uint160(address(token))));
        words[8] = bytes32(uint256(tickSec));
    }

    function offers() internal view returns (OfferEquivocation memory) {
        return offersOf(NODE_SECRET, offerWords(7, 10), offerWords(7, 11));
    }

    function offersOf(uint256 secret, bytes32[13] memory first, bytes32[13] memory second)
        internal
        view
        returns (OfferEquivocation memory)
    {
        bytes32 firstDigest = digestOf(keccak256(abi.encode(OfferHash.TYPEHASH, first)));
        bytes32 secondDigest = digestOf(keccak256(abi.encode(OfferHash.TYPEHASH, second)));
        return OfferEquivocation(first, second, signCompact(secret, firstDigest), signCompact(secret, secondDigest));
    }

    // -------------------------------------------------------------------------------------------------- assertions

    function assertBond(address owner, uint256 amount, uint256 exposed) internal view {
        (uint256 amount_,,) = bonds.bondOf(address(token), owner);
        vm.assertEq(amount_, amount, "bond");
        vm.assertEq(bonds.exposedOf(address(token), owner), exposed, "exposed");
    }

    function assertExit(address owner, uint256 exiting, uint256 exitAt) internal view {
        (, uint256 exiting_, uint256 exitAt_) = bonds.bondOf(address(token), owner);
        vm.assertEq(exiting_, exiting, "exiting");
        vm.assertEq(exitAt_, exitAt, "exitAt");
    }

    function assertClaims(uint256 harmed, uint256 reporter, uint256 burned) internal view {
        vm.assertEq(bonds.claimable(address(token), alice), harmed, "harmed");
        vm.assertEq(bonds.claimable(address(token), carol), reporter, "reporter");
        vm.assertEq(bonds.burnt(address(token)), burned, "burnt");
    }

    /// @notice Everything that was bonded and did not leave is somebody's, or burnt, and is there.
    function assertConserved() internal view {
        (uint256 amount,,) = bonds.bondOf(address(token), bob);
        uint256 claims = bonds.claimable(address(token), alice) + bonds.claimable(address(token), carol)
            + bonds.claimable(address(token), bob) + bonds.claimable(address(token), mallory);
        uint256 owed = amount + claims + bonds.burnt(address(token));
        vm.assertEq(owed, bonds.liabilities(address(token)), "liabilities");
        vm.assertLe(owed, token.balanceOf(address(bonds)), "tokens");
    }
}
