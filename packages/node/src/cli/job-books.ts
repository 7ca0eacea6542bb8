import { join } from 'node:path'
import { type BlockStore, type BuyerRecords, createBuyerRecords, type JobRecord, type Table } from '@archipel/client'
import { createFsBlockStore } from '@archipel/client/node'
import { type AgreementId, type BuyerAgreement, CodedError, type Hash } from '@archipel/protocol'
import { readBooks } from '../books/open-books.ts'
import type { Context } from './context.ts'
import { codedError } from './errors/coded.ts'

/** The buyer's books as they lie on disk: no wallet, no network. */
export interface JobBooks {
  readonly records: BuyerRecords
  /** Newest first. */
  jobs(): Promise<JobRecord[]>
  /** A job by its id or the start of it. @throws CodedError E_NO_SUCH_JOB, E_AMBIGUOUS_ID */
  job(id: string): Promise<JobRecord>
  agreementsOf(job: JobRecord): Promise<BuyerAgreement[]>
  blocks(): Promise<BlockStore>
}

/**
 * @param work only reads, and may be run again
 * @throws CodedError E_STORE_LOCKED when the books are in use by a process that does not answer
 */
export async function withBooks<T>(context: Context, work: (books: JobBooks) => Promise<T>): Promise<T> {
  const folder = await context.folder()
  return readBooks(folder, context.signal, store => {
    const records = createBuyerRecords(store)
    return work({
      records,
      async jobs() {
        const jobs = await Array.fromAsync(records.jobs.iterate(), ([, job]) => job)
        return jobs.sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1))
      },
      async job(id) {
        const [found] = await startingWith(records.jobs, id, 'job')
        return found ?? noSuchJob(id)
      },
      async agreementsOf({ agreements }) {
        const states = await Promise.all(agreements.map(id => records.agreements.get(id)))
        return states.filter(state => state !== undefined)
      },
      blocks: () => createFsBlockStore({ directory: join(folder.buyer, 'blocks') })
    })
  })
}

/** What an id means that may be a job's or an agreement's. @throws CodedError E_NO_SUCH_JOB, E_AMBIGUOUS_ID */
export async function findJobOrAgreement(
  { records }: JobBooks,
  id: string
): Promise<{ job: JobRecord } | { agreement: AgreementId }> {
  const [jobs, agreements] = await Promise.all([
    startingWith(records.jobs, id, 'job'),
    startingWith(records.agreements, id, 'agreement')
  ])
  const [job, agreement] = [jobs[0], agreements[0]]
  if (job !== undefined && agreement !== undefined) throw ambiguous(id, 'job or agreement', [job.id, agreement.id])
  if (job !== undefined) return { job }
  return agreement === undefined ? noSuchJob(id) : { agreement: agreement.id }
}

/** None or one. */
async function startingWith<V extends { readonly id: Hash }>(
  table: Table<V>,
  text: string,
  what: string
): Promise<V[]> {
  const prefix = text.toLowerCase().startsWith('0x') ? text.toLowerCase() : `0x${text.toLowerCase()}`
  if (!/^0x[0-9a-f]{1,64}$/.test(prefix)) {
    throw codedError('E_USAGE', `${JSON.stringify(text)} is not an id: 0x and hex digits, or the first of them`)
  }
  // Keys are hex, so that none with this start sorts behind it and a g.
  const range = { gte: prefix, lt: `${prefix}g`, limit: 2 }
  const found = await Array.fromAsync(table.iterate(range), ([, value]) => value)
  if (found.length > 1)
    throw ambiguous(
      text,
      what,
      found.map(({ id }) => id)
    )
  return found
}

function noSuchJob(id: string): never {
  throw new CodedError('E_NO_SUCH_JOB', `no job ${id} is known here`, {
    facts: { id },
    hint: 'archipel job ls lists them; jobs are kept on the machine they were started on'
  })
}

function ambiguous(text: string, what: string, ids: readonly string[]): CodedError {
  return new CodedError('E_AMBIGUOUS_ID', `more than one ${what} begins with ${text}`, {
    facts: { text, ids },
    hint: `such as ${ids.join(' and ')}: give more of it`
  })
}
