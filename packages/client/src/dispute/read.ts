import type { Wei } from '@archipel/protocol'
import type { Table } from '../store/index.ts'
import type { DisputeRecord } from './record.ts'
import { type DisputeSummary, summaryOf } from './summary.ts'

/** The tables of either party that say something of its cases. */
export interface DisputeTables {
  readonly disputes: Pick<Table<DisputeRecord>, 'iterate'>
  readonly agreements: Pick<
    Table<{ readonly receipts: readonly unknown[]; readonly paidReceipts: number; readonly paid: Wei }>,
    'get'
  >
}

/** Every case in a party's books, the newest first. */
export async function readDisputes({ disputes, agreements }: DisputeTables): Promise<DisputeSummary[]> {
  const all = await Array.fromAsync(disputes.iterate(), async ([, record]) =>
    summaryOf(record, await agreements.get(record.agreement))
  )
  return all.sort((a, b) => b.since - a.since || (a.id < b.id ? -1 : 1))
}
