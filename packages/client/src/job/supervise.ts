import {
  CodedError,
  chooseOffers,
  type Demand,
  decideQuorum,
  type Hash,
  type Spread,
  type VerifiedOffer
} from '@archipel/protocol'
import type { JobProgress } from './job.ts'
import type { RunningReplica } from './replica.ts'

export interface SuperviseInit {
  replicas: readonly RunningReplica[]
  quorum: number
  spread: Spread
  regions: readonly string[]
  demand: Demand
  /** Most the whole job may cost. */
  priceMax: bigint
  nowSec: () => number
  offers: () => Promise<VerifiedOffer[]>
  start: (offer: VerifiedOffer) => RunningReplica
  onProgress: (progress: JobProgress) => void
  signal: AbortSignal
}

/** Replicas started for one job in all: the first ones and those that replace failed ones. */
const ATTEMPTS_FACTOR = 4

/**
 * Watches replicas until k agree on one result digest, putting a fresh provider in the place of each that fails.
 *
 * @throws CodedError E_QUORUM_IMPOSSIBLE, E_PROGRAM_FAILED, E_DEADLINE; the signal's reason
 */
export async function supervise(init: SuperviseInit): Promise<Hash> {
  const { quorum, onProgress, signal } = init
  const all = [...init.replicas]
  const wanted = all.length
  const aborted = abortion(signal)
  const watched = new Map<RunningReplica, Promise<RunningReplica>>()
  const watch = (replica: RunningReplica) =>
    watched.set(
      replica,
      replica.ended.then(() => replica)
    )
  for (const replica of all) watch(replica)

  for (;;) {
    const digests = all.flatMap(({ info }) => (info.digest === undefined ? [] : [info.digest]))
    const decision = decideQuorum(digests, watched.size, { quorum })
    if (decision.code === 'agreed') {
      const votes = digests.filter(digest => digest === decision.digest).length
      onProgress({ type: 'quorum', digest: decision.digest, votes, replicas: wanted })
      return decision.digest
    }
    if (watched.size === 0) throw impossible(all, quorum)
    const ended = await Promise.race([...watched.values(), aborted])
    watched.delete(ended)
    if (ended.ownError !== undefined) throw ended.ownError
    if (ended.info.state !== 'failed' || all.length >= wanted * ATTEMPTS_FACTOR) continue
    // The program's own fault would repeat itself anywhere.
    if (ended.info.failure?.fault === 'program') continue
    const next = await replacement(all, init)
    if (next === undefined) continue
    all.push(next)
    watch(next)
    onProgress({ type: 'replaced', lost: ended.info.provider, by: next.info.provider })
  }
}

async function replacement(all: readonly RunningReplica[], init: SuperviseInit): Promise<RunningReplica | undefined> {
  const alive = all.filter(({ info }) => info.state !== 'failed')
  // What failed replicas were paid for delivered ticks is gone; what live ones may still draw is promised.
  const spoken = all.reduce((sum, { info }) => sum + (info.state === 'failed' ? info.paid : info.priceMax), 0n)
  const left = init.priceMax - spoken
  const priceMax = left < init.demand.priceMax ? left : init.demand.priceMax
  if (priceMax <= 0n || init.nowSec() >= init.demand.deadline) return undefined
  try {
    const { chosen } = chooseOffers(await init.offers(), {
      demand: { ...init.demand, priceMax },
      regions: init.regions,
      excluded: new Set(all.map(({ info }) => info.provider)),
      nowSec: init.nowSec(),
      replicas: 1,
      spread: init.spread,
      kept: alive.map(({ offer }) => offer.offer.body)
    })
    return chosen[0] === undefined ? undefined : init.start(chosen[0])
  } catch {
    // Nobody fits: the replicas that are left may still agree.
    return undefined
  }
}

function impossible(all: readonly RunningReplica[], quorum: number): CodedError {
  const replicas = all.map(({ info }) => ({
    provider: info.provider,
    region: info.region,
    state: info.state,
    digest: info.digest ?? null,
    failure: info.failure?.code ?? null
  }))
  const program = all.find(({ info }) => info.failure?.fault === 'program')?.info.failure
  if (program !== undefined) {
    return new CodedError('E_PROGRAM_FAILED', `the program could not be run: ${program.code}: ${program.message}`, {
      facts: { replicas },
      hint: 'the program itself is at fault: another provider would not help'
    })
  }
  const digests = new Set(replicas.flatMap(({ digest }) => (digest === null ? [] : [digest])))
  const failures = all.flatMap(({ info }) =>
    info.failure === undefined ? [] : [`${info.failure.code}: ${info.failure.message}`]
  )
  return new CodedError(
    'E_QUORUM_IMPOSSIBLE',
    digests.size > 1
      ? `no ${quorum} replicas agree: ${digests.size} different results`
      : `only ${all.length - failures.length} replicas delivered, ${quorum} must agree${failures.length > 0 ? ` (${[...new Set(failures)].join('; ')})` : ''}`,
    {
      facts: { quorum, replicas },
      hint:
        digests.size > 1
          ? 'is the program deterministic? it must not depend on time or chance'
          : 'raise the price ceiling or loosen the spread so that lost replicas can be replaced'
    }
  )
}

function abortion(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  if (signal.aborted) reject(signal.reason)
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}
