/** anvil answers within half a second; a machine under load gets twenty times that. */
export const CHAIN_START_TIMEOUT_MS = 10_000
/** Ports tried when somebody else takes the free one we saw first. */
export const CHAIN_START_ATTEMPTS_MAX = 5
/** One node is ready in about a second; many that start on two busy cores at once take their time. */
export const NODE_START_TIMEOUT_MS = 90_000
/** From the last node's start until books hold every offer: gossip takes milliseconds, what it lost comes with its rounds. */
export const BOOKS_TIMEOUT_MS = 60_000
/** A node stops in well under a second; one that redeems at a slow chain gets longer, then it is killed. */
export const STOP_TIMEOUT_MS = 15_000
/** Providers of one devnet: each is a process of about 130 MB. */
export const PROVIDERS_MAX = 64
/** Operators that post their bonds at once: one account mints for all, and may have only so many transactions under way. */
export const BONDS_AT_ONCE = 16
/** Tail of a log shown when a process died at its start. */
export const LOG_TAIL_BYTES_MAX = 4 * 1024
