import { type Address, CodedError, equivocator, faultOf, type Hash, sameHex, type UnixSec } from '@archipel/protocol'
import type { CallOptions } from '../client.ts'
import { delay, linkSignals } from '../net/wait.ts'
import type { FaultBooks } from './books.ts'
import { type Evidence, type FaultRecord, stateOf } from './fault.ts'
import {
  FAULT_WATCH_SEC,
  FAULTS_IDLE_INTERVAL_MS,
  FAULTS_INTERVAL_MS,
  FAULTS_MAX,
  FAULTS_RETRY_MS,
  REPORT_JITTER_MS
} from './limits.ts'
import type { Reporter } from './reporter.ts'

/**
 * What others signed and contradicted, and what is done about it. Level-triggered: each pass looks at what is on record
 * and on chain, and does what follows. Whether a fault was reported is for the chain to say, so that a crash or a
 * re-organisation in between loses nothing and reports nothing twice.
 */
export interface Faults {
  /** Passes from now on, in the background: one at once, then on a timer and whenever something was found. */
  start(): void
  stop(): Promise<void>
  /** Stores evidence; what follows is done in the background. Never throws: what fails is told. */
  keep(evidence: Evidence): Promise<void>
  /** One pass over all of them, after the one under way. @returns what it changed */
  run(options?: CallOptions): Promise<FaultRecord[]>
  /** Oldest first. */
  all(): Promise<FaultRecord[]>
}

export interface FaultsInit {
  books: FaultBooks
  /** Undefined where the network has no bonds: evidence is kept, and nothing follows from it. */
  reporter: Reporter | undefined
  me: Address
  nowSec: () => UnixSec
  /** Told of each change that is stored. */
  onChange?: ((fault: FaultRecord) => void) | undefined
  /** Told of our own key having signed both: somebody else uses it, or an old copy of its books. */
  onOwnKey?: ((evidence: Evidence) => void) | undefined
  /** Told of what failed: it is tried again. */
  onError: (error: unknown) => void
  intervalMs?: number | undefined
  jitterMs?: number | undefined
}

export function createFaults(init: FaultsInit): Faults {
  const { books, reporter, me, nowSec, onChange, onOwnKey, onError } = init
  const { intervalMs = FAULTS_INTERVAL_MS, jitterMs = REPORT_JITTER_MS } = init
  const idleIntervalMs = Math.max(intervalMs, FAULTS_IDLE_INTERVAL_MS)
  let stopping: AbortController | undefined
  let repeating: Promise<void> | undefined
  let underWay: Promise<unknown> = Promise.resolve()
  let wake = () => {}
  /** When each is looked at next in the background, monotonic; at once where there is none, as after a restart. */
  const dues = new Map<Hash, number>()
  /** Looks in a row that failed. */
  const failures = new Map<Hash, number>()

  /** Nothing can change any more, but by a re-organisation that is deeper than any. */
  function isOver(fault: FaultRecord): boolean {
    const state = stateOf(fault, me)
    return (
      (state === 'compensated' || (fault.harm === undefined && fault.punished)) &&
      nowSec() - fault.changedAt > FAULT_WATCH_SEC
    )
  }

  function isDue({ id }: FaultRecord): boolean {
    return (dues.get(id) ?? 0) <= performance.now()
  }

  /** When to look again after a look at a fault. */
  function schedule(fault: FaultRecord, hasFailed: boolean): void {
    const count = hasFailed ? (failures.get(fault.id) ?? 0) + 1 : 0
    if (hasFailed) failures.set(fault.id, count)
    else failures.delete(fault.id)
    const calmMs = fault.harm === undefined && fault.passed !== undefined ? idleIntervalMs : intervalMs
    const pauseMs = hasFailed ? Math.min(intervalMs, FAULTS_RETRY_MS * 2 ** Math.min(count - 1, 8)) : calmMs
    dues.set(fault.id, performance.now() + pauseMs)
  }

  async function pass({ signal }: CallOptions, isPatient: boolean): Promise<FaultRecord[]> {
    const changed: FaultRecord[] = []
    if (reporter === undefined) return changed
    // Own harm first: what a bond has left may be enough for some of them only.
    const open = (await openOnes()).filter(fault => !isPatient || isDue(fault)).sort(byHarm)
    // One after another: each report changes what the bond has left for the next.
    for (const fault of open) {
      if (signal?.aborted) break
      try {
        const now = await reporter.look(fault, { signal })
        schedule(now, false)
        if (now === fault) continue
        await books.put(now)
        changed.push(now)
        onChange?.(now)
      } catch (err) {
        if (signal?.aborted) break
        schedule(fault, true)
        onError(err)
      }
    }
    return changed
  }

  async function openOnes(): Promise<FaultRecord[]> {
    const all = await books.all()
    // Not each time: one that is being stored has its time already.
    if (dues.size > 2 * FAULTS_MAX) forgetAllBut(new Set(all.map(({ id }) => id)))
    return all.filter(fault => !isOver(fault))
  }

  function forgetAllBut(known: ReadonlySet<Hash>): void {
    for (const id of dues.keys()) if (!known.has(id)) dues.delete(id)
    for (const id of failures.keys()) if (!known.has(id)) failures.delete(id)
  }

  /** One at a time: two passes would both report the same. */
  function run(options: CallOptions = {}, isPatient = false): Promise<FaultRecord[]> {
    const turn = underWay.then(() => pass(options, isPatient))
    underWay = turn.catch(() => {})
    return turn
  }

  async function repeat(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const woken = new Promise<void>(resolve => {
        wake = resolve
      })
      await run({ signal }, true).catch(onError)
      const next = (await openOnes().catch(() => [])).map(({ id }) => dues.get(id) ?? 0)
      const pauseMs = Math.max(PAUSE_MS_MIN, Math.min(intervalMs, Math.min(...next) - performance.now()))
      const early = new AbortController()
      const { signal: either, unlink } = linkSignals([signal, early.signal])
      await Promise.race([delay(pauseMs, either).catch(() => {}), woken])
      early.abort()
      unlink()
    }
  }

  return {
    start() {
      if (stopping !== undefined) return
      stopping = new AbortController()
      repeating = repeat(stopping.signal)
    },
    async stop() {
      stopping?.abort(new CodedError('E_STOPPED', 'reports were stopped'))
      stopping = undefined
      await repeating
    },
    async keep(evidence) {
      if (sameHex(equivocator(evidence.proof), me)) return onOwnKey?.(evidence)
      const id = faultOf(evidence.proof)
      try {
        if ((await books.get(id)) !== undefined) return
        // Before a pass can see it.
        const waitMs = evidence.harm === undefined ? Math.random() * jitterMs : 0
        dues.set(id, performance.now() + waitMs)
        const fault = await books.add(evidence)
        if (fault === undefined) return
        onChange?.(fault)
        wake()
      } catch (err) {
        onError(err)
      }
    },
    run: options => run(options),
    async all() {
      return (await books.all()).sort((a, b) => a.foundAt - b.foundAt || (a.id < b.id ? -1 : 1))
    }
  }
}

/** Between two passes in the background, however much there is to look at. */
const PAUSE_MS_MIN = 100

function byHarm(a: FaultRecord, b: FaultRecord): number {
  return Number(a.harm === undefined) - Number(b.harm === undefined) || a.foundAt - b.foundAt
}
