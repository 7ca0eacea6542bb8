import {
  faultOf,
  type Hash,
  isCodedError,
  type Recover,
  type SigningDomain,
  type UnixSec,
  validateEquivocation,
  validateHarm
} from '@archipel/protocol'
import { failpoint } from '../failpoint.ts'
import type { Store, Table } from '../store/index.ts'
import type { Evidence, FaultRecord } from './fault.ts'
import { roomFor } from './room.ts'

/** The faults on record: all in memory, each stored before anything is done about it. */
export interface FaultBooks {
  all(): Promise<FaultRecord[]>
  get(id: Hash): Promise<FaultRecord | undefined>
  /**
   * Takes evidence of a fault that is not known yet; one proof of each is enough.
   *
   * @returns undefined when it is known, or there is no room for it
   * @throws CodedError E_NOT_EQUIVOCAL, E_BAD_SIGNATURE, E_HARM_NOT_PROVEN; E_STORE_… when it was not stored
   */
  add(evidence: Evidence): Promise<FaultRecord | undefined>
  /** Stores what has come of a fault. */
  put(fault: FaultRecord): Promise<void>
}

export interface FaultBooksInit {
  store: Store
  table: Table<FaultRecord>
  /** The escrow's: what statements are signed in. */
  domain: SigningDomain
  recover: Recover
  nowSec: () => UnixSec
  /** Told of stored evidence that proves nothing any more: it is left alone. */
  onError: (error: unknown) => void
}

export function createFaultBooks(init: FaultBooksInit): FaultBooks {
  const { store, table, domain, recover, nowSec, onError } = init
  const records = new Map<Hash, FaultRecord>()
  let loading: Promise<void> | undefined

  /** @throws CodedError when it proves nothing */
  function check({ proof, harm }: Evidence): Hash {
    if (proof.kind === 'receipts' && harm !== undefined) validateHarm(proof, harm, domain)
    return validateEquivocation(proof, { domain, recover })
  }

  function load(): Promise<void> {
    loading ??= (async () => {
      for await (const [id, fault] of table.iterate()) {
        try {
          if (check(fault) === id) records.set(id, fault)
        } catch (err) {
          if (!isCodedError(err)) throw err
          onError(err)
        }
      }
    })().catch(err => {
      loading = undefined
      throw err
    })
    return loading
  }

  return {
    async all() {
      await load()
      return [...records.values()]
    },
    async get(id) {
      await load()
      return records.get(id)
    },
    async add(evidence) {
      await load()
      const id = faultOf(evidence.proof)
      if (records.has(id)) return undefined
      check(evidence)
      const now = nowSec()
      const room = roomFor(evidence, [...records.values()], now)
      if (room.type === 'full') return undefined
      const nothing = { punished: false, compensated: 0n, slashes: [], wastedWei: 0n }
      const fault: FaultRecord = { ...evidence, id, foundAt: now, changedAt: now, ...nothing }
      // In memory first, so that the same found twice at once is stored once.
      records.set(id, fault)
      if (room.instead !== undefined) records.delete(room.instead.id)
      failpoint('fault.found.before')
      try {
        await store.commit([table.put(id, fault), ...(room.instead === undefined ? [] : [table.del(room.instead.id)])])
      } catch (err) {
        records.delete(id)
        if (room.instead !== undefined) records.set(room.instead.id, room.instead)
        throw err
      }
      failpoint('fault.found.stored')
      return fault
    },
    async put(fault) {
      await load()
      // Another one may have taken its place while the chain was asked.
      if (!records.has(fault.id)) return
      failpoint('fault.outcome.before')
      await store.commit([table.put(fault.id, fault)])
      records.set(fault.id, fault)
      failpoint('fault.outcome.stored')
    }
  }
}
