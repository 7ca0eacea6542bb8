import {
  type AgreementId,
  agreementType,
  type BuyerAgreement,
  CodedError,
  createBuyerAgreement,
  digestOf,
  type Failure,
  isCodedError,
  quote,
  RECEIPT_FINAL,
  type SignedBid,
  type SignedDemand,
  sign,
  type VerifiedOffer,
  validateBid,
  type Wei
} from '@archipel/protocol'
import { failpoint } from '../failpoint.ts'
import type { ClientParts } from '../parts.ts'
import type { Claim } from '../payment/spending/spending.ts'
import type { JobProgress, JobRecord, Replica, ReplicaState } from './job.ts'

/** One replica of a running job: agrees with one provider, then waits for what it delivers. */
export interface RunningReplica {
  readonly offer: VerifiedOffer
  readonly info: Replica
  /** Settles once `info` tells what is stored about it. Never rejects. */
  readonly ready: Promise<void>
  /** Our own side's fault, such as missing funds: another provider would not help. */
  readonly ownError: unknown
  /** Settles once the replica delivered, failed or was decided upon. Never rejects. */
  readonly ended: Promise<void>
  /** What it was promised or may still draw: counts against the job's cap. */
  readonly promised: bigint
  /** Tells the provider to stop. */
  cancel(): Promise<void>
  /** Watches no longer; the agreement goes on. */
  leave(): void
  /** The quorum confirmed (true) or contradicted its result. */
  decide(confirmed: boolean): Promise<void>
}

export interface ReplicaInit {
  parts: ClientParts
  demand: SignedDemand
  demandHash: `0x${string}`
  offer: VerifiedOffer
  /** Most that the whole job may cost. */
  priceMax: Wei
  /** Stores the job's list of agreements together with a new agreement. */
  record: (agreement: AgreementId) => JobRecord
  onProgress: (progress: JobProgress) => void
  signal: AbortSignal
}

/** A provider that is up answers a Demand from memory; this long means it is not. */
const BID_TIMEOUT_MS = 5000

/** Queueing and fetching end in this time, or the provider is given up. */
const START_TIMEOUT_MS = 180_000
/** A running program is heard of twice in each tick; silence for two ticks and this long means that it is not running. */
const SILENCE_SLACK_MS = 15_000

/** A provider that cannot be told to stop in this time finds out by not being paid. */
const CANCEL_TIMEOUT_MS = 1000

export function startReplica(init: ReplicaInit): RunningReplica {
  const need = quote(init.offer.offer.body.prices, init.demand.body).priceMax
  return run(init, agreeWithin(init, need), need)
}

/** Takes up a replica whose agreement was stored before, and which the engine has loaded. */
export function resumeReplica(init: RunInit, state: BuyerAgreement): RunningReplica {
  return run(init, resume(init, state), state.bid.body.priceMax)
}

type RunInit = Omit<ReplicaInit, 'record' | 'priceMax'>

