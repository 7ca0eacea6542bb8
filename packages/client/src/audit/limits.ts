/**
 * Text of one bundle, in characters. The longest agreement has 4,096 receipts of about 1.5 kB, and with each two proofs
 * of up to 40 hashes.
 */
export const BUNDLE_CHARS_MAX = 32 * 2 ** 20
/** Times the chain is read anew when its figures do not add up: something may have moved between two questions. */
export const CHAIN_READS_MAX = 3
/** Hashes of one inclusion proof: no log within `RECEIPT_LOG_SIZE_MAX` (2^40) has longer ones. */
export const PROOF_HASHES_MAX = 40
