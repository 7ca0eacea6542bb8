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
import {Case, CaseKind, Cases} from "../../src/types/Case.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {CommittedVote, Filing, Statement} from "../../src/types/Filing.sol";
import {Hearing, Outcome, Phase, Ruling, Stage, State, Turn} from "../../src/types/Stage.sol";
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
    Stage private _stage;
    /// @dev The same stage with its clock taken apart.
    State internal state;
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
        Case memory facts_ = claimFacts(statement);
        vm.prank(bob);
        bytes32 id_ = court.claim(filing_, statement);
        rememberOpened(facts_, bob, filing_.anchor, block.timestamp);
        vm.assertEq(id_, id, "id");
    }

    function openClaim() internal {
        openClaim(noStatement());
    }

    function openFault() internal {
        Filing memory filing_ = filing(ALICE_CHAIN);
        vm.prank(alice);
        bytes32 id_ = court.fault(filing_);
        rememberOpened(faultFacts(), alice, filing_.anchor, block.timestamp);
        vm.assertEq(id_, id, "id");
    }

    /// @notice The case that bob's claim is, from what went into it.
    function claimFacts(Statement memory statement) internal view returns (Case memory) {
        return Case(
            CaseKind.Claim,
            bob,
            bid.provider,
            channelId(),
            agreementId(),
            Cases.truthOf(receipt.result, statement.dataRoot, statement.dataChunks),
            receipt.amount - statement.alreadyPaid,
            statement.alreadyPaid,
            statement.cumulative,
            statement.cumulative == 0 ? bytes32(0) : statement.commitment,
            statement.dataRoot,
            statement.dataChunks
        );
    }

    function faultFacts() internal view returns (Case memory facts_) {
        facts_.kind = CaseKind.Fault;
        facts_.plaintiff = alice;
        facts_.provider = bid.provider;
        facts_.channel = channelId();
        facts_.agreement = agreementId();
        facts_.truth = Cases.truthOf(receipt.result, 0, 0);
        facts_.amount = receipt.amount;
    }

    function channelId() internal view returns (ChannelId) {
        ChannelKey memory key_ = key;
        return key_.id();
    }

    function rememberOpened(Case memory facts_, address plaintiff, bytes32 anchor, uint256 openedAt) internal {
        facts = facts_;
        id = facts_.id();
        Stage memory opened;
        opened.sides.plaintiff = plaintiff;
        opened.sides.plaintiffLink = anchor;
        opened.turn.clock = (uint256(6) << 192) | ((openedAt + Rules.OPEN_SEC) << 144);
        remember(opened);
    }

    /// @notice Keeps what the last call answered.
    function remember(Stage memory stage_) internal {
        _stage = stage_;
        state = takeApart(stage_);
    }

    function remember(Turn memory turn) internal {
        Stage memory stage_ = _stage;
        stage_.turn = turn;
        remember(stage_);
    }

    /// @dev Written apart from the court's own, which it is compared with by every call that follows.
    function takeApart(Stage memory stage_) internal pure returns (State memory state_) {
        (state_.plaintiff, state_.defendant) = (stage_.sides.plaintiff, stage_.sides.defendant);
        (state_.plaintiffLink, state_.defendantLink) = (stage_.sides.plaintiffLink, stage_.sides.defendantLink);
        (state_.drawHash, state_.seatCount) = (stage_.sides.drawHash, stage_.sides.seatCount);
        uint256 clock = stage_.turn.clock;
        state_.phase = Phase(clock >> 248);
        state_.ruling = Ruling(uint8(clock >> 240));
        state_.round = uint8(clock >> 232);
        state_.demands = uint8(clock >> 224);
        state_.flags = uint8(clock >> 216);
        state_.jurors = uint8(clock >> 208);
        state_.pot = uint16(clock >> 192);
        state_.until = uint48(clock >> 144);
        state_.dataUntil = uint48(clock >> 96);
        state_.calledAt = uint48(clock >> 48);
        state_.target = uint48(clock);
        (state_.seats0, state_.seats1) = (stage_.turn.seats0, stage_.turn.seats1);
        (state_.seats2, state_.seats3) = (stage_.turn.seats2, stage_.turn.seats3);
    }

    function stage() internal view returns (Stage memory) {
        return _stage;
    }

    /// @notice The other side contests.
    function contest() internal {
        bool claim = facts.kind == CaseKind.Claim;
        vm.prank(claim ? alice : bob);
        remember(court.challenge(key, facts, _stage, anchorOf(claim ? ALICE_CHAIN : BOB_CHAIN)));
    }

    function plaintiffSecret() internal view returns (bytes32) {
        return secretOf(facts.kind == CaseKind.Claim ? BOB_CHAIN : ALICE_CHAIN, state.round);
    }

    function defendantSecret() internal view returns (bytes32) {
        return secretOf(facts.kind == CaseKind.Claim ? ALICE_CHAIN : BOB_CHAIN, state.round);
    }

    function reachDrawBlock() internal {
        vm.roll(state.target + 1);
    }

    /// @notice Both show their secrets, which draws the jury.
    function drawJury() internal {
        reachDrawBlock();
        revealSecrets(plaintiffSecret(), defendantSecret());
    }

    function revealSecrets(bytes32 plaintiff, bytes32 defendant) internal {
        remember(court.revealSecrets(id, factsHash(), facts.truth, _stage, plaintiff, defendant));
    }

    function jurorAt(uint256 position) internal view returns (address owner) {
        (owner,,,) = court.seatOf(seatAt(position));
    }

    function seatAt(uint256 position) internal view returns (uint256) {
        State memory state_ = state;
        return state_.seatAt(position);
    }

    function factsHash() internal view returns (bytes32) {
        Case memory facts_ = facts;
        return facts_.hash();
    }

    function docket() internal view returns (bytes32) {
        return keccak256(abi.encode(factsHash(), _stage.sides));
    }

    function hearing() internal view returns (Hearing memory) {
        return Hearing(id, docket(), facts.truth, _stage.turn);
    }

    function commitmentOf(uint256 position, bytes32 vote) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(id, state.round, jurorAt(position), seatAt(position), keccak256(abi.encode(vote, SALT)))
            );
    }

    function commitVote(uint256 position, bytes32 vote) internal {
        bytes32 commitment = commitmentOf(position, vote);
        Hearing memory hearing_ = hearing();
        vm.prank(jurorAt(position));
        court.commitVote(hearing_, position, commitment);
        votes.push(CommittedVote(position, commitment));
    }

    /// @param index which of the commitments, in their order
    function revealVote(uint256 index, bytes32 vote) internal {
        address owner = jurorAt(votes[index].position);
        Hearing memory hearing_ = hearing();
        vm.prank(owner);
        remember(court.revealVote(hearing_, votes, index, vote, SALT));
    }

    /// @notice Positions vote in order: `right` of them for the truth of the case, then `wrong` for another, then the rest
    /// each for one of its own.
    function voteAll(uint256 right, uint256 wrong) internal {
        uint256 jurors = state.jurors;
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
        remember(court.appeal(facts, _stage));
    }

    function finalise() internal returns (Outcome outcome, uint256 awarded) {
        return court.finalise(key, facts, _stage);
    }

    function pastDeadline() internal {
        vm.warp(uint256(state.until) + 1);
    }

    function channelOf(uint64 salt) internal view returns (ChannelKey memory key_) {
        key_ = keyOf(alice, bob, session, salt);
        key_.arbiter = address(court);
    }

    /// @notice Makes the job one on another bid, that is another agreement, of the same channel.
    function anotherJob(uint128 amount) internal {
        bid.demand = keccak256(abi.encode(bid.demand));
        receipt.agreement = agreementId();
        receipt.amount = amount;
    }

    // ------------------------------------------------------------------------------------------------------- asserts

    /// @notice Every unit of stake is somebody's: `pots` is what the open cases hold, in quanta.
    function assertConserved(uint256 pots) internal view {
        uint256 owed = court.burnt() + pots * QUANTUM;
        address[5] memory parties = [alice, bob, session, node, mallory];
        for (uint256 i = 0; i < parties.length; ++i) {
            owed += court.balanceOf(parties[i]);
        }
        for (uint256 i = 0; i < JURORS; ++i) {
            owed += court.balanceOf(juror(i));
        }
        for (uint256 i = 0; i < court.seatCount(); ++i) {
            (,,, uint256 stake) = court.seatOf(i);
            owed += stake;
        }
        vm.assertEq(owed, court.liabilities(), "liabilities");
        vm.assertEq(owed, stakes.balanceOf(address(court)), "tokens");
    }

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
        Usage memory usage = Usage(1000, 1 << 20, 5000, 2_345_678_901);
        receipt = Receipt(agreementId(), 7, 1, RESULT, usage, DUE, uint64(block.timestamp));
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