function run(
  { parts, demand, offer, onProgress }: RunInit,
  agreed: Promise<AgreementId>,
  priceMax: bigint
): RunningReplica {
  const { body } = offer.offer
  let info: Replica = {
    provider: body.provider,
    operator: body.owner,
    region: body.domains.region,
    state: 'negotiating',
    agreement: undefined,
    digest: undefined,
    paid: 0n,
    priceMax,
    runMs: undefined,
    fuel: undefined,
    failure: undefined
  }
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()

  function update(change: Partial<Replica>): void {
    info = { ...info, ...change }
    onProgress({ type: 'replica', replica: info })
  }

  /** Of what was set aside, what was paid or given back since. */
  let released = 0n
  let ownError: unknown
  const watchdog = createWatchdog(silentMs => {
    const message = `nothing was heard of the provider for ${Math.round(silentMs / 1000)} s`
    void giveUp({ code: 'E_PROVIDER_SILENT', fault: 'host', message })
  })
  void ended.then(watchdog.stop)

  /** Ends an agreement that the provider has not delivered on, and tells it so if it can be told. */
  async function giveUp(failure: Failure): Promise<void> {
    const state = info.agreement === undefined ? undefined : parts.engine.get(info.agreement)
    if (state?.phase.code !== 'agreed') return
    await parts.sessions
      .to(offer)
      .send({ type: 'cancel', value: { agreement: state.id } }, { signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) })
      .catch(() => {})
    await parts.engine.apply(state.id, { type: 'failed', failure })
  }

  /** The program may be silent for two ticks, but not run longer than was agreed. */
  function expectNews({ bid }: BuyerAgreement): void {
    watchdog.expect(Math.min(2 * bid.body.tickSec, demand.body.durationSec) * 1000 + SILENCE_SLACK_MS)
  }
  function follow(state: BuyerAgreement): void {
    // Given up is final for the job: its money may have been promised to the replacement, however late it delivers.
    if (info.state === 'failed') {
      // A tick that was being paid just then is money spent all the same.
      if (state.paid !== info.paid) update({ paid: state.paid })
      return
    }
    const now = described(state)
    if (state.phase.code === 'agreed' && state.receipts.length > 0) expectNews(state)
    // A tick tells nothing about the stage.
    update(now.state === 'agreed' ? { ...now, state: stageOf(info.state, 'agreed') } : now)
    // Until its result is decided upon, an agreement can still draw up to its bid; what is paid is set aside no more.
    const isOpen = state.phase.code === 'agreed' || state.phase.code === 'delivered'
    release(state, isOpen ? state.bid.body.priceMax - state.paid : 0n)
    if (state.phase.code !== 'agreed') end()
  }

  /** Gives back what was set aside, but for `keep`. */
  function release({ channel, bid }: BuyerAgreement, keep = 0n): void {
    const more = bid.body.priceMax - keep - released
    if (more <= 0n) return
    parts.channels.release(channel, more)
    released += more
  }

  const ready = agreed.then(
    id => {
      const state = parts.engine.get(id)
      if (state === undefined) return
      update({ agreement: id, state: 'agreed' })
      watchdog.expect(START_TIMEOUT_MS)
      parts.inbox.progress.set(id, stage => {
        const before = info.state
        update({ state: stageOf(stage, info.state) })
        if (info.state === 'running' && before !== 'running') expectNews(state)
      })
      parts.engine.watch(id, follow)
      follow(state)
    },
    err => {
      if (err instanceof OwnError) ownError = err.cause
      update({ state: 'failed', failure: failureOf(err instanceof OwnError ? err.cause : err) })
      end()
    }
  )

  return {
    offer,
    ready,
    ended,
    get ownError() {
      return ownError
    },
    get info() {
      return info
    },
    get promised() {
      if (info.state !== 'failed') return info.priceMax
      // Its last tick may be on the way to being paid.
      const state = info.agreement === undefined ? undefined : parts.engine.get(info.agreement)
      return state?.receipts.at(-1)?.body.amount ?? info.paid
    },
    async cancel() {
      await ready
      const { agreement } = info
      const state = agreement === undefined ? undefined : parts.engine.get(agreement)
      // A result that nobody will decide upon any more draws nothing.
      if (state?.phase.code === 'delivered') {
        release(state)
        await parts.spending.giveBack(state)
      }
      await giveUp({ code: 'E_CANCELLED', fault: 'buyer', message: 'cancelled' })
    },
    leave: watchdog.stop,
    async decide(confirmed) {
      if (info.agreement === undefined) return
      await parts.engine.apply(info.agreement, { type: confirmed ? 'confirmed' : 'contradicted' })
    }
  }
}

/** Calls `onSilence` when nothing was expected again in time. */
function createWatchdog(onSilence: (silentMs: number) => void): { expect(withinMs: number): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    expect(withinMs) {
      clearTimeout(timer)
      timer = setTimeout(() => onSilence(withinMs), withinMs)
    },
    stop: () => clearTimeout(timer)
  }
}

/** Marks what went wrong on our side of an agreement. */
class OwnError extends Error {
  constructor(cause: unknown) {
    super('our own side failed', { cause })
  }
}

/** Agrees within the buyer's limits: what it may come to is claimed before anybody is asked. */
async function agreeWithin(init: ReplicaInit, need: Wei): Promise<AgreementId> {
  const claim = init.parts.spending.claim(init.offer.offer.body.provider, need)
  try {
    return await agree(init, need, claim)
  } finally {
    claim.release()
  }
}

