import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createBuyerRecords, createStore, type DisputeSummary, decodeValue, readDisputes } from '@archipel/client'
import { CodedError } from '@archipel/protocol'
import { readBooks } from '../../books/open-books.ts'
import { nodeFiles } from '../../config/folders.ts'
import { askControl } from '../../control/control-client.ts'
import { createProviderRecords } from '../../store/records.ts'
import type { Context } from '../context.ts'

/** A case of this computer's, and as whom it is a party. */
export interface OwnCase extends DisputeSummary {
  readonly role: 'buyer' | 'provider'
}

/** Where a running node answers with its cases, in the store's own CBOR. */
export const DISPUTES_PATH = '/disputes'
/** Thousands of cases: a case is about a kilobyte. */
const ANSWER_BYTES_MAX = 16 * 2 ** 20

/** Every case in the books of this computer's buyer and of its node, whether that runs or not, the newest first. */
export async function readOwnCases(context: Context): Promise<OwnCase[]> {
  const [buyers, providers] = await Promise.all([casesOfBuyer(context), casesOfNode(context)])
  return [
    ...buyers.map(one => ({ ...one, role: 'buyer' }) as const),
    ...providers.map(one => ({ ...one, role: 'provider' }) as const)
  ].sort((a, b) => b.since - a.since)
}

/** A case by its id or the start of it. @throws CodedError E_NO_SUCH_CASE, E_AMBIGUOUS_ID */
export function findCase(all: readonly OwnCase[], text: string): OwnCase {
  const prefix = text.toLowerCase().startsWith('0x') ? text.toLowerCase() : `0x${text.toLowerCase()}`
  const [found, other] = all.filter(({ id }) => id.startsWith(prefix))
  if (found === undefined) {
    throw new CodedError('E_NO_SUCH_CASE', `no case ${text} is known here`, {
      facts: { id: text },
      hint: 'archipel dispute ls --all lists them'
    })
  }
  if (other !== undefined) {
    throw new CodedError('E_AMBIGUOUS_ID', `more than one case begins with ${text}`, {
      facts: { text, ids: [found.id, other.id] },
      hint: `such as ${found.id} and ${other.id}: give more of it`
    })
  }
  return found
}

async function casesOfBuyer(context: Context): Promise<DisputeSummary[]> {
  return readBooks(await context.folder(), context.signal, store => readDisputes(createBuyerRecords(store)))
}

async function casesOfNode(context: Context): Promise<DisputeSummary[]> {
  const folder = await context.folder()
  const reply = await askControl(nodeFiles(folder).control, DISPUTES_PATH, {
    signal: context.signal,
    bytesMax: ANSWER_BYTES_MAX
  })
  if (reply?.statusCode === 200) return decodeValue(reply.bytes) as DisputeSummary[]
  const location = join(folder.node, 'store')
  // Looking must not leave an empty store behind.
  if (!existsSync(location)) return []
  const store = await createStore({ location })
  try {
    return await readDisputes(createProviderRecords(store))
  } finally {
    await store.close()
  }
}
