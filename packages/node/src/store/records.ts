import type { BackerFact, DisputeRecord, FaultRecord, Store, Table } from '@archipel/client'
import type { ProviderAgreement, ProviderChannel, UnixSec } from '@archipel/protocol'

/** A channel with when its newest voucher arrived: vouchers are redeemed by amount or by age. */
export interface ChannelRecord extends ProviderChannel {
  /** Arrival of the first voucher not redeemed yet; 0 when all are. */
  readonly dueSince: UnixSec
}

/** Everything a provider stores. Key → value of every table is here and nowhere else. */
export interface ProviderRecords {
  readonly store: Store
  /** agreement id → state */
  readonly agreements: Table<ProviderAgreement>
  /** agreement id → true, while something is still to be done about it: what a restart has to look at */
  readonly open: Table<true>
  /** agreement id → until when its result is kept for its buyer */
  readonly kept: Table<UnixSec>
  /** channel id → state */
  readonly channels: Table<ChannelRecord>
  /** case id → what we know and did about a case of ours in court */
  readonly disputes: Table<DisputeRecord>
  /** `offer` → the last sequence published, so that no two offers ever share one; `cases` → the last block searched */
  readonly counters: Table<number>
  /** fault → what proves it, and what has come of it */
  readonly faults: Table<FaultRecord>
  /** provider → its offer as it arrived */
  readonly offers: Table<Uint8Array>
  /** key → whose bond stands behind it, and when the chain said so */
  readonly backers: Table<BackerFact>
}

export function createProviderRecords(store: Store): ProviderRecords {
  return {
    store,
    agreements: store.table('agreements'),
    open: store.table('open'),
    kept: store.table('kept'),
    channels: store.table('channels'),
    disputes: store.table('disputes'),
    counters: store.table('counters'),
    faults: store.table('faults'),
    offers: store.table('offers'),
    backers: store.table('backers')
  }
}
