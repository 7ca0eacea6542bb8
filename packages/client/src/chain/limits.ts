/** One JSON-RPC answer may take this long: slower than any healthy endpoint, short enough to try the next one. */
export const RPC_TIMEOUT_MS = 5_000
/** Largest answer read from an endpoint: a full chunk of logs is below 1 MiB. */
export const RPC_RESPONSE_BYTES_MAX = 8 * 1024 * 1024
/** Whose newest block is the newest is not settled by the first two that answer: others may know a newer one. */
export const HEAD_GRACE_MS = 100
/** Endpoints that must say the same where money depends on it, when there are that many. */
export const RPC_QUORUM = 2
/** Questions to endpoints that contradict each other are asked so often, with pauses that begin at this. */
export const AGREE_ATTEMPTS_MAX = 4
export const AGREE_PAUSE_MS = 60
/** Newest blocks of two endpoints may be this far apart in time; beyond, one of them stands still or makes them up. */
export const HEAD_LAG_SEC_MAX = 60
/** An endpoint that failed is asked only after the others: for the first time span, doubling up to the second. */
export const ENDPOINT_REST_MS_MIN = 500
export const ENDPOINT_REST_MS_MAX = 30_000
/** How often the age of an endpoint's newest block is looked at, where there is a bound on it. */
export const HEAD_CHECK_INTERVAL_MS = 5_000
/** What everybody is asked waits for the slowest this long after enough have answered. */
export const ENDPOINT_GRACE_MS = 300
/** A sent transaction is waited for this long before it is reported as unknown; it may still be mined later. */
export const TX_TIMEOUT_MS = 60_000
/** How often a sent transaction is looked up: from the first value, doubling up to the second. */
export const RECEIPT_POLL_MS_MIN = 15
export const RECEIPT_POLL_MS_MAX = 1_000
/** Attempts to get one transaction accepted when the endpoint is behind on our own nonce. */
export const SEND_ATTEMPTS_MAX = 4
/** Transactions of one account under way at once: no more than pools hold for one. */
export const TXS_MAX = 64
/** Forms of one transaction, each offering at least an eighth more than the last (pools want a tenth). */
export const TX_ATTEMPTS_MAX = 24
export const FEE_STEP_NUMERATOR = 9n
export const FEE_STEP_DENOMINATOR = 8n
/** Without a ceiling of the caller's, the fees of a transaction grow to this multiple of the first ones. */
export const TX_FEE_GROWTH_MAX = 10n
/** Blocks whose fees are looked at. */
export const FEE_HISTORY_BLOCKS = 10
/** A transaction that is next and was passed over this long, by this many blocks, offers more. */
export const REPLACE_MS_MIN = 10_000
export const REPLACE_BLOCKS_MIN = 3
/** One that pools lost is sent again after the first time span, doubling up to the second. */
export const RESEND_MS_MIN = 4_000
export const RESEND_MS_MAX = 60_000
/** A nonce below ours that nobody uses is used up after this long… */
export const GAP_MS_MIN = 3_000
/** …and one that a transaction of an earlier process has, after this long and that many blocks. */
export const STRANGER_MS_MIN = 60_000
export const STRANGER_BLOCKS_MIN = 5
/** Transactions of an earlier process that are believed to wait in pools. */
export const STRANGERS_MAX = 16
/** A nonce that another transaction used is given up after this long, in case endpoints tell late that it was ours. */
export const DISPLACED_MS_MIN = 15_000
/** How often everything about an account is looked at while somebody waits for a transaction of it. */
export const ACCOUNT_LOOK_INTERVAL_MS = 2_000
/** How often gas prices are looked at while they are above what somebody is willing to pay. */
export const FEE_WAIT_INTERVAL_MS = 2_000
/** Blocks asked for in one event query; halved when an endpoint finds that too many. */
export const LOG_BLOCKS_MAX = 5_000
/** Events one question may answer with: bounds what an endpoint can make us hold, and decode, at some 60 µs each. */
export const EVENTS_MAX = 50_000
/** Gas that one transaction may ask for (EIP-7825). */
export const TX_GAS_MAX = 2n ** 24n
/** Vouchers in one `redeemMany`: at 12.9k gas each, under {@link TX_GAS_MAX}. */
export const REDEEM_RECORDS_MAX = 1_000
/** Blocks that may be replaced, where a watcher is not told otherwise: two epochs of Ethereum. */
export const WATCH_DEPTH = 64
/** How often a watcher looks at the chain, and how long it pauses at most after looks that failed. */
export const WATCH_INTERVAL_MS = 2_000
export const WATCH_INTERVAL_MS_MAX = 60_000
/** Channels asked about by name: more topics than this are refused by some endpoints, so beyond it all are read. */
export const WATCH_CHANNELS_BY_NAME_MAX = 200
/** A case that moves while it is read is read again so often: it moves once in hours. */
export const CASE_READS_MAX = 4
/** Gas of a ruling, and for each seat that it judges, both with room: what the last of a jury pays beyond its own vote. */
export const RULING_GAS = 60_000n
export const RULING_GAS_PER_SEAT = 15_000n
/** Keys whose backers one question asks for: 16 kB there and back, below what a deployment may return, at 12k gas each. */
export const BACKERS_PER_CALL_MAX = 512
