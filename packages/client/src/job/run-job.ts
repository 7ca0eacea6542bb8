import {
  type AgreementId,
  CodedError,
  chooseOffers,
  type Demand,
  demandType,
  digestOf,
  fuelFor,
  type Hash,
  isCodedError,
  type Placement,
  quote,
  type SignedDemand,
  sign,
  toHex,
  type VerifiedOffer,
  validateQuorum,
  type Wei
} from '@archipel/protocol'
import type { CID } from 'multiformats/cid'
import type { JobOptions } from '../client.ts'
import { importBytes, importFiles, parseContentCid } from '../content/index.ts'
import { linkSignals } from '../net/index.ts'
import type { ClientParts } from '../parts.ts'
import { completeJob } from './complete.ts'
import type { JobOutcome, JobProgress, JobRecord, JobSpec } from './job.ts'
import { failureOf, type ReplicaInit, type RunningReplica, resumeReplica, startReplica } from './replica.ts'
import { createStages, createStopwatch, type Stopwatch } from './stopwatch.ts'
import { supervise } from './supervise.ts'

/** Runs a job to its verified result: prepare, choose, agree, watch, decide, pay, fetch. */
export async function runJob(parts: ClientParts, spec: JobSpec, options: JobOptions): Promise<JobOutcome> {
  validateSpec(spec, parts.signing.nowSec())
  const job = toHex(crypto.getRandomValues(new Uint8Array(32)))
  try {
    return await runNew(parts, spec, job, options)
  } finally {
    parts.blocks.unpin(job)
  }
}

async function runNew(parts: ClientParts, spec: JobSpec, job: Hash, options: JobOptions): Promise<JobOutcome> {
  const watch = createStopwatch()
  const onProgress = options.onProgress ?? (() => {})
  const { program, input } = await importWork(parts, spec, job)
  const demand = demandOf(parts, spec, job, program, input)
  onProgress({ type: 'prepared', job, program: program.toString(), input: input?.toString() })

  const { chosen, seen, rejected } = await chooseAffordable(parts, spec, demand.body, options.signal).catch(err => {
    throw withMoney(cancelledBy(options.signal, err), [], job)
  })
  onProgress({ type: 'offers', seen, rejected })
  watch.lap('discover')

  const record: JobRecord = {
    id: job,
    createdAt: parts.signing.nowSec(),
    args: spec.args,
    program: program.toString(),
    input: input?.toString(),
    priceMax: spec.priceMax,
    deadline: spec.deadline,
    replicas: spec.replicas,
    quorum: spec.quorum,
    spread: spec.spread,
    regions: spec.regions ?? [],
    state: 'running',
    agreements: [],
    digest: undefined,
    result: undefined,
    failure: undefined
  }
  // Stored with its first agreement: before that nothing was promised and nothing is lost.
  return drive({
    parts,
    record,
    demand,
    options,
    watch,
    first: start => chosen.map(start)
  })
}

/** Program and input stay here as long as the job lasts: providers come for them when they have room. */
async function importWork(
  { blocks }: ClientParts,
  spec: JobSpec,
  job: Hash
): Promise<{ program: CID; input: CID | undefined }> {
  const release = blocks.hold()
  try {
    const [program, input] = await Promise.all([
      importBytes(spec.program, blocks),
      spec.input === undefined ? undefined : importFiles(spec.input, blocks)
    ])
    await blocks.pin(program, job)
    if (input !== undefined) await blocks.pin(input, job)
    return { program, input }
  } finally {
    release()
  }
}

/** @throws CodedError E_NO_OFFERS, E_SPENDING_LIMIT */
async function chooseAffordable(
  parts: ClientParts,
  { regions = [], replicas, spread, priceMax }: JobSpec,
  demand: Demand,
  signal: AbortSignal | undefined
): Promise<Placement> {
  const { spending, signing } = parts
  const [seen] = await Promise.all([parts.offers(signal), spending.load()])
  const tooMuch = seen.filter(offer => !isAffordable(parts, offer, demand))
  const choose = (without: readonly VerifiedOffer[]) =>
    chooseOffers(seen, {
      demand,
      regions,
      excluded: new Set(without.map(({ offer }) => offer.body.provider)),
      nowSec: signing.nowSec(),
      replicas,
      spread
    })
  const wished = choose([])
  // No time passes from here until each replica claims its part, so what fits now still fits then.
  spending.checkJob(priceMax, total(wished, demand))
  if (tooMuch.length === 0) return wished
  try {
    const placement = choose(tooMuch)
    spending.checkJob(priceMax, total(placement, demand))
    return placement
  } catch (err) {
    // Without the limits there were enough: they are what is in the way.
    for (const offer of wished.chosen) spending.claim(offer.offer.body.provider, priceOf(offer, demand)).release()
    throw err
  }
}

function priceOf({ offer }: VerifiedOffer, demand: Demand): Wei {
  return quote(offer.body.prices, demand).priceMax
}

