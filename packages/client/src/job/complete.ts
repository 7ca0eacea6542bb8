import { agreedFuel, CodedError, type Hash, type Result } from '@archipel/protocol'
import { decodeContentCid } from '../content/index.ts'
import { failpoint } from '../failpoint.ts'
import { delay, waitFor } from '../net/index.ts'
import type { ClientParts } from '../parts.ts'
import { fetchContent, fetchOutput } from './fetch.ts'
import type { JobOutcome, JobProgress, JobRecord } from './job.ts'
import {
  ACKNOWLEDGE_WAIT_MS,
  STDERR_TIMEOUT_MS,
  STDIO_BYTES_MAX,
  STRAGGLER_FACTOR,
  STRAGGLER_WAIT_MS
} from './limits.ts'
import type { RunningReplica } from './replica.ts'
import type { Stopwatch } from './stopwatch.ts'

export interface CompleteInit {
  parts: ClientParts
  /** Changes the job's record; what it returns is to be stored. */
  update: (change: Partial<JobRecord>) => JobRecord
  /** What the quorum agreed on. */
  digest: Hash
  replicas: readonly RunningReplica[]
  watch: Stopwatch
  onProgress: (progress: JobProgress) => void
  signal: AbortSignal
}

/** After the quorum: keep the result, pay who delivered it, fetch what it names, and give stragglers a fair wait. */
export async function completeJob({
  parts,
  update,
  digest,
  replicas,
  watch,
  onProgress,
  signal
}: CompleteInit): Promise<JobOutcome> {
  const winners = replicas.filter(({ info }) => info.digest === digest)
  const result = resultOf(parts, winners)
  // Stored before anything is paid (commits keep their order): a crash from here on resumes to the same result.
  const record = update({ state: 'succeeded', digest, result })
  failpoint('buyer.job.before')
  const stored = parts.records.store
    .commit([parts.records.jobs.put(record.id, record)])
    .then(() => failpoint('buyer.job.stored'))
  const tookMs = watch.totalMs()
  const ruling = { digest, quorum: record.quorum }
  await Promise.all([stored, decideAll(replicas, ruling)])
  watch.lap('verify')

  const { stdoutBytes, stderrBytes } = await fetchResult(parts, record.id, winners, result, onProgress, signal)
  watch.lap('fetch')

  await waitForStragglers(replicas, ruling, Math.min(STRAGGLER_WAIT_MS, tookMs * STRAGGLER_FACTOR), signal)
  await acknowledged(parts, replicas)
  watch.lap('pay')

  const infos = replicas.map(({ info }) => info)
  return {
    job: record.id,
    result,
    digest,
    stdout: stdoutBytes,
    stderr: stderrBytes,
    replicas: infos,
    paid: infos.reduce((sum, { paid }) => sum + paid, 0n),
    timings: {
      discoverMs: watch.ms('discover'),
      negotiateMs: watch.ms('negotiate'),
      transferMs: watch.ms('transfer'),
      executeMs: watch.ms('execute'),
      verifyMs: watch.ms('verify'),
      fetchMs: watch.ms('fetch'),
      payMs: watch.ms('pay'),
      totalMs: watch.totalMs()
    }
  }
}

/** stdout and stderr as bytes; the output directory into the local block store. */
async function fetchResult(
  parts: ClientParts,
  job: Hash,
  sources: readonly RunningReplica[],
  { stdout, output }: Result,
  onProgress: (progress: JobProgress) => void,
  signal: AbortSignal
): Promise<{ stdoutBytes: Uint8Array; stderrBytes: Uint8Array }> {
  const [stdoutBytes, stderrBytes] = await Promise.all([
    fetchContent(parts, sources, decodeContentCid(stdout), job, STDIO_BYTES_MAX, signal),
    fetchStderr(parts, job, sources, signal),
    fetchOutput(parts, sources, decodeContentCid(output), job, bytes => onProgress({ type: 'fetched', bytes }), signal)
  ])
  return { stdoutBytes, stderrBytes }
}

