/** A configuration or descriptor a person writes is a few kB; more is another file by mistake. */
export const CONFIG_BYTES_MAX = 64 * 1024

/** A keystore is 0.5 kB, a password one line. */
export const KEYSTORE_BYTES_MAX = 16 * 1024
export const PASSWORD_BYTES_MAX = 4 * 1024 // Far above any pass phrase; keeps `--password-file /dev/zero` from filling memory.

/** RPC endpoints of one network: each is tried in turn, so a long list only delays the bad news. */
export const RPC_URLS_MAX = 8

/** Blocks waited for: more is an hour on any chain. */
export const CONFIRMATIONS_MAX = 256

/** First contacts of one network: every connection attempt goes through them in random order. */
export const BOOTSTRAP_MAX = 64