function isAffordable({ spending }: ClientParts, offer: VerifiedOffer, demand: Demand): boolean {
  return spending.allows(offer.offer.body.provider, priceOf(offer, demand))
}

function total({ chosen }: Placement, demand: Demand): Wei {
  return chosen.reduce((sum, offer) => sum + priceOf(offer, demand), 0n)
}

/**
 * Takes up a stored job again. One that was running is watched to its end; one that has its result is paid for, if that
 * was interrupted, and its result read again.
 */
export async function resumeJob(parts: ClientParts, record: JobRecord, options: JobOptions): Promise<JobOutcome> {
  if (record.state === 'failed') throw failed(record)
  await parts.spending.load()
  const watch = createStopwatch()
  const states = (await Promise.all(record.agreements.map(id => parts.engine.load(id)))).filter(
    state => state !== undefined
  )
  const demand = states[0]?.demand
  if (demand === undefined) {
    throw new CodedError('E_JOB_NOT_STARTED', 'the job was stored, but no provider had agreed to it yet', {
      facts: { job: record.id },
      hint: 'nothing was spent: run it again'
    })
  }
  const first: DriveInit['first'] = (_start, init) =>
    states.map(state => resumeReplica({ ...init, offer: parts.verifiedOffer(state.offer) }, state))
  try {
    for (const cid of [record.program, record.input]) {
      if (cid !== undefined) await parts.blocks.pin(parseContentCid(cid), record.id)
    }
    return await drive({ parts, record, demand, options, watch, first })
  } finally {
    parts.blocks.unpin(record.id)
  }
}

interface DriveInit {
  parts: ClientParts
  record: JobRecord
  demand: SignedDemand
  options: JobOptions
  watch: Stopwatch
  first: (start: StartReplica, init: Omit<ReplicaInit, 'offer' | 'priceMax' | 'record'>) => RunningReplica[]
}

type StartReplica = (offer: ReplicaInit['offer']) => RunningReplica

/** Watches a job's replicas until a result is agreed on, unless that is known already, and completes it. */
async function drive({ parts, record: initial, demand, options, watch, first }: DriveInit): Promise<JobOutcome> {
  let record = initial
  const stages = createStages(watch, record.replicas)
  const onProgress = (progress: JobProgress) => {
    if (progress.type === 'replica') stages.see(progress.replica)
    options.onProgress?.(progress)
  }
  const decided = record.digest
  const limit = decided === undefined ? deadlineOf(record) : undefined
  const over = new AbortController()
  const { signal, unlink } = linkSignals([limit?.signal, options.signal])
  const demandHash = digestOf(parts.signing.domain, demandType, demand.body)
  const init = { parts, demand, demandHash, signal: AbortSignal.any([signal, over.signal]), onProgress }
  const replicas: RunningReplica[] = []
  // One record that all changes go through: a late agreement must not undo what was stored since.
  const update = (change: Partial<JobRecord>): JobRecord => {
    record = { ...record, ...change }
    return record
  }
  const start: StartReplica = offer =>
    startReplica({
      ...init,
      offer,
      priceMax: record.priceMax,
      record: agreement => update({ agreements: [...record.agreements, agreement] })
    })
  try {
    replicas.push(...first(start, init))
    const replace: StartReplica = offer => {
      const replica = start(offer)
      replicas.push(replica)
      return replica
    }
    if (decided !== undefined) await Promise.all(replicas.map(({ ready }) => ready))
    const { quorum, spread, regions, priceMax } = record
    const digest =
      decided ??
      (await supervise({
        replicas: [...replicas],
        wanted: record.replicas,
        quorum,
        spread,
        regions,
        demand: demand.body,
        priceMax,
        nowSec: parts.signing.nowSec,
        // Whom the limits leave no room for is nobody to turn to; the replicas that are left may still agree.
        offers: async () => (await parts.offers(signal)).filter(offer => isAffordable(parts, offer, demand.body)),
        start: replace,
        onProgress,
        signal
      }))
    watch.lap('execute')
    return await completeJob({ parts, update, digest, replicas, watch, onProgress, signal })
  } catch (reason) {
    const err = cancelledBy(options.signal, reason)
    over.abort(err)
    if (isClientStopped(err)) {
      for (const replica of replicas) replica.leave()
      throw withMoney(err, replicas, record.id)
    }
    await Promise.all(replicas.map(replica => replica.cancel()))
    // A job that has its result keeps it, whatever went wrong while it was paid for or fetched.
    if (record.state !== 'succeeded') {
      const failure = failureOf(err)
      await parts.records.store.commit([parts.records.jobs.put(record.id, update({ state: 'failed', failure }))])
    }
    throw withMoney(err, replicas, record.id)
  } finally {
    // Whoever still negotiates for a place that is taken stops here.
    over.abort(new CodedError('E_CANCELLED', 'the job is over'))
    unlink()
    limit?.cancel()
    for (const { info } of replicas) if (info.agreement !== undefined) letGo(parts, info.agreement)
  }
}

