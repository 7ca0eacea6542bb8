// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {ICourt} from "../interfaces/ICourt.sol";
import {IEscrow} from "../interfaces/IEscrow.sol";
import {RawHashes} from "../libraries/RawHashes.sol";
import {Rules} from "../libraries/Rules.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {Vouchers} from "../libraries/Vouchers.sol";
import {Agreement} from "../messages/Agreement.sol";
import {Case, CaseKind, Cases} from "../types/Case.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {Filing, Statement} from "../types/Filing.sol";
import {State} from "../types/Stage.sol";
import {CourtRecords} from "./CourtRecords.sol";

/// @title Opening a case
abstract contract CourtFilings is CourtRecords {
    using Signatures for bytes32;

    /// @inheritdoc ICourt
    uint256 public constant CASE_SEC_MAX = Rules.CASE_SEC_MAX;
    /// @inheritdoc ICourt
    uint256 public constant FAULT_SEC = Rules.FAULT_SEC;

    /// @inheritdoc ICourt
    function claim(Filing calldata filing, Statement calldata statement) external returns (bytes32 id) {
        ChannelKey memory key = filing.key;
        if (msg.sender != key.payee && msg.sender != filing.bid.provider) revert CallerNotParty(msg.sender);
        Case memory facts = _facts(CaseKind.Claim, filing, key);
        _state(facts, filing, statement, key);
        id = _open(facts, filing.anchor);
        if (IEscrow(ESCROW).heldUntil(facts.channel) != 0) _dockets[facts.channel] = _dockets[facts.channel].added();
        IEscrow(ESCROW).hold(key, uint48(block.timestamp) + Rules.CASE_SEC_MAX);
    }

    /// @inheritdoc ICourt
    function fault(Filing calldata filing) external returns (bytes32 id) {
        ChannelKey memory key = filing.key;
        _checkBuyer(key);
        if (filing.receipt.result == 0) revert NoResult();
        uint256 lastSec = uint256(filing.receipt.issuedAt) + Rules.FAULT_SEC;
        if (block.timestamp > lastSec) revert FaultTooLate(lastSec);
        Case memory facts = _facts(CaseKind.Fault, filing, key);
        facts.amount = filing.receipt.amount;
        facts.truth = Cases.truthOf(filing.receipt.result, 0, 0);
        id = _open(facts, filing.anchor);
    }

    function _checkBuyer(ChannelKey memory key) internal view {
        if (msg.sender != key.payer && msg.sender != key.voucherSigner()) revert CallerNotParty(msg.sender);
    }

    /// @dev Checks that the buyer agreed to this bid on this channel, and that the provider signed this receipt for it.
    /// That is the cap: no more than the bid's `priceMax` can ever be claimed.
    function _facts(CaseKind kind, Filing calldata filing, ChannelKey memory key)
        private
        view
        returns (Case memory facts)
    {
        if (key.arbiter != address(this)) revert NotArbiter(key.arbiter);
        if (filing.bid.payee != key.payee) revert PayeeMismatch(filing.bid.payee, key.payee);
        uint256 amount = filing.receipt.amount;
        if (amount > filing.bid.priceMax) revert PriceExceeded(amount, filing.bid.priceMax);

        facts.kind = kind;
        facts.plaintiff = msg.sender;
        facts.provider = filing.bid.provider;
        facts.channel = key.id();
        facts.agreement = _digest(
            Agreement(filing.bid.demand, _digest(RawHashes.hashOf(filing.bid)), ChannelId.unwrap(facts.channel)).hash()
        );
        if (filing.receipt.agreement != facts.agreement) {
            revert AgreementMismatch(filing.receipt.agreement, facts.agreement);
        }
        _checkSigned(facts.agreement, filing.agreementSignature, key.voucherSigner());
        _checkSigned(_digest(RawHashes.hashOf(filing.receipt)), filing.receiptSignature, facts.provider);
    }

    /// @dev The acknowledged voucher must be the buyer's own: its commitment is what {rebutPaid} holds the claimant to.
    function _state(Case memory facts, Filing calldata filing, Statement calldata statement, ChannelKey memory key)
        private
        view
    {
        uint128 amount = filing.receipt.amount;
        if (amount <= statement.alreadyPaid) revert NothingDue(amount, statement.alreadyPaid);
        facts.amount = amount - statement.alreadyPaid;
        facts.alreadyPaid = statement.alreadyPaid;
        facts.dataRoot = statement.dataRoot;
        facts.dataChunks = statement.dataChunks;
        facts.truth = Cases.truthOf(filing.receipt.result, statement.dataRoot, statement.dataChunks);
        if (statement.cumulative == 0) return;
        facts.cumulative = statement.cumulative;
        facts.commitment = statement.commitment;
        bytes32 digest = Vouchers.digest(_escrowSeparator(), facts.channel, statement.cumulative, statement.commitment);
        _checkSigned(digest, statement.voucherSignature, key.voucherSigner());
    }

    function _open(Case memory facts, bytes32 anchor) private returns (bytes32 id) {
        id = facts.id();
        State memory stage;
        stage.plaintiff = msg.sender;
        if (_records[id].head != 0) revert CaseExists(id);
        stage.until = uint48(block.timestamp) + Rules.OPEN_SEC;
        stage.plaintiffLink = anchor;
        stage.pot = Rules.stakeQuanta(0);
        _debitQuanta(msg.sender, stage.pot);
        _store(id, facts.hash(), facts.truth, stage);
        _logOpened(id, facts, anchor, stage.until);
    }

    /// @dev `emit CaseOpened(id, facts.channel, msg.sender, facts, anchor, until)`, without encoding what is in memory as
    /// it goes into the log.
    function _logOpened(bytes32 id, Case memory facts, bytes32 anchor, uint256 until) private {
        bytes32 topic = CaseOpened.selector;
        ChannelId channel = facts.channel;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mcopy(free, facts, 0x180)
            mstore(add(free, 0x180), anchor)
            mstore(add(free, 0x1a0), until)
            log4(free, 0x1c0, topic, id, channel, caller())
        }
    }

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_escrowSeparator(), structHash);
    }

    function _checkSigned(bytes32 digest, bytes calldata signature, address expected) internal pure {
        if (!digest.isSignedBy(signature, expected)) revert SignatureInvalid(expected);
    }
}
