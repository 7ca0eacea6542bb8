// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a buyer and a provider agree on for one slot of a service; both sign it. Time is counted in intervals
/// from `startsAt` on: interval `i` begins at `startsAt + i * intervalSec`.
/// @param deployment digest of what the buyer deploys; only ever compared
/// @param slot which of its slots
/// @param provider key of the node that holds or stands by for the slot; whoever registered it in {IBonds} answers for it
/// @param payee whom the channel pays
/// @param token what prices and credits are counted in: the channel's token
/// @param channel id of the channel that pays; its arbiter is the {IUptime} that judges
/// @param witnesses who watch, in strictly ascending order; none of them a party
/// @param quorum how many of them have to say a thing: more than half
/// @param startsAt UNIX second at which the first interval begins
/// @param intervalSec length of an interval
/// @param intervalsMax after how many of them these terms end
/// @param pricePerInterval due to the payee for an interval of service
/// @param creditPerInterval due to the payer, from the provider's bond, for an interval without it
struct ServiceTerms {
    bytes32 deployment;
    uint32 slot;
    address provider;
    address payee;
    address token;
    bytes32 channel;
    address[] witnesses;
    uint8 quorum;
    uint64 startsAt;
    uint32 intervalSec;
    uint32 intervalsMax;
    uint128 pricePerInterval;
    uint128 creditPerInterval;
}

using ServiceTermsHash for ServiceTerms global;

library ServiceTermsHash {
    string internal constant TYPE = "ServiceTerms(bytes32 deployment,uint32 slot,address provider,address payee,"
        "address token,bytes32 channel,address[] witnesses,uint8 quorum,uint64 startsAt,uint32 intervalSec,"
        "uint32 intervalsMax,uint128 pricePerInterval,uint128 creditPerInterval)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    function hash(ServiceTerms memory terms) internal pure returns (bytes32) {
        // In two halves, because the compiler can only hold so many values at once.
        bytes memory head = abi.encode(
            TYPEHASH,
            terms.deployment,
            terms.slot,
            terms.provider,
            terms.payee,
            terms.token,
            terms.channel,
            keccak256(abi.encodePacked(terms.witnesses))
        );
        bytes memory tail = abi.encode(
            terms.quorum,
            terms.startsAt,
            terms.intervalSec,
            terms.intervalsMax,
            terms.pricePerInterval,
            terms.creditPerInterval
        );
        return keccak256(bytes.concat(head, tail));
    }
}