/** Frees the memory of an agreement whose job is over, once what it was promised is on its way. */
function letGo(parts: ClientParts, agreement: AgreementId): void {
  parts.inbox.progress.delete(agreement)
  const forget = () => parts.engine.forget(agreement)
  parts.payer.settled(agreement).then(forget, forget)
}

/** A client that stops leaves its jobs as a crash would: providers work on, and the job can be taken up again. */
export function clientStopped(): CodedError {
  return new CodedError('E_CLIENT_STOPPED', 'the client was stopped while the job was under way', {
    hint: 'the job goes on: take it up again with the same key and folder'
  })
}

function isClientStopped(err: unknown): boolean {
  return isCodedError(err) && err.code === 'E_CLIENT_STOPPED'
}

/** The caller's own abort as a coded error, whatever reason it gave. */
function cancelledBy(signal: AbortSignal | undefined, err: unknown): unknown {
  if (signal === undefined || !signal.aborted || err !== signal.reason || isCodedError(err)) return err
  return new CodedError('E_CANCELLED', 'the job was cancelled', { cause: err })
}

function deadlineOf(record: JobRecord): { signal: AbortSignal; cancel: () => void } {
  const controller = new AbortController()
  const leftMs = Math.max(0, record.deadline * 1000 - Date.now())
  // Timers hold 31 bits of milliseconds; a deadline beyond 24 days is watched by the provider all the same.
  const timer = setTimeout(() => controller.abort(tooLate(record)), Math.min(leftMs, 2 ** 31 - 1))
  return { signal: controller.signal, cancel: () => clearTimeout(timer) }
}

function failed({ id, failure }: JobRecord): CodedError {
  return new CodedError(
    failure?.code ?? 'E_JOB_FAILED',
    `this job failed: ${failure?.message ?? 'for an unknown reason'}`,
    {
      facts: { job: id },
      hint: 'run it again: a new job has a new id'
    }
  )
}

/** Whatever went wrong, the buyer is told what it cost. */
function withMoney(err: unknown, replicas: readonly RunningReplica[], job: Hash): unknown {
  const paid = replicas.reduce((sum, { info }) => sum + info.paid, 0n)
  const money = replicas.map(({ info }) => ({
    provider: info.provider,
    agreement: info.agreement ?? null,
    state: info.state,
    paid: info.paid
  }))
  if (isCodedError(err)) {
    return new CodedError(err.code, err.message, {
      facts: { ...err.facts, job, paid, money },
      cause: err,
      ...(err.hint === undefined ? {} : { hint: err.hint })
    })
  }
  return err
}

function demandOf(
  { signing, token }: ClientParts,
  spec: JobSpec,
  job: Hash,
  program: CID,
  input: CID | undefined
): SignedDemand {
  const body: Demand = {
    buyer: signing.signer.address,
    job,
    workload: {
      runtime: spec.runtime ?? 'wasm',
      program: program.bytes,
      args: [...spec.args],
      env: [...(spec.env ?? [])].sort(),
      input: input?.bytes ?? new Uint8Array(0)
    },
    resources: { ...spec.resources },
    durationSec: spec.durationSec,
    fuel: fuelOf(spec),
    token,
    priceMax: spec.priceMax / BigInt(spec.replicas),
    deadline: spec.deadline
  }
  return sign(signing.signer, signing.domain, demandType, body)
}

function fuelOf({ runtime = 'wasm', durationSec, fuel = fuelFor(durationSec) }: JobSpec): number {
  return runtime === 'wasm' ? fuel : 0
}

function validateSpec(
  { replicas, quorum, priceMax, runtime = 'wasm', program, deadline }: JobSpec,
  nowSec: number
): void {
  const bad = (message: string, hint: string): never => {
    throw new CodedError('E_BAD_JOB', message, { facts: { replicas, quorum, priceMax }, hint })
  }
  validateQuorum({ replicas, quorum })
  if (priceMax < BigInt(replicas))
    bad('the price ceiling is zero', 'give the most the job may cost, e.g. --max-price 0.05')
  if (runtime === 'wasm' && !isModule(program)) {
    throw new CodedError('E_NOT_WASM', 'the program is not a WebAssembly module', {
      hint: 'compile it for wasm32-wasi (WASI preview 1)'
    })
  }
  if (deadline <= nowSec) bad('the deadline has passed', 'give a later deadline')
}

/** `\0asm` and a version. */
function isModule(program: Uint8Array): boolean {
  return program.length >= 8 && [0, 0x61, 0x73, 0x6d].every((byte, i) => program[i] === byte)
}

function tooLate({ deadline, id }: JobRecord): CodedError {
  return new CodedError('E_DEADLINE', 'the deadline passed before the replicas agreed', {
    facts: { job: id, deadline },
    hint: 'give it more time, or a faster offer'
  })
}
