export { type Bonds, type BondsInit, createBonds } from './bonds/bonds.ts'
export type { BondState, BondsReads, ExposureState, FaultSlash } from './bonds/reads.ts'
export { exposedMax, type Shares, type Slashable, sharesOf } from './bonds/shares.ts'
export type { BondsWrites, Slashed, SlashOptions } from './bonds/writes.ts'
export { type Chain, type ChainInit, createChain } from './chain.ts'
export { codeOfSelector, decodeRevert } from './contract/decode-revert.ts'
export {
  CREATE2_DEPLOYER,
  type DeployInit,
  type Deployment,
  deployContracts,
  type MintInit,
  mintTestTokens,
  SEAT_UNIT
} from './contract/deploy.ts'
export type { EventPlace } from './contract/event-codec.ts'
export { type Court, type CourtInit, createCourt } from './court/court.ts'
export type { CourtFilter, CourtSource } from './court/court-source.ts'
export type { CourtEvent, PlacedCaseEvent, SeatEvent } from './court/events.ts'
export type { CourtOperation, PaidReceipt, RoundSecrets } from './court/operations.ts'
export type { CaseRecord, CourtReads, SeatState } from './court/reads.ts'
export type { CaseMoved, CourtWrites } from './court/writes.ts'
export { type Credentials, type CredentialsInit, createCredentials } from './credentials/credentials.ts'
export type { CredentialStatus, CredentialsReads } from './credentials/reads.ts'
export type { CredentialsWrites } from './credentials/writes.ts'
export type { ChainCheck } from './escrow/check-chain.ts'
export type { BalanceEvent, ChannelEvent, EscrowEvent, EventOf, OrderEvent } from './escrow/events.ts'
export {
  type ChainOrders,
  nonceOfAuthorization,
  type Permit2Transfer,
  type TokenAuthorization,
  type TokenPermit
} from './escrow/orders.ts'
export type { BlockRange, ChainReads, ChannelState, TokenInfo } from './escrow/reads.ts'
export type { Redeemable } from './escrow/voucher-records.ts'
export type { BatchOutcome, ChainWrites, Operation } from './escrow/writes.ts'
export { REDEEM_RECORDS_MAX, RPC_TIMEOUT_MS, TX_TIMEOUT_MS } from './limits.ts'
export type { CostEstimate, FeePolicy } from './transactions/fees.ts'
export type { RawLog, TxReceipt } from './transactions/receipt.ts'
export type { SendOptions, TransactionSigner } from './transactions/sender.ts'
export type { ServiceOnChain, UptimeReads } from './uptime/reads.ts'
export { createUptime, type Uptime, type UptimeInit } from './uptime/uptime.ts'
export type { Service, ServiceOptions, UptimeWrites } from './uptime/writes.ts'
export type { WatchFilter } from './watch/chain-source.ts'
export type { ChainSource, EventSource } from './watch/source.ts'
export type { BlockRef, WatchBatch, WatchedEvent } from './watch/watch-step.ts'
export { type ChainWatcher, type ChainWatcherInit, createChainWatcher } from './watch/watcher.ts'
