export { type Bonds, type BondsInit, createBonds } from './bonds.ts'
export { type BondState, type BondsReads, type ExposureState, exposedMax } from './bonds-reads.ts'
export type { BondsWrites, Slashed } from './bonds-writes.ts'
export { type Chain, type ChainInit, createChain } from './chain.ts'
export type { ChainSource, EventSource, WatchFilter } from './chain-source.ts'
export type { ChainCheck } from './check-chain.ts'
export { type Credentials, type CredentialsInit, createCredentials } from './credentials.ts'
export type { CredentialStatus, CredentialsReads } from './credentials-reads.ts'
export type { CredentialsWrites } from './credentials-writes.ts'
export { codeOfSelector, decodeRevert } from './decode-revert.ts'
export {
  CREATE2_DEPLOYER,
  type DeployInit,
  type Deployment,
  deployContracts,
  type MintInit,
  mintTestTokens
} from './deploy.ts'
export type { BalanceEvent, ChannelEvent, EscrowEvent, EventOf, EventPlace, OrderEvent } from './events.ts'
export type { CostEstimate, FeePolicy } from './fees.ts'
export { REDEEM_RECORDS_MAX, RPC_TIMEOUT_MS, TX_TIMEOUT_MS } from './limits.ts'
export type { ChainOrders, Permit2Transfer, TokenPermit } from './orders.ts'
export type { BlockRange, ChainReads, ChannelState, TokenInfo } from './reads.ts'
export type { RawLog, TxReceipt } from './receipt.ts'
export type { SendOptions, TransactionSigner } from './sender.ts'
export { createUptime, type Uptime, type UptimeInit } from './uptime.ts'
export type { ServiceOnChain, UptimeReads } from './uptime-reads.ts'
export type { Service, ServiceOptions, UptimeWrites } from './uptime-writes.ts'
export type { Redeemable } from './voucher-records.ts'
export type { BlockRef, WatchBatch, WatchedEvent } from './watch-step.ts'
export { type ChainWatcher, type ChainWatcherInit, createChainWatcher } from './watcher.ts'
export type { BatchOutcome, ChainWrites, Operation } from './writes.ts'
