/**
 * Every bound on what a stranger can make us hold or do, with its reason. A test sends each bound + 1.
 */

/** Longest frame on a negotiate stream. A Demand with full arguments and environment fits ten times over. */
export const NEGOTIATE_FRAME_BYTES_MAX = 1 << 20
/** An encoded Offer. Real ones are 0.6 kB; gossip carries many, so the bound is tight. */
export const OFFER_BYTES_MAX = 8 * 1024
/** Longest an Offer may claim to hold: a dead provider leaves every book within this time. */
export const OFFER_TTL_SEC_MAX = 3600
/** Clocks of honest peers differ by less than this. */
export const CLOCK_SKEW_SEC_MAX = 120

/** Listen addresses in an Offer: transports × interfaces of a real machine, with room. */
export const MULTIADDRS_MAX = 8
/** A multiaddr as text: an IPv6 WebTransport address with two certificate hashes and a peer id is about 250 bytes. */
export const MULTIADDR_BYTES_MAX = 320
/** Runtimes an Offer lists (wasm, oci, …). */
export const RUNTIMES_MAX = 8
/** Names of runtimes, regions, sites, networks, grids, versions: labels a person types, not documents. */
export const LABEL_BYTES_MAX = 64

/** A CIDv1 with sha2-256 is 36 bytes; longer digests are not used. */
export const CID_BYTES_MAX = 64
/** Arguments of a program. Linux allows far more; a list this long belongs in an input file. */
export const ARGS_MAX = 1024
/** One argument or KEY=value. */
export const ARG_BYTES_MAX = 32 * 1024
/** Environment entries of a program. */
export const ENV_MAX = 256
/** Arguments and environment of a program together. */
export const ARGV_BYTES_MAX = 64 * 1024

/** Longest a single job may be agreed for (7 days): beyond it, prices and channels of today say nothing. */
export const DURATION_SEC_MAX = 7 * 24 * 3600
/** Farthest a Demand's deadline may lie ahead: its longest duration and a day of queueing. */
export const DEADLINE_AHEAD_SEC_MAX = DURATION_SEC_MAX + 24 * 3600
/** Most unpaid work a provider extends, and the longest a buyer waits to learn what it owes. */
export const TICK_SEC_MAX = 3600
/** How long a Bid binds its provider at most. A negotiation takes milliseconds; a minute covers slow chains. */
export const BID_TTL_SEC_MAX = 300

/** Receipts of one agreement. With the longest tick, the longest job needs a tenth of them. */
export const RECEIPTS_PER_AGREEMENT_MAX = 4096
/** Receipts one voucher may newly pay for: a burst of short jobs settled at once. */
export const PAYS_MAX = 1024
/** Largest receipt log of a channel: 2^40 receipts outlast any channel; keeps proofs under 40 hashes. */
export const RECEIPT_LOG_SIZE_MAX = 2 ** 40
/** Text of a refusal or failure shown to the other side. */
export const REASON_BYTES_MAX = 1024

/** Replicas of one job. Quorums larger than this buy nothing that a second job would not. */
export const REPLICAS_MAX = 32

/** Canonical bytes of a Credential's claims: a page of facts, not a report; that would be a CID among them. */
export const CLAIMS_BYTES_MAX = 8 * 1024
/** Lists and maps inside one another in claims, the outermost included: enough to say anything, too few to hurt. */
export const CLAIMS_DEPTH_MAX = 8
/** Name of a schema: a URI. */
export const SCHEMA_BYTES_MAX = 256
/** Signature of a Credential: a plain key's has 64 bytes, a contract account's may carry many owners'. */
export const CREDENTIAL_SIGNATURE_BYTES_MAX = 4 * 1024
/** Longest a Credential may hold (10 years): whoever says it for longer does not know it. */
export const CREDENTIAL_TTL_SEC_MAX = 10 * 366 * 24 * 3600
/** A Credential as W3C JSON: claims and signature as text, and what every one of them repeats. */
export const CREDENTIAL_JSON_CHARS_MAX = 64 * 1024

/** Witnesses of a service: more cost more to ask and to redeem than they add. The contract takes no more either. */
export const WITNESSES_MAX = 31
/** Longest interval of a service: it is what either side may lose. */
export const SERVICE_INTERVAL_SEC_MAX = 3600
/** A channel counts to 2^104 − 1, and so does all that one service may come to. */
export const SERVICE_AMOUNT_MAX_BITS = 104
