/**
 * Archipel's light client. This entry runs in browsers and Node alike; `@archipel/client/node` adds what only Node has.
 *
 * @example
 * const client = await createNodeClient({ descriptor, privateKey, dataDir })
 * await client.start()
 * const { stdout } = await client.runJob({ program, args: ['hello'], ... })
 */
export type { AuditBundle } from './audit/bundle.ts'
export * from './audit/index.ts'
export * from './chain/index.ts'
export * from './client.ts'
export * from './content/index.ts'
export * from './context.ts'
export { type ClientInit, createClient } from './create-client.ts'
export * from './dispute/index.ts'
export * from './failpoint.ts'
export { createNetworkFaults, type NetworkFaultsInit } from './faults/create-faults.ts'
export {
  balanceOf,
  type Evidence,
  type FaultRecord,
  type FaultState,
  lostOf,
  owedOf,
  type Passed,
  type SlashRecord,
  stateOf
} from './faults/fault.ts'
export type { Faults } from './faults/faults.ts'
export { COIN_PRICE_GUESS, type ReportRules } from './faults/judge.ts'
export * from './job/job.ts'
export type { BackerFact } from './market/admission/bonded-keys.ts'
export { type Book, type BookInit, createBook } from './market/book/book.ts'
export type { OfferFilter } from './market/book/filter.ts'
export { bookCapability, type Capability, capabilityKey } from './market/capability.ts'
export { createOffers, type Offers, type OffersInit } from './market/offers.ts'
export { OFFER_SHARDS_MAX, shardOf } from './market/shards.ts'
export { type FetchBookOptions, fetchBook } from './market/sync/fetch-book.ts'
export { serveBook } from './market/sync/serve-book.ts'
export { LOST_AFTER_MS } from './negotiate/reconnect.ts'
export * from './net/blocks/index.ts'
export * from './net/index.ts'
export type { NetworkDescriptor } from './network-descriptor.ts'
export { type ChannelPolicy, CLOSE_DELAY_SEC, DEPOSIT_JOBS } from './payment/channel-policy.ts'
export type { ProvidersChannel } from './payment/channels.ts'
export type { OwnChannel, Reconciled, ReconcileOptions } from './payment/reconciler.ts'
export type { HourSpent, Promised } from './payment/spending/ledger.ts'
export { type SpendingLimits, WINDOW_SEC } from './payment/spending/limits.ts'
export { readSpending, type SpendingState } from './payment/spending/spending.ts'
export type { StrayChannel } from './payment/strays.ts'
export { type BuyerRecords, createBuyerRecords, type LeafRecord } from './records.ts'
export * from './store/index.ts'
