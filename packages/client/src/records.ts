import type { BuyerAgreement, ChannelId, Hash, Pay, Wei } from '@archipel/protocol'
import type { DisputeRecord } from './dispute/record.ts'
import type { FaultRecord } from './faults/fault.ts'
import type { JobRecord } from './job/job.ts'
import type { BackerFact } from './market/admission/bonded-keys.ts'
import type { ProvidersChannel } from './payment/channels.ts'
import type { HourSpent, Promised } from './payment/spending/ledger.ts'
import type { Searched, StrayChannel } from './payment/strays.ts'
import type { Store, Table } from './store/index.ts'

/** One entry of a channel's receipt log: which receipt, and what the voucher amount was once it was paid. */
export interface LeafRecord extends Pay {
  readonly receipt: Hash
  readonly cumulative: Wei
}

/** Everything a buyer stores. Key → value of every table is here and nowhere else. */
export interface BuyerRecords {
  readonly store: Store
  /** job id → {@link JobRecord} */
  readonly jobs: Table<JobRecord>
  /** agreement id → state */
  readonly agreements: Table<BuyerAgreement>
  /** channel id → state */
  readonly channels: Table<ProvidersChannel>
  /** {@link BuyerRecords.leafKey} → leaf of the channel's receipt log */
  readonly leaves: Table<LeafRecord>
  /** hour and provider → what was promised then: {@link hourKey} */
  readonly hours: Table<HourSpent>
  /** agreement id → what it may still draw */
  readonly promises: Table<Promised>
  /** fault → what proves it, and what has come of it */
  readonly faults: Table<FaultRecord>
  /** channel id → a channel of ours that was found on chain and of whose payments there is no record */
  readonly strays: Table<StrayChannel>
  /** payer → how far the chain was searched for its channels */
  readonly searched: Table<Searched>
  /** case id → what we know and did about a case of ours in court */
  readonly disputes: Table<DisputeRecord>
  /** account → how far the court was searched for cases against it */
  readonly casesSearched: Table<Searched>
  /** provider → its offer as it arrived */
  readonly offers: Table<Uint8Array>
  /** key → whose bond stands behind it, and when the chain said so */
  readonly backers: Table<BackerFact>
  leafKey(channel: ChannelId, index: number): string
  /** First part of every leaf key of a channel. */
  leafPrefix(channel: ChannelId): string
}

export function createBuyerRecords(store: Store): BuyerRecords {
  return {
    store,
    jobs: store.table('jobs'),
    agreements: store.table('agreements'),
    channels: store.table('channels'),
    leaves: store.table('leaves'),
    hours: store.table('hours'),
    promises: store.table('promises'),
    faults: store.table('faults'),
    strays: store.table('strays'),
    searched: store.table('searched'),
    disputes: store.table('disputes'),
    casesSearched: store.table('cases-searched'),
    offers: store.table('offers'),
    backers: store.table('backers'),
    // Fixed width, so that keys sort as the log grew.
    leafKey: (channel, index) => `${channel}/${String(index).padStart(13, '0')}`,
    leafPrefix: channel => `${channel}/`
  }
}
