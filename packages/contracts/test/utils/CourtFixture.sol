// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IBonds} from "../../src/interfaces/IBonds.sol";
import {ICourt} from "../../src/interfaces/ICourt.sol";
import {ReceiptLog} from "../../src/libraries/ReceiptLog.sol";
import {Rules} from "../../src/libraries/Rules.sol";
import {Agreement} from "../../src/messages/Agreement.sol";
import {Bid} from "../../src/messages/Bid.sol";
import {KeyPossession} from "../../src/messages/KeyPossession.sol";
import {Receipt, Usage} from "../../src/messages/Receipt.sol";
import {Case, CaseKind} from "../../src/types/Case.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {CommittedVote, Filing, Statement} from "../../src/types/Filing.sol";
import {Outcome, Phase, Ruling, Stage} from "../../src/types/Stage.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {EscrowFixture} from "./EscrowFixture.sol";
import {vm} from "./Vm.sol";

/// @notice A court with twelve jurors, and a job that alice had bob do: a receipt of 100 units for result RESULT, of which
/// nothing was paid. bob's node signs with a key of its own; he answers for it with a bond.
abstract contract CourtFixture is EscrowFixture {
    uint256 internal constant NODE_SECRET = 0x0DE;
    uint256 internal constant JURORS = 12;
    uint256 internal constant SEAT_UNIT = 20 ether;
    uint256 internal constant QUANTUM = 1 ether;
    uint256 internal constant STAKES = 1_000 ether;
    uint256 internal constant DEPOSIT = 1_000;
    uint128 internal constant PRICE_MAX = 300;
    uint128 internal constant DUE = 100;
    bytes32 internal constant RESULT = keccak256("result");
    bytes32 internal constant OTHER_RESULT = keccak256("another result");
    bytes32 internal constant SALT = keccak256("salt");
    bytes32 internal constant ALICE_CHAIN = keccak256("alice's secrets");
    bytes32 internal constant BOB_CHAIN = keccak256("bob's secrets");

    IBonds internal bonds;
    ICourt internal court;
    ITestToken internal stakes;
    address internal node = vm.addr(NODE_SECRET);

    ChannelKey internal key;
    Bid internal bid;
    Receipt internal receipt;
    /// @dev The running case, as the last call answered it.
    bytes32 internal id;
    Case internal facts;
    Stage internal stage;
    CommittedVote[] internal votes;

    function setUp() public virtual override {
        super.setUp();
        vm.roll(1_000);
        stakes = ITestToken(vm.deployCode("TestToken.sol:TestToken"));
        bonds = IBonds(vm.deployCode("Bonds.sol:Bonds", abi.encode(escrow)));
        court = ICourt(vm.deployCode("Court.sol:Court", abi.encode(escrow, bonds, stakes, SEAT_UNIT)));
        address[5] memory parties = [alice, bob, session, node, mallory];
        for (uint256 i = 0; i < parties.length; ++i) {
            fund(parties[i], STAKES);
        }
        for (uint256 i = 0; i < JURORS; ++i) {
            fund(juror(i), SEAT_UNIT);
            vm.prank(juror(i));
            court.sit(1);
        }
        _makeJob();
        vm.warp(block.timestamp + 1 hours);
    }

    function juror(uint256 i) internal pure returns (address) {
        return vm.addr(0x1000 + i);
    }

    function fund(address account, uint256 amount) internal {
        stakes.mint(account, amount);
        vm.startPrank(account);
        stakes.approve(address(court), amount);
        court.deposit(account, amount);
        vm.stopPrank();
    }

    // ---------------------------------------------------------------------------------------------------- messages

    function digestOf(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(escrow.domainSeparator(), structHash);
    }

    function agreementId() internal view returns (bytes32) {
        Bid memory bid_ = bid;
        ChannelKey memory key_ = key;
        return digestOf(Agreement(bid_.demand, digestOf(bid_.hash()), ChannelId.unwrap(key_.id())).hash());
    }

    function receiptDigest(Receipt memory receipt_) internal view returns (bytes32) {
        return digestOf(receipt_.hash());
    }

    /// @notice Signed as it should be, whatever the test has made of it.
    function filing(bytes32 chain) internal view returns (Filing memory) {
        return Filing(
            key,
            bid,
            receipt,
            signCompact(SESSION_SECRET, agreementId()),
            signCompact(NODE_SECRET, receiptDigest(receipt)),
            anchorOf(chain)
        );
    }

    function noStatement() internal pure returns (Statement memory) {
        return Statement(0, 0, 0, "", 0, 0);
    }

    /// @notice The secret of a round: each hashes to the one before, the first to the anchor.
    function secretOf(bytes32 chain, uint256 round) internal pure returns (bytes32 secret) {
        secret = chain;
        for (uint256 i = round; i <= Rules.ROUND_LAST; ++i) {
            secret = keccak256(abi.encode(secret));
        }
    }

    function anchorOf(bytes32 chain) internal pure returns (bytes32) {
        return keccak256(abi.encode(secretOf(chain, 0)));
    }

    // --------------------------------------------------------------------------------------------------------- steps

    function openClaim(Statement memory statement) internal {
        Filing memory filing_ = filing(BOB_CHAIN);
        vm.prank(bob);
        (Case memory facts_, Stage memory stage_) = court.claim(filing_, statement);
        _remember(facts_, stage_);
    }

    function openClaim() internal {
        openClaim(noStatement());
    }

    function openFault() internal {
        Filing memory filing_ = filing(ALICE_CHAIN);
        vm.prank(alice);
        (Case memory facts_, Stage memory stage_) = court.fault(filing_);
        _remember(facts_, stage_);
    }

    function _remember(Case memory facts_, Stage memory stage_) internal {
        (facts, stage) = (facts_, stage_);
        id = facts_.id();
    }

    /// @notice The other side contests.
    function contest() internal {
        bool claim = facts.kind == CaseKind.Claim;
        vm.prank(claim ? alice : bob);
        stage = court.challenge(key, facts, stage, anchorOf(claim ? ALICE_CHAIN : BOB_CHAIN));
    }

    function plaintiffSecret() internal view returns (bytes32) {
        return secretOf(facts.kind == CaseKind.Claim ? BOB_CHAIN : ALICE_CHAIN, stage.round);
    }

    function defendantSecret() internal view returns (bytes32) {
        return secretOf(facts.kind == CaseKind.Claim ? ALICE_CHAIN : BOB_CHAIN, stage.round);
    }

    function reachDrawBlock() internal {
        vm.roll(stage.target + 1);
    }

    /// @notice Both show their secrets, which draws the jury.
    function drawJury() internal {
        reachDrawBlock();
        stage = court.revealSecrets(facts, stage, plaintiffSecret(), defendantSecret());
    }

    function jurorAt(uint256 position) internal view returns (address owner) {
        (owner,,,) = court.seatOf(seatAt(position));
    }

    function seatAt(uint256 position) internal view returns (uint256) {
        Stage memory stage_ = stage;
        return stage_.seatAt(position);
    }

    function factsHash() internal view returns (bytes32) {
        Case memory facts_ = facts;
        return facts_.hash();
    }

    function commitmentOf(uint256 position, bytes32 vote) internal view returns (bytes32) {
        return keccak256(abi.encode(id, stage.round, jurorAt(position), seatAt(position), vote, SALT));
    }

    function commitVote(uint256 position, bytes32 vote) internal {
        bytes32 commitment = commitmentOf(position, vote);
        vm.prank(jurorAt(position));
        court.commitVote(id, factsHash(), facts.truth, stage, position, commitment);
        votes.push(CommittedVote(position, commitment));
    }

    /// @param index which of the commitments, in their order
    function revealVote(uint256 index, bytes32 vote) internal {
        address owner = jurorAt(votes[index].position);
        vm.prank(owner);
        stage = court.revealVote(id, factsHash(), facts.truth, stage, votes, index, vote, SALT);
    }

    /// @notice Positions vote in order: `right` of them for the truth of the case, then `wrong` for another, then the rest
    /// each for one of its own.
    function voteAll(uint256 right, uint256 wrong) internal {
        uint256 jurors = stage.jurors;
        delete votes;
        for (uint256 i = 0; i < jurors; ++i) {
            commitVote(i, _voteOf(i, right, wrong));
        }
        for (uint256 i = 0; i < jurors; ++i) {
            revealVote(i, _voteOf(i, right, wrong));
        }
        delete votes;
    }

    function _voteOf(uint256 i, uint256 right, uint256 wrong) internal view returns (bytes32) {
        if (i < right) return facts.truth;
        return i < right + wrong ? OTHER_RESULT : keccak256(abi.encode("own", i));
    }

    function appealBy(address account) internal {
        vm.prank(account);
        stage = court.appeal(facts, stage);
    }

    function finalise() internal returns (Outcome outcome, uint256 awarded) {
        return court.finalise(key, facts, stage);
    }

    function pastDeadline() internal {
        vm.warp(uint256(stage.until) + 1);
    }

    // ------------------------------------------------------------------------------------------------------- asserts

    function assertClosed(Outcome outcome, uint256 awarded) internal view {
        (bytes32 head, Outcome outcome_, uint256 awarded_) = court.caseOf(id);
        vm.assertEq(head, bytes32(0), "closed");
        vm.assertEq(uint256(outcome_), uint256(outcome), "outcome");
        vm.assertEq(awarded_, awarded, "awarded");
        vm.assertEq(escrow.heldUntil(ChannelId.wrap(ChannelId.unwrap(facts.channel))), 0, "hold");
    }

    function assertStake(address account, uint256 expected) internal view {
        vm.assertEq(court.balanceOf(account), expected, "stake");
    }

    function _makeJob() private {
        key = sessionKey();
        key.arbiter = address(court);
        openFor(key, DEPOSIT);
        bid = Bid(keccak256("demand"), node, bob, 1, 1, PRICE_MAX, 10, uint64(block.timestamp + 1 hours));
        receipt = Receipt(agreementId(), 7, 1, RESULT, Usage(1000, 1 << 20, 5000), DUE, uint64(block.timestamp));
        bytes32 possession = MessageHashUtils.toTypedDataHash(bonds.domainSeparator(), KeyPossession(node, bob).hash());
        vm.startPrank(bob);
        bonds.registerKey(node, signCompact(NODE_SECRET, possession));
        token.mint(bob, 10_000);
        token.approve(address(bonds), 10_000);
        bonds.bond(address(token), bob, 10_000);
        bonds.expose(address(token), address(court), 5_000);
        vm.stopPrank();
    }
}
