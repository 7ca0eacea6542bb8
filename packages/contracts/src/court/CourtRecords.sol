// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBonds} from "../interfaces/IBonds.sol";
import {ICourt} from "../interfaces/ICourt.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {EscrowDomain} from "../libraries/EscrowDomain.sol";
import {Case, CaseKind, Cases} from "../types/Case.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {Docket} from "../types/Docket.sol";
import {Payout} from "../types/Payout.sol";
import {Outcome, Stage, State, States} from "../types/Stage.sol";
import {CourtSeats} from "./CourtSeats.sol";

/// @title What the court remembers of cases, and how each of them ends
abstract contract CourtRecords is CourtSeats, EscrowDomain {
    /// @dev `head` is the hash of a running case. Once it is over it is `outcome ‖ awarded(128)`, which no hash is.
    struct Record {
        bytes32 head;
        uint256 votes;
    }

    uint256 private constant OUTCOME_SHIFT = 128;
    uint256 private constant CLOSED_BITS = 136;
    uint256 private constant AWARDED_MASK = type(uint128).max;

    IBonds internal immutable BONDS;

    mapping(bytes32 id => Record) internal _records;
    mapping(ChannelId channel => Docket) internal _dockets;

    constructor(address bonds_) {
        BONDS = IBonds(bonds_);
    }

    /// @inheritdoc ICourt
    function caseOf(bytes32 id) external view returns (bytes32 head, Outcome outcome, uint256 awarded) {
        uint256 word = uint256(_records[id].head);
        if (word >> CLOSED_BITS != 0) return (bytes32(word), Outcome.None, 0);
        return (0, Outcome(word >> OUTCOME_SHIFT), word & AWARDED_MASK);
    }

    /// @inheritdoc ICourt
    function votesOf(bytes32 id) external view returns (uint256 votes) {
        return _records[id].votes;
    }

    /// @inheritdoc ICourt
    function docketOf(ChannelId channel) external view returns (uint256 cases, uint256 from, uint256 to) {
        Docket docket = _dockets[channel];
        cases = docket.others() + (IEscrow(ESCROW).heldUntil(channel) == 0 ? 0 : 1);
        return (cases, docket.from(), docket.to());
    }

    /// @inheritdoc ICourt
    function escrow() external view returns (address) {
        return ESCROW;
    }

    /// @inheritdoc ICourt
    function bonds() external view returns (address) {
        return address(BONDS);
    }

    /// @dev Takes what a caller gives, if it is what the court remembers.
    function _load(Case calldata facts_, Stage calldata stage_)
        internal
        view
        returns (bytes32 id, Case memory facts, State memory stage)
    {
        facts = Cases.load(facts_);
        id = facts.id();
        stage = _load(id, facts.hash(), facts.truth, stage_);
    }

    function _load(bytes32 id, bytes32 facts, bytes32 truth, Stage calldata given)
        internal
        view
        returns (State memory)
    {
        _checkHead(id, States.headOf(given.turn, States.docketOf(given.sides, facts), truth));
        return States.load(given);
    }

    function _checkHead(bytes32 id, bytes32 head) internal view {
        if (_records[id].head != head) revert StageUnknown(id);
    }

    /// @dev Remembers the stage. Answers it packed, for {States.answerStage}.
    function _store(bytes32 id, bytes32 facts, bytes32 truth, State memory stage)
        internal
        returns (bytes32[11] memory packed)
    {
        packed = stage.pack();
        _records[id].head = States.headOf(packed, States.docketOf(packed, facts), truth);
    }

    /// @dev The claim and all its stakes but those in `pot` are settled by the caller.
    function _close(bytes32 id, ChannelKey memory key, Case memory facts, State memory stage, Outcome outcome)
        internal
        returns (uint256 awarded)
    {
        uint256 credited;
        bool upheld = outcome == Outcome.Upheld;
        if (facts.kind == CaseKind.Claim) (awarded, credited) = _closeClaim(id, key, facts, outcome);
        else if (upheld) awarded = _slash(id, key, facts);

        address defendant = stage.defendant == address(0) ? key.payer : stage.defendant;
        if (upheld || outcome == Outcome.Paid) {
            _creditQuanta(facts.plaintiff, stage.pot);
        } else if (outcome == Outcome.Split) {
            uint256 pot = stage.pot * QUANTUM;
            balanceOf[facts.plaintiff] += pot / 2;
            balanceOf[defendant] += pot - pot / 2;
        } else {
            _creditQuanta(defendant, stage.pot);
        }
        _records[id].head = bytes32((uint256(outcome) << OUTCOME_SHIFT) | awarded);
        emit CaseClosed(id, outcome, awarded, credited);
    }

    /// @notice How much of a claim the channel has paid by vouchers beyond the acknowledged one.
    function _creditOf(Case memory facts) internal view returns (uint256 credited, Docket next) {
        (, uint256 settled,) = IEscrow(ESCROW).channels(facts.channel);
        return _dockets[facts.channel].credit(facts.cumulative, settled, facts.amount);
    }

    function _checkChannel(ChannelKey memory key, Case memory facts) internal pure {
        if (ChannelId.unwrap(key.id()) != ChannelId.unwrap(facts.channel)) revert ChannelMismatch();
    }

    /// @dev Only what a claim would have paid otherwise uses up a credit. Or a claim that fails, and is meant to, would
    /// save another one from what has paid it.
    function _closeClaim(bytes32 id, ChannelKey memory key, Case memory facts, Outcome outcome)
        private
        returns (uint256 awarded, uint256 credited)
    {
        bool upheld = outcome == Outcome.Upheld;
        Docket docket = _dockets[facts.channel];
        if (upheld || outcome == Outcome.Paid) (credited, docket) = _creditOf(facts);
        bool last = docket.others() == 0;
        if (!last) docket = docket.removed();
        if (!last || credited != 0) _dockets[facts.channel] = docket;
        if (upheld && credited < facts.amount) {
            // Less than `amount`, which is 128 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            awarded = IEscrow(ESCROW).redeemByArbiter(key, uint128(facts.amount - credited), id);
        }
        if (last) IEscrow(ESCROW).release(key);
    }

    /// @dev Compensates what was paid and no more: what the receipt charges, as far as vouchers or a claim have paid that
    /// much on this channel.
    function _slash(bytes32 id, ChannelKey memory key, Case memory facts) private returns (uint256 paid) {
        address owner = BONDS.ownerOf(facts.provider);
        if (owner == address(0)) return 0;
        (, uint256 settled,) = IEscrow(ESCROW).channels(facts.channel);
        uint256 claimed = uint256(_records[Cases.idOf(facts.channel, facts.agreement, CaseKind.Claim)].head);
        uint256 harm = settled + (claimed >> CLOSED_BITS == 0 ? claimed & AWARDED_MASK : 0);
        if (harm > facts.amount) harm = facts.amount;
        if (harm == 0) return 0;
        (paid,) = BONDS.slashByArbiter(key.token, owner, Payout(key.payer, harm), Payout(address(0), 0), id);
    }
}
