/** Every bound and time of looking after connections, each with its reason. */

/** Looking costs nothing while there are enough connections. */
export const LOOK_INTERVAL_MS = 1_000

/** What happens changes what to do: the next look is that near, however much happens. */
export const LOOK_SOON_MS = 50

/** A peer that can't be reached is tried again after 1 s, 2 s, 4 s … up to a minute, each ± 50 % so nobody is in step. */
export const BACKOFF_FIRST_MS = 1_000
export const BACKOFF_MAX_MS = 60_000

/** Who has nobody tries everybody more often: a minute is long without a network. */
export const BACKOFF_ALONE_MS_MAX = 8_000

/** A peer that was lost, and not by its own will, probably comes back, and with it the other half of the network. */
export const BACKOFF_LOST_MS_MAX = 15_000

/** Failures remembered: a poisoned peer store must cost no more than this. */
export const FAILURES_MAX = 1_024

/**
 * Dials under way. Few while there are connections: when a whole network starts at once, a handshake takes tens of
 * milliseconds of everybody's processor, and what is begun together is late together. Many while there is nobody: a dead
 * address must not hold up the next candidate.
 */
export const DIALS_MAX = 3
export const DIALS_ALONE_MAX = 16

/** One dial: longer than a handshake takes on a busy machine, short enough to get past dead addresses. */
export const DIAL_TIMEOUT_MS = 6_000

/**
 * Dials to one prefix, however many names have addresses there: records are signed by those that they name, but nothing
 * keeps a stranger from signing that it listens where a victim does.
 */
export const DIALS_PER_PREFIX = { capacity: 8, perSec: 1 / 6, keysMax: 1_024 }

/** First contacts are left alone by those that know others, so that a network is not as large as they are. */
export const BOOTSTRAP_BELOW = 3

/** A connected peer that gossips but is missing from our gossip for so many regular looks is deaf to us: reconnect. */
export const DEAF_LOOKS_MAX = 10

/** A connection that was over sooner counts as a failure, or two peers that do not want each other would go on for ever. */
export const CONNECTION_STABLE_MS = 60_000

/** Lost peers that are tried again, and for how long: whoever is away longer is one of the many that we know. */
export const LOST_MAX = 16
export const LOST_FOR_MS = 600_000

/** Peers asked whom they know, at each look that wants more. */
export const ASKS_PER_LOOK_MAX = 2

/** More than this between two looks, and the machine slept or this process was held. */
export const SLEPT_MS = 10_000

/** Of what we know, one is tried about so often even when there are enough: two halves of a network find each other so. */
export const EXPLORE_INTERVAL_MS = 60_000

/** How often what is known and what is protected is looked through. */
export const TIDY_INTERVAL_MS = 60_000

/** Connections that are let go of last when there are too many, beside those to first contacts: who has been there long. */
export const PROTECTED_MAX = 4