/** Demand, Bid, Agreement: stored before the provider may act on it. */
async function agree(
  { parts, demand, demandHash, offer, priceMax, record, onProgress, signal }: ReplicaInit,
  need: Wei,
  claim: Claim
): Promise<AgreementId> {
  const { signing, channels, sessions, engine, records } = parts
  const session = sessions.to(offer)
  // Connected first: what a channel to a provider that is gone holds would be locked until it is closed.
  await session.connect({ signal })
  const { channel, action } = await channels
    .reserve(offer.offer.body, need, { signal, keep: priceMax - need })
    .catch(cause => {
      throw isCodedError(cause) && cause.code === 'E_NO_CHANNEL' ? cause : new OwnError(cause)
    })
  let reserved = need
  onProgress({ type: 'channel', provider: offer.offer.body.provider, action, deposit: channel.deposit })
  try {
    await parts.payer.recover(channel.id)
    const ask = () => askForBid(parts, { offer, demand, demandHash, signal })
    // A stream that was lost is opened anew, once: a provider that is up answers the same Demand with the same Bid.
    const bid = await ask().catch(err =>
      isCodedError(err) && err.code === 'E_PROVIDER_LOST' ? ask() : Promise.reject(err)
    )
    const bidHash = validateBid(bid, {
      domain: signing.domain,
      recover: signing.recover,
      nowSec: signing.nowSec(),
      demand: demand.body,
      demandHash,
      offer: offer.offer.body
    })
    const agreement = sign(signing.signer, signing.domain, agreementType, {
      demand: demandHash,
      bid: bidHash,
      channel: channel.id
    })
    const id = digestOf(signing.domain, agreementType, agreement.body) as AgreementId
    const state = createBuyerAgreement({
      id,
      job: demand.body.job,
      channel: channel.id,
      offer: offer.offer,
      demand,
      bid,
      agreement
    })
    // A bid may be below the posted price: only what it can come to stays set aside.
    channels.release(channel.id, need - bid.body.priceMax)
    reserved = bid.body.priceMax
    // From here on the agreement itself counts.
    claim.release()
    await engine.add(state, [records.jobs.put(demand.body.job, record(id))])
    try {
      await session.send({ type: 'accept', value: { agreement, channel: channel.key } }, { signal })
      failpoint('buyer.agreement.sent')
    } catch (err) {
      // It may have arrived all the same: nothing that comes of it is paid.
      await engine.apply(id, { type: 'failed', failure: failureOf(err) })
      throw err
    }
    return id
  } catch (err) {
    channels.release(channel.id, reserved)
    throw err
  }
}

/** Sends a Demand and waits for the answer. */
async function askForBid(
  { inbox, sessions }: ClientParts,
  { offer, demand, demandHash, signal }: Pick<ReplicaInit, 'offer' | 'demand' | 'demandHash' | 'signal'>
): Promise<SignedBid> {
  const { answer, cancel } = inbox.bid(offer.offer.body.provider, demandHash)
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(BID_TIMEOUT_MS)])
  const sent = sessions.to(offer).send({ type: 'demand', value: demand }, { signal })
  return Promise.race([sent.then(() => answer), rejectOn(timeout)]).finally(cancel)
}

async function resume({ parts, offer }: RunInit, state: BuyerAgreement): Promise<AgreementId> {
  await parts.channels.load(state.channel)
  parts.channels.take(state.channel, state.bid.body.priceMax, state.id)
  // A provider that cannot be reached is dealt with like one that was lost while running.
  parts.sessions.to(offer)
  await parts.payer.recover(state.channel).catch(() => {})
  await parts.reconnect(offer.offer.body.provider).catch(async err => {
    if (parts.engine.get(state.id)?.phase.code === 'agreed') {
      await parts.engine.apply(state.id, { type: 'failed', failure: failureOf(err) })
    }
  })
  return state.id
}

function rejectOn(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () =>
    reject(
      isTimeout(signal.reason)
        ? new CodedError('E_PROVIDER_SILENT', 'the provider did not answer the demand in time')
        : signal.reason
    )
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return promise
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof Error && reason.name === 'TimeoutError'
}

/** Fuel that the provider reports; undefined before it reports any, and where none is counted. */
export function fuelOf({ demand, receipts }: Pick<BuyerAgreement, 'demand' | 'receipts'>): number | undefined {
  return demand.body.fuel > 0 ? receipts.at(-1)?.body.usage.fuel : undefined
}

/** A replica as its stored agreement describes it. */
export function described(state: BuyerAgreement): Partial<Replica> {
  const last = state.receipts.at(-1)?.body
  return {
    state: state.phase.code,
    agreement: state.id,
    paid: state.paid,
    priceMax: state.bid.body.priceMax,
    runMs: last?.usage.runMs,
    fuel: fuelOf(state),
    digest: last?.kind === RECEIPT_FINAL && state.phase.code !== 'failed' ? last.result : undefined,
    failure: state.phase.code === 'failed' ? state.phase.failure : undefined
  }
}

const STAGES: readonly ReplicaState[] = ['queued', 'fetching', 'running']

/** Stages are a provider's words: only known ones, and only until it delivered. */
function stageOf(stage: string, current: ReplicaState): ReplicaState {
  const open = current === 'agreed' || STAGES.includes(current)
  return open ? (STAGES.find(known => known === stage) ?? current) : current
}

export function failureOf(err: unknown): Failure {
  return isCodedError(err)
    ? { code: err.code, fault: 'host', message: err.message }
    : { code: 'E_INTERNAL', fault: 'host', message: err instanceof Error ? err.message : String(err) }
}
