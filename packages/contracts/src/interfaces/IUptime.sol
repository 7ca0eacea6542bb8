// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ServiceTerms} from "../messages/ServiceTerms.sol";
import {UptimeTally} from "../messages/UptimeTally.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {Statement} from "../types/Statement.sol";

/// @title Uptime: pays for services by the interval when their buyer is away, and buyers when a service is
/// @notice Arbiter of channels ({IEscrow}) and of bonds ({IBonds}). Buyer and provider sign {ServiceTerms}: a price for
/// each interval of service, a credit for each interval without it, and witnesses whose majority knows which was which.
/// Witnesses sign what they have seen so far ({UptimeTally}); here the tallies of a quorum become money:
///
///     certified up   = largest number such that a quorum of the witnesses says "at least so many up"
///     certified down = the same of those down
///
///     redeem pays (certified up   × price  - redeemed) from the channel, as far as its deposit goes
///     credit pays (certified down × credit - credited) from what the provider's owner has exposed of his bond
///
/// whatever happens, for any terms and at all times:
///
///     redeemed <= intervals elapsed × price
///     credited <= intervals elapsed × credit
///     ⌈redeemed / price⌉ + ⌈credited / credit⌉ <= intervals elapsed       (no interval is paid for twice or both ways)
///
/// As more than half of the witnesses make a quorum, and while fewer than a quorum lie:
///
/// - no more is paid or credited than some honest witness vouches for;
/// - once a quorum of honest witnesses has vouched for so much, nobody can keep it from being paid;
/// - witnesses that fall silent or contradict each other move no money and take none back. A provider that stops once an
///   interval has passed uncertified has served one interval unpaid at the most; its buyer has paid for none that was
///   not served. `docs/uptime.md` says exactly what that means.
///
/// A buyer that is there pays by signing the tally itself: one signature instead of a quorum's, and the same counter, so
/// that nothing is paid twice. Vouchers on such a channel would come on top of it: honest software signs none.
///
/// There is no owner, no upgrade, no fee and no pause. No money is held.
///
/// @dev Channels are never held: a tally is redeemable from the second it is signed, and the channel's close delay is
/// the provider's time to do so. Calls only the two contracts it was made with, which call nobody.
interface IUptime {
    // ------------------------------------------------------------------------------------------------------- events

    /// @notice The signatures of both parties were seen: from here on, calls about these terms need not repeat them.
    event ServiceAgreed(
        bytes32 indexed terms, bytes32 indexed channel, address indexed provider, bytes32 deployment, uint256 slot
    );

    /// @notice The channel paid `paid` for intervals of service.
    /// @param up how many of them are certified in all
    event IntervalsRedeemed(bytes32 indexed terms, uint256 up, uint256 paid);

    /// @notice The bond of `owner` paid `paid` to the payer for intervals without service.
    /// @param down how many of them are certified in all
    event IntervalsCredited(bytes32 indexed terms, address indexed owner, uint256 down, uint256 paid);

    /// @notice No credit is owed for interval number `intervals` and later ones.
    event ServiceEnded(bytes32 indexed terms, uint256 intervals);

    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice The terms are about another channel than this key's.
    error ChannelMismatch(bytes32 expected, bytes32 actual);

    /// @notice Payee, token or arbiter of the channel are not those of the terms, and this contract.
    error PartiesMismatch();

    /// @notice An interval of no length, no interval at all, or more money than a channel can count.
    error TermsInvalid();

    /// @notice One to WITNESSES_MAX witnesses, strictly ascending, none of them a party: the one at `place` is not so.
    error WitnessesInvalid(uint256 place);

    /// @notice A quorum is more than half of the witnesses and not more than all.
    error QuorumInvalid(uint256 quorum, uint256 witnesses);

    /// @notice These terms were not agreed to by `party`, or the two signatures are not 64 bytes each.
    error NotAgreed(address party);

    error QuorumMissing(uint256 statements, uint256 quorum);

    /// @notice Statements are given in the order of the terms' list, at most one of each witness.
    error StatementsUnordered(uint256 place);

    /// @notice Not signed by the account that should have said so, or not a well-formed signature.
    error SignatureInvalid(address expected);

    /// @notice It counts more intervals than it looked at.
    error TallyImpossible(uint256 up, uint256 down, uint256 through);

