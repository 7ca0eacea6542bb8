/** Faults on record. One holds two offers of 8 kB at most: 4 MB in all. */
export const FAULTS_MAX = 256
/** Faults of one key. Each costs its owner a tenth of the bond: after so many there is little left to take. */
export const FAULTS_PER_KEY_MAX = 8
/**
 * Faults among strangers that are taken in any hour. Keys cost nothing, so whoever likes can make up any number of them, and
 * each costs us a synced write and a question to the chain.
 */
export const FAULTS_PER_HOUR_MAX = 64
/** Transactions about one fault: one punishes, and each of the others pays the harmed once the bond has grown again. */
export const SLASHES_MAX = 16
/** Between two looks at what the chain says of a fault. It does not grow old, and a bond stays for a month… */
export const FAULTS_INTERVAL_MS = 5 * 60_000
/** …and of one that was not worth reporting and did not harm us. */
export const FAULTS_IDLE_INTERVAL_MS = 60 * 60_000
/** After a look at which something could not be read or sent. */
export const FAULTS_RETRY_MS = 15_000
/** What was paid is looked at for so long after, in case a re-organisation takes it back. */
export const FAULT_WATCH_SEC = 3600
/** How long what an earlier process sent may take to be mined before it is taken for stuck. */
export const UNMINED_WAIT_MS = 30_000
/**
 * Everybody hears of contradicting offers at about the same time, and one report is enough: whoever was not harmed waits
 * for a random part of this first, and most of them find that it was done.
 */
export const REPORT_JITTER_MS = 30_000
