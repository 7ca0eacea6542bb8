import type { Store, Table } from '@archipel/client'
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
  /** `offer` → the last sequence published, so that no two offers ever share one */
  readonly counters: Table<number>
}

export function createProviderRecords(store: Store): ProviderRecords {
  return {
    store,
    agreements: store.table('agreements'),
    open: store.table('open'),
    kept: store.table('kept'),
    channels: store.table('channels'),
    counters: store.table('counters')
  }
}
