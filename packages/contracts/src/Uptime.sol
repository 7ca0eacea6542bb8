// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IBonds} from "./interfaces/IBonds.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {IUptime} from "./interfaces/IUptime.sol";
import {EscrowDomain} from "./libraries/EscrowDomain.sol";
import {Quorums} from "./libraries/Quorums.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {ServiceTerms} from "./messages/ServiceTerms.sol";
import {UptimeTally} from "./messages/UptimeTally.sol";
import {ChannelId} from "./types/ChannelId.sol";
import {ChannelKey} from "./types/ChannelKey.sol";
import {Payout} from "./types/Payout.sol";
import {Service, ServiceSlot, Services} from "./types/Service.sol";
import {Statement} from "./types/Statement.sol";

/// @title Uptime
contract Uptime is IUptime, EscrowDomain {
    using Quorums for uint256[];
    using Signatures for bytes32;

    /// @inheritdoc IUptime
    uint256 public constant WITNESSES_MAX = 31;
    uint256 private constant SIGNATURE_BYTES = 64;

    address private immutable BONDS;

    mapping(bytes32 terms => ServiceSlot) private _services;

    constructor(address escrow_, address bonds_) EscrowDomain(escrow_) {
        BONDS = bonds_;
    }

    // -------------------------------------------------------------------------------------------------------- calls

    /// @inheritdoc IUptime
    function redeem(
        ServiceTerms calldata terms,
        ChannelKey calldata key,
        bytes calldata agreed,
        Statement[] calldata statements
    ) external returns (uint256 paid) {
        (bytes32 digest, Service service) = _open(terms, key, agreed);
        uint256 passed = _elapsed(terms);
        (uint256 up,) = _certified(terms, digest, statements, passed);
        return _pay(terms, key, digest, service, passed, up);
    }

    /// @inheritdoc IUptime
    function redeemByBuyer(
        ServiceTerms calldata terms,
        ChannelKey calldata key,
        bytes calldata agreed,
        UptimeTally calldata tally,
        bytes calldata signature
    ) external returns (uint256 paid) {
        (bytes32 digest, Service service) = _open(terms, key, agreed);
        uint256 passed = _elapsed(terms);
        _checkTally(tally.up, tally.down, tally.through, passed);
        address buyer = key.voucherSigner();
        if (tally.terms != digest || !_digestOf(tally.hash()).isSignedBy(signature, buyer)) {
            revert SignatureInvalid(buyer);
        }
        return _pay(terms, key, digest, service, passed, tally.up);
    }

    /// @inheritdoc IUptime
    function credit(
        ServiceTerms calldata terms,
        ChannelKey calldata key,
        bytes calldata agreed,
        Statement[] calldata statements
    ) external returns (uint256 paid) {
        (bytes32 digest, Service service) = _open(terms, key, agreed);
        uint256 passed = _elapsed(terms);
        (, uint256 down) = _certified(terms, digest, statements, service.isEnded() ? service.endedAt() : passed);
        down = Math.min(down, _without(passed, service.redeemed(), terms.pricePerInterval));
        uint256 due = down * terms.creditPerInterval;
        if (due <= service.credited()) revert NothingDue();

        address owner = IBonds(BONDS).ownerOf(terms.provider);
        if (owner == address(0)) revert ProviderUnknown(terms.provider);
        Payout memory harmed = Payout(key.payer, due - service.credited());
        (paid,) = IBonds(BONDS).slashByArbiter(terms.token, owner, harmed, Payout(address(0), 0), digest);
        if (paid == 0) revert BondEmpty(owner);
        _services[digest].state = service.withCredited(paid);
        emit IntervalsCredited(digest, owner, down, paid);
    }

    /// @inheritdoc IUptime
    function end(ServiceTerms calldata terms, ChannelKey calldata key, bytes calldata agreed)
        external
        returns (uint256 intervals)
    {
        if (msg.sender != terms.provider && msg.sender != terms.payee) revert CallerNotProvider(msg.sender);
        (bytes32 digest, Service service) = _open(terms, key, agreed);
        if (service.isEnded()) revert ServiceEndedBefore(service.endedAt());
        (uint256 deposit, uint256 settled, uint256 closeAt) = IEscrow(ESCROW).channels(ChannelId.wrap(terms.channel));
        if (closeAt == 0 && deposit - settled >= terms.pricePerInterval) revert ChannelFunded(terms.channel);
        intervals = _elapsed(terms);
        // At most intervalsMax, which is an uint32 itself.
        // forge-lint: disable-next-line(unsafe-typecast)
        _services[digest].state = service.withEnd(uint32(intervals));
        emit ServiceEnded(digest, intervals);
    }

    // -------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IUptime
    function certified(ServiceTerms calldata terms, Statement[] calldata statements)
        external
        view
        returns (uint256 up, uint256 down)
    {
        _checkTerms(terms);
        return _certified(terms, termsDigest(terms), statements, _elapsed(terms));
    }

    /// @inheritdoc IUptime
    function serviceOf(bytes32 terms)
        external
        view
        returns (uint256 redeemed, uint256 credited, bool agreed, bool ended, uint256 endedAt)
    {
        Service service = _services[terms].state;
        return (service.redeemed(), service.credited(), service.isAgreed(), service.isEnded(), service.endedAt());
    }

    /// @inheritdoc IUptime
    function elapsed(ServiceTerms calldata terms) external view returns (uint256 intervals) {
        if (terms.intervalSec == 0) revert TermsInvalid();
        return _elapsed(terms);
    }

    /// @inheritdoc IUptime
    function termsDigest(ServiceTerms calldata terms) public view returns (bytes32) {
        return _digestOf(terms.hash());
    }

    /// @inheritdoc IUptime
    function escrow() external view returns (address) {
        return ESCROW;
    }

    /// @inheritdoc IUptime
    function bonds() external view returns (address) {
        return BONDS;
    }

    // ------------------------------------------------------------------------------------------------------ private

    /// @dev What all calls begin with. Terms are checked once: their digest stands for all that they say, the channel's
    /// id included, and so for all of its key.
    function _open(ServiceTerms calldata terms, ChannelKey calldata key, bytes calldata agreed)
        private
        returns (bytes32 digest, Service service)
    {
        bytes32 channel = ChannelId.unwrap(key.id());
        if (channel != terms.channel) revert ChannelMismatch(terms.channel, channel);
        digest = termsDigest(terms);
        ServiceSlot storage slot = _services[digest];
        service = slot.state;
        if (service.isAgreed()) return (digest, service);

        if (key.payee != terms.payee || key.token != terms.token || key.arbiter != address(this)) {
            revert PartiesMismatch();
        }
        _checkTerms(terms);
        address buyer = key.voucherSigner();
        for (uint256 i = 0; i < terms.witnesses.length; ++i) {
            address witness = terms.witnesses[i];
            if (witness == terms.provider || witness == terms.payee || witness == key.payer || witness == buyer) {
                revert WitnessesInvalid(i);
            }
        }
        if (agreed.length != 2 * SIGNATURE_BYTES) revert NotAgreed(buyer);
        if (!digest.isSignedBy(agreed[:SIGNATURE_BYTES], buyer)) revert NotAgreed(buyer);
        if (!digest.isSignedBy(agreed[SIGNATURE_BYTES:], terms.provider)) revert NotAgreed(terms.provider);
        service = service.withAgreement();
        slot.state = service;
        emit ServiceAgreed(digest, channel, terms.provider, terms.deployment, terms.slot);
    }

    function _checkTerms(ServiceTerms calldata terms) private pure {
        uint256 dearest = Math.max(terms.pricePerInterval, terms.creditPerInterval);
        if (terms.intervalSec == 0 || terms.intervalsMax == 0) revert TermsInvalid();
        if (dearest * terms.intervalsMax > Services.AMOUNT_MAX) revert TermsInvalid();
        uint256 count = terms.witnesses.length;
        if (count == 0 || count > WITNESSES_MAX) revert WitnessesInvalid(count);
        if (2 * uint256(terms.quorum) <= count || terms.quorum > count) revert QuorumInvalid(terms.quorum, count);
        address before = address(0);
        for (uint256 i = 0; i < count; ++i) {
            if (terms.witnesses[i] <= before) revert WitnessesInvalid(i);
            before = terms.witnesses[i];
        }
    }

    /// @dev What a quorum vouches for, if all statements are good and look at no more than `passed` intervals.
    function _certified(ServiceTerms calldata terms, bytes32 digest, Statement[] calldata statements, uint256 passed)
        private
        view
        returns (uint256 up, uint256 down)
    {
        if (statements.length < terms.quorum) revert QuorumMissing(statements.length, terms.quorum);
        uint256[] memory ups = Quorums.create(terms.quorum);
        uint256[] memory downs = Quorums.create(terms.quorum);
        uint256 next = 0;
        for (uint256 i = 0; i < statements.length; ++i) {
            Statement calldata said = statements[i];
            if (said.witness < next || said.witness >= terms.witnesses.length) revert StatementsUnordered(i);
            next = uint256(said.witness) + 1;
            _checkTally(said.up, said.down, said.through, passed);
            UptimeTally memory tally = UptimeTally(digest, said.epoch, said.up, said.down, said.through);
            address witness = terms.witnesses[said.witness];
            if (!_digestOf(tally.hash()).isSignedBy(said.r, said.vs, witness)) revert SignatureInvalid(witness);
            ups.add(said.up);
            downs.add(said.down);
        }
        return (ups.agreed(), downs.agreed());
    }

    function _checkTally(uint256 up, uint256 down, uint256 through, uint256 passed) private pure {
        if (up + down > through) revert TallyImpossible(up, down, through);
        if (through > passed) revert TallyAhead(through, passed);
    }

    /// @dev Pays for `up` of the `passed` intervals, less those that were credited.
    function _pay(
        ServiceTerms calldata terms,
        ChannelKey calldata key,
        bytes32 digest,
        Service service,
        uint256 passed,
        uint256 up
    ) private returns (uint256 paid) {
        up = Math.min(up, _without(passed, service.credited(), terms.creditPerInterval));
        uint256 due = up * terms.pricePerInterval;
        if (due <= service.redeemed()) revert NothingDue();
        // All that terms can come to is below AMOUNT_MAX.
        // forge-lint: disable-next-line(unsafe-typecast)
        paid = IEscrow(ESCROW).redeemByArbiter(key, uint128(due - service.redeemed()), digest);
        if (paid == 0) revert ChannelEmpty(terms.channel);
        _services[digest].state = service.withRedeemed(paid);
        emit IntervalsRedeemed(digest, up, paid);
    }

    /// @dev Intervals that are left when those are taken off for which `amount` was paid at `each`. One that was paid in
    /// part counts as a whole. Nothing was paid where each costs nothing.
    function _without(uint256 passed, uint256 amount, uint256 each) private pure returns (uint256) {
        return amount == 0 ? passed : passed - Math.ceilDiv(amount, each);
    }

    /// @dev Whole intervals between `startsAt` and now, up to `intervalsMax`.
    function _elapsed(ServiceTerms calldata terms) private view returns (uint256) {
        if (block.timestamp < terms.startsAt) return 0;
        return Math.min((block.timestamp - terms.startsAt) / terms.intervalSec, terms.intervalsMax);
    }

    function _digestOf(bytes32 structHash) private view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_escrowSeparator(), structHash);
    }
}