/**
 * stderr is not part of the result, so nobody vouches for it: each replica is asked for its own, and the first that hands
 * it over will do. One that names nonsense spoils nothing.
 */
async function fetchStderr(
  parts: ClientParts,
  job: Hash,
  replicas: readonly RunningReplica[],
  signal: AbortSignal
): Promise<Uint8Array> {
  for (const replica of replicas) {
    const stderr = deliveryOf(parts, replica)?.stderr ?? new Uint8Array(0)
    if (stderr.length === 0) continue
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(STDERR_TIMEOUT_MS)])
      return await fetchContent(parts, [replica], decodeContentCid(stderr), job, STDIO_BYTES_MAX, bounded)
    } catch {
      signal.throwIfAborted()
    }
  }
  return new Uint8Array(0)
}

function deliveryOf(parts: ClientParts, { info }: RunningReplica): { result: Result; stderr: Uint8Array } | undefined {
  const phase = info.agreement === undefined ? undefined : parts.engine.get(info.agreement)?.phase
  return phase !== undefined && 'result' in phase ? phase : undefined
}

function resultOf(parts: ClientParts, winners: readonly RunningReplica[]): Result {
  for (const winner of winners) {
    const delivery = deliveryOf(parts, winner)
    if (delivery !== undefined) return delivery.result
  }
  throw new CodedError('E_ASSERT', 'a quorum without a result')
}

/** What a job came to: its digest, and how many must say the same. */
interface Ruling {
  readonly digest: Hash
  readonly quorum: number
}

/**
 * Confirms every replica that delivered the digest for the fuel that it takes, and contradicts every other that delivered.
 * The same work takes the same fuel everywhere: who claims more than a quorum does is not paid. Where no quorum agrees on
 * the fuel, nobody is decided upon until nobody else is waited for; then who claims least is confirmed.
 */
async function decideAll(
  replicas: readonly RunningReplica[],
  { digest, quorum }: Ruling,
  isLast = false
): Promise<void> {
  const claims = replicas.flatMap(({ info }) => (info.digest === digest && info.fuel !== undefined ? [info.fuel] : []))
  const fuel = agreedFuel(claims, quorum) ?? (isLast ? Math.min(...claims) : undefined)
  const delivered = replicas.filter(({ info }) => info.state === 'delivered')
  await Promise.all(
    delivered.map(async replica => {
      const { info } = replica
      if (info.digest !== digest || info.fuel === undefined) return replica.decide(info.digest === digest)
      if (fuel !== undefined) return replica.decide(info.fuel <= fuel)
    })
  )
}

/**
 * Replicas still at work get as long again as the quorum took, to deliver and be paid; then they are told to stop. Those
 * that delivered since the quorum, while the result was fetched, are decided upon here, too.
 */
async function waitForStragglers(
  replicas: readonly RunningReplica[],
  ruling: Ruling,
  waitMs: number,
  signal: AbortSignal
): Promise<void> {
  const open = replicas.filter(({ info }) => info.digest === undefined && info.state !== 'failed')
  if (open.length > 0) {
    const stop = new AbortController()
    const either = AbortSignal.any([signal, stop.signal])
    await Promise.race([Promise.all(open.map(({ ended }) => ended)), delay(waitMs, either)]).catch(() => {})
    stop.abort()
  }
  await decideAll(replicas, ruling, true)
  await Promise.all(open.map(replica => replica.cancel()))
}

async function acknowledged(parts: ClientParts, replicas: readonly RunningReplica[]): Promise<void> {
  const settled = replicas.map(({ info }) =>
    info.agreement === undefined ? undefined : parts.payer.settled(info.agreement)
  )
  // Not acknowledged in time is no failure: the voucher is stored and sent again at the next contact.
  await waitFor(Promise.allSettled(settled), AbortSignal.timeout(ACKNOWLEDGE_WAIT_MS)).catch(() => {})
}
