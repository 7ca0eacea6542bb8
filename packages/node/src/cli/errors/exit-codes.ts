/** What each exit code means, by name. Codes of a finished `run` are the job's own. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  config: 3,
  notFound: 4,
  key: 5,
  funds: 6,
  network: 7,
  noOffer: 8,
  deadline: 9,
  audit: 10,
  chain: 11,
  rejected: 12,
  locked: 13,
  precondition: 14,
  /** `--timeout` was hit, as coreutils' timeout says it. */
  timeout: 124,
  /** `run`: ours failed, cannot invoke, not found, as docker says them. */
  runFailed: 125,
  runCannotInvoke: 126,
  runNotFound: 127,
  /** 128 + 2 */
  interrupted: 130,
  /** 128 + 15 */
  terminated: 143
} as const

/** Exit code of each error code; codes not listed are {@link EXIT}.failure. One table, so that no two commands differ. */
export const EXIT_OF: Readonly<Record<string, number>> = {
  E_USAGE: EXIT.usage,
  E_AMOUNT_INVALID: EXIT.usage,
  E_DURATION_INVALID: EXIT.usage,
  E_SIZE_INVALID: EXIT.usage,
  E_FILE_TOO_LARGE: EXIT.usage,
  E_QUORUM_ABSURD: EXIT.usage,
  E_BAD_JOB: EXIT.usage,
  E_AMBIGUOUS_ID: EXIT.usage,

  E_CONFIG_INVALID: EXIT.config,
  E_CONFIG_NOT_FOUND: EXIT.config,
  E_NETWORK_INVALID: EXIT.config,

  E_NO_NETWORK: EXIT.notFound,
  E_NO_WALLET: EXIT.notFound,
  E_NO_NODE_CONFIG: EXIT.notFound,
  E_NO_SUCH_JOB: EXIT.notFound,
  E_NO_SUCH_AGREEMENT: EXIT.notFound,
  E_NO_SUCH_RECEIPT: EXIT.notFound,
  E_NO_RESULT: EXIT.notFound,
  E_NO_SUCH_CHANNEL: EXIT.notFound,
  E_NO_SUCH_REGION: EXIT.notFound,
  E_NO_DEVNET: EXIT.notFound,
  E_NO_BONDS: EXIT.notFound,
  E_NO_ARBITER: EXIT.notFound,
  E_NO_EXIT: EXIT.notFound,
  E_NODE_NOT_RUNNING: EXIT.notFound,
  E_FILE_NOT_FOUND: EXIT.notFound,
  E_CONTENT_READ: EXIT.notFound,

  E_KEY_PERMISSIONS: EXIT.key,
  E_KEY_INVALID: EXIT.key,
  E_KEYSTORE_INVALID: EXIT.key,
  E_WRONG_PASSWORD: EXIT.key,
  E_NOT_OWNER: EXIT.key,
  E_NO_PASSWORD: EXIT.key,
  E_PASSWORD_INVALID: EXIT.key,
  E_BAD_SIGNATURE: EXIT.key,
  E_FILE_PERMISSIONS: EXIT.key,

  E_NO_FUNDS: EXIT.funds,
  E_NO_GAS: EXIT.funds,
  E_NO_ALLOWANCE: EXIT.funds,
  E_FEE_CEILING: EXIT.funds,
  E_CHANNEL_EXHAUSTED: EXIT.funds,
  E_BOND_TOO_SMALL: EXIT.funds,
  E_SPENDING_LIMIT: EXIT.funds,

  E_NO_PEERS: EXIT.network,
  E_PROVIDER_LOST: EXIT.network,
  E_PROVIDER_SILENT: EXIT.network,
  E_DIAL_FAILED: EXIT.network,

  E_NO_OFFERS: EXIT.noOffer,

  E_DEADLINE: EXIT.deadline,

  E_AUDIT_MISMATCH: EXIT.audit,
  E_BUNDLE_INVALID: EXIT.audit,

  E_RPC_DOWN: EXIT.chain,
  E_RPC_ERROR: EXIT.chain,
  E_RPC_BAD_REPLY: EXIT.chain,
  E_RPC_DISAGREE: EXIT.chain,
  E_CHAIN_STALE: EXIT.chain,
  E_REORG_TOO_DEEP: EXIT.chain,
  E_TX_TIMEOUT: EXIT.chain,
  E_TX_QUEUE_FULL: EXIT.chain,
  E_WRONG_CHAIN: EXIT.chain,
  E_NO_CONTRACT: EXIT.chain,

  E_TX_REVERTED: EXIT.rejected,
  E_TX_REJECTED: EXIT.rejected,
  // What the contracts and the token revert with.
  E_ACCOUNT_ZERO: EXIT.rejected,
  E_AMOUNT_ZERO: EXIT.rejected,
  E_BOND_EXPOSED: EXIT.rejected,
  E_BOND_FULL: EXIT.rejected,
  E_CHANNEL_CLOSING: EXIT.rejected,
  E_CHANNEL_FULL: EXIT.rejected,
  E_CLOSE_DELAY: EXIT.rejected,
  E_CLOSE_TOO_EARLY: EXIT.rejected,
  E_EXIT_PENDING: EXIT.rejected,
  E_EXIT_TOO_EARLY: EXIT.rejected,
  E_EXPOSURE_NOT_LOWERED: EXIT.rejected,
  E_EXPOSURE_NOT_RAISED: EXIT.rejected,
  E_FAULT_PUNISHED: EXIT.rejected,
  E_HARM_NOT_PROVEN: EXIT.rejected,
  E_KEY_TAKEN: EXIT.rejected,
  E_KEY_UNKNOWN: EXIT.rejected,
  E_NOT_EQUIVOCAL: EXIT.rejected,
  E_NOT_PARTY: EXIT.rejected,
  E_NOTHING_TO_REDEEM: EXIT.rejected,
  E_RECIPIENT_INVALID: EXIT.rejected,
  E_RECORDS_MALFORMED: EXIT.rejected,
  E_REDUCTION_TOO_EARLY: EXIT.rejected,
  E_TOKEN_FAILED: EXIT.rejected,
  E_TOKEN_HOSTILE: EXIT.rejected,
  E_VOUCHER_OLD: EXIT.rejected,
  E_WRONG_TOKEN: EXIT.rejected,

  E_LOCKED: EXIT.locked,
  E_STORE_LOCKED: EXIT.locked,
  E_WALLET_EXISTS: EXIT.locked,
  E_NODE_EXISTS: EXIT.locked,
  E_DEVNET_EXISTS: EXIT.locked,
  E_CONTENT_EXISTS: EXIT.locked,

  E_NOT_WASM: EXIT.runCannotInvoke,

  E_NO_ANVIL: EXIT.precondition,
  E_PATH_TOO_LONG: EXIT.precondition,

  E_TIMEOUT: EXIT.timeout,
  E_CANCELLED: EXIT.interrupted
}

export function exitCodeOf(code: string): number {
  return Object.hasOwn(EXIT_OF, code) ? EXIT_OF[code]! : EXIT.failure
}
