import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createBuyerRecords, createStore, decodeValue, type FaultRecord } from '@archipel/client'
import { readBooks } from '../../books/open-books.ts'
import { type NetworkFolder, nodeFiles } from '../../config/folders.ts'
import { askControl } from '../../control/control-client.ts'
import { createProviderRecords } from '../../store/records.ts'

/** Where a running node answers with the faults on its record, in the store's own CBOR. */
export const FAULTS_PATH = '/faults'
/** As many as are kept, of the largest: two offers each. */
const ANSWER_BYTES_MAX = 16 * 2 ** 20

/** Those on the record of the buyer; from the process that works with its books, if there is one. */
export function readBuyersFaults(folder: NetworkFolder, signal: AbortSignal): Promise<FaultRecord[]> {
  return readBooks(folder, signal, async store => valuesOf(createBuyerRecords(store).faults.iterate()))
}

/** Those on the record of this computer's node, running or not. */
export async function readNodesFaults(folder: NetworkFolder, signal: AbortSignal): Promise<FaultRecord[]> {
  const { control } = nodeFiles(folder)
  const reply = await askControl(control, FAULTS_PATH, { signal, bytesMax: ANSWER_BYTES_MAX })
  if (reply?.statusCode === 200) return decodeValue(reply.bytes) as FaultRecord[]
  const location = join(folder.node, 'store')
  if (!existsSync(location)) return []
  const store = await createStore({ location })
  try {
    return await valuesOf(createProviderRecords(store).faults.iterate())
  } finally {
    await store.close()
  }
}

function valuesOf(entries: AsyncIterable<[string, FaultRecord]>): Promise<FaultRecord[]> {
  return Array.fromAsync(entries, ([, fault]) => fault)
}