    /// @notice It looks at more intervals than have passed, or than count.
    error TallyAhead(uint256 through, uint256 elapsed);

    /// @notice Everything that is certified has been paid.
    error NothingDue();

    /// @notice The channel holds nothing.
    error ChannelEmpty(bytes32 channel);

    /// @notice Nobody answers for the provider's key.
    error ProviderUnknown(address provider);

    /// @notice The owner has exposed nothing to this contract that is left.
    error BondEmpty(address owner);

    error CallerNotProvider(address caller);

    /// @notice The channel can pay for another interval, and nobody has asked to close it.
    error ChannelFunded(bytes32 channel);

    error ServiceEndedBefore(uint256 intervals);

    // -------------------------------------------------------------------------------------------------------- calls

    /// @notice Pays the payee for all intervals of service that a quorum of witnesses has certified and that were not
    /// paid before. Anybody may call it; the money only ever goes to the payee's balance in the escrow.
    /// @param key of the channel that the terms name
    /// @param agreed signatures of the terms, 64 bytes each (EIP-2098): the channel's signer's, then the provider's. May
    /// be empty once {ServiceAgreed} was logged.
    /// @param statements at least a quorum's, ordered by place; more only help. One that is not good fails the call: it
    /// can be left out.
    /// @return paid what moved; less than is due when the deposit does not cover it, and the rest stays due
    function redeem(
        ServiceTerms calldata terms,
        ChannelKey calldata key,
        bytes calldata agreed,
        Statement[] calldata statements
    ) external returns (uint256 paid);

    /// @notice The same on the buyer's word alone: the channel's signer has signed a tally with so many intervals up.
    /// @param signature over the EIP-712 `UptimeTally`, 64 bytes (EIP-2098) or 65
    function redeemByBuyer(
        ServiceTerms calldata terms,
        ChannelKey calldata key,
        bytes calldata agreed,
        UptimeTally calldata tally,
        bytes calldata signature
    ) external returns (uint256 paid);

    /// @notice Pays the payer for all intervals without service that a quorum has certified and that were not credited
    /// before, from the bond of the provider's owner. Anybody may call it; the money is the payer's to collect from
    /// {IBonds}.
    /// @dev After {end}, tallies that look beyond it do not count here.
    /// @return paid what was credited; less than is due when the exposure does not cover it, and the rest stays due
    function credit(
        ServiceTerms calldata terms,
        ChannelKey calldata key,
        bytes calldata agreed,
        Statement[] calldata statements
    ) external returns (uint256 paid);

    /// @notice Ends the provider's liability from the present interval on: for the provider or payee, once the channel
    /// is closing or cannot pay for another interval. Who is not paid need not serve, and whoever stops paying cannot
    /// be owed for it. What was certified before stays due, both ways.
    /// @return intervals number of the first interval that no credit is owed for
    function end(ServiceTerms calldata terms, ChannelKey calldata key, bytes calldata agreed)
        external
        returns (uint256 intervals);

    // -------------------------------------------------------------------------------------------------------- views

    /// @notice What a set of statements certifies, if they are good.
    function certified(ServiceTerms calldata terms, Statement[] calldata statements)
        external
        view
        returns (uint256 up, uint256 down);

    /// @notice What has come of some terms; all zero if they were never heard of.
    /// @param terms their EIP-712 digest
    /// @return redeemed what the channel has paid for intervals of service
    /// @return credited what the bond has paid for intervals without
    /// @return agreed whether both signatures were seen
    /// @return ended whether {end} was called
    /// @return endedAt if so: number of the first interval that no credit is owed for
    function serviceOf(bytes32 terms)
        external
        view
        returns (uint256 redeemed, uint256 credited, bool agreed, bool ended, uint256 endedAt);

    /// @notice How many intervals have passed, up to the last there is.
    function elapsed(ServiceTerms calldata terms) external view returns (uint256 intervals);

    /// @notice What the parties to the terms sign, and what names them.
    function termsDigest(ServiceTerms calldata terms) external view returns (bytes32);

    /// @notice The escrow whose channels it is an arbiter of, and whose EIP-712 domain everything is signed in.
    function escrow() external view returns (address);

    /// @notice The bonds that credits are paid from.
    function bonds() external view returns (address);

    /// @notice Most witnesses that terms may name: a quorum of them is well within one transaction.
    function WITNESSES_MAX() external view returns (uint256);
}
