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
  /** Those under way: all of them, or what an earlier process got to. */
  replicas: readonly RunningReplica[]
  /** How many there should be. */
  wanted: number
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
 * A failure that is said to be the program's would repeat itself anywhere, so it is not tried elsewhere at once. But one
 * provider's word is no proof: unless k say so, others are asked before the job is given up.
 *
 * @throws CodedError E_QUORUM_IMPOSSIBLE, E_PROGRAM_FAILED, E_DEADLINE; the signal's reason
 */
export async function supervise(init: SuperviseInit): Promise<Hash> {
  const { quorum, wanted, onProgress, signal } = init
  const all = [...init.replicas]
  const aborted = abortion(signal)
  const watched = new Map<RunningReplica, Promise<RunningReplica>>()
  const watch = (replica: RunningReplica) =>
    watched.set(
      replica,
      replica.ended.then(() => replica)
    )
  for (const replica of all) watch(replica)
  /** Failed by the program's fault, they say, and not replaced. */
  let blamed: RunningReplica[] = []

  async function replace(lost: RunningReplica | undefined): Promise<boolean> {
    if (all.length >= wanted * ATTEMPTS_FACTOR) return false
    const next = await replacement(all, init)
    if (next === undefined) return false
    all.push(next)
    watch(next)
    if (lost !== undefined) onProgress({ type: 'replaced', lost: lost.info.provider, by: next.info.provider })
    return true
  }

  while (all.length < wanted && (await replace(undefined)));
  for (;;) {
    const digests = all.flatMap(({ info }) => (info.digest === undefined ? [] : [info.digest]))
    const decision = decideQuorum(digests, watched.size, { quorum })
    if (decision.code === 'agreed') {
      const votes = digests.filter(digest => digest === decision.digest).length
      onProgress({ type: 'quorum', digest: decision.digest, votes, replicas: wanted })
      return decision.digest
    }
    if (decision.code === 'impossible') {
      const doubted = blamed.length < quorum ? blamed : []
      blamed = blamed.filter(replica => !doubted.includes(replica))
      let found = false
      for (const lost of doubted) found = (await replace(lost)) || found
      if (found) continue
      throw impossible(all, quorum)
    }
    const ended = await Promise.race([...watched.values(), aborted])
    watched.delete(ended)
    if (ended.ownError !== undefined) throw ended.ownError
    if (ended.info.state !== 'failed') continue
    if (ended.info.failure?.fault === 'program') blamed.push(ended)
    else await replace(ended)
  }
}

async function replacement(all: readonly RunningReplica[], init: SuperviseInit): Promise<RunningReplica | undefined> {
  const alive = all.filter(({ info }) => info.state !== 'failed')
  // What failed replicas were paid for delivered ticks is gone; what live ones may still draw is promised.
  const spoken = all.reduce((sum, { promised }) => sum + promised, 0n)
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

/** Replicas that say the program itself is at fault, in the same way. */
function blamedBy(all: readonly RunningReplica[], code: string | undefined): RunningReplica[] {
  return all.filter(({ info }) => info.failure?.fault === 'program' && info.failure.code === code)
}

function impossible(all: readonly RunningReplica[], quorum: number): CodedError {
  const replicas = all.map(({ info }) => ({
    provider: info.provider,
    region: info.region,
    state: info.state,
    digest: info.digest ?? null,
    failure: info.failure?.code ?? null
  }))
  const program = all.find(({ info }) => blamedBy(all, info.failure?.code).length >= quorum)?.info.failure
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
