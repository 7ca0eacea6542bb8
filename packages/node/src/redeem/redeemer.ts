import { type Chain, failpoint } from '@archipel/client'
import { type ChannelId, isCodedError, type UnixSec } from '@archipel/protocol'
import type { Logger } from '../log.ts'
import { redeemable } from '../payment/channel-books.ts'
import type { ProviderChannels } from '../payment/channels.ts'
import type { ChannelRecord } from '../store/records.ts'
import { faultOf } from './faults.ts'
import { type Candidate, INITIAL_STATE, type RedeemEffect, type RedeemEvent, type RedeemRules } from './state.ts'
import type { RedeemStatus } from './status.ts'
import { stepRedeem } from './step.ts'

/** Turns vouchers into money on chain. What is decided is decided by `stepRedeem`; this looks, and does as it says. */
export interface Redeemer {
  start(): void
  /** Redeems what the rules want redeemed before the end, in bounded time. */
  stop(): Promise<void>
  /** Looks at once: something is known to have changed. */
  wake(): void
  status(): RedeemStatus
}

/** How often vouchers are looked at. Level-triggered: a missed look loses nothing. */
const LOOK_INTERVAL_MS = 1000
/** What gas costs is asked once in a block or so. */
const FEE_FRESH_MS = 10_000
const STOP_TIMEOUT_MS = 10_000
/** Channels read at once after a transaction. */
const READS_AT_ONCE = 8
/** Reads that may fail in a row before the rest is left for the reconciler: the chain is down then. */
const READ_FAILURES_MAX = 3

export interface RedeemerInit {
  channels: Pick<ProviderChannels, 'due' | 'refresh' | 'books'>
  chain: Pick<Chain, 'redeem' | 'redeemMany' | 'gasPrice'>
  rules: RedeemRules
  nowSec: () => UnixSec
  log: Logger
  random?: () => number
}

export function createRedeemer({ channels, chain, rules, nowSec, log, random = Math.random }: RedeemerInit): Redeemer {
  let state = INITIAL_STATE
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let again = false
  let isStopped = false
  let lastError: { atSec: UnixSec; code: string; message: string } | undefined
  let fee: { atMs: number; feePerGasWei: bigint } | undefined
  const flying = new Set<Promise<void>>()
  const stopping = new AbortController()

  function apply(event: RedeemEvent): void {
    const step = stepRedeem(state, event, rules, { ms: performance.now(), sec: nowSec(), random: random() })
    state = step.state
    for (const effect of step.effects) start(effect)
  }

  function start(effect: RedeemEffect): void {
    const work = effect.type === 'read' ? readAll(effect.ids) : redeem(effect)
    const tracked = work.finally(() => flying.delete(tracked))
    flying.add(tracked)
  }

  async function redeem({
    flight,
    lane,
    ids,
    feePerGasMaxWei
  }: Extract<RedeemEffect, { type: 'redeem' }>): Promise<void> {
    const vouchers = ids.flatMap(id => {
      const { key, voucher } = channels.books.get(id) ?? {}
      return key === undefined || voucher === undefined
        ? []
        : [{ id, key, ...voucher.body, signature: voucher.signature }]
    })
    const [first] = vouchers
    // Above its ceiling it fails at once instead of waiting: by the next look there may be more to share the costs.
    const options = { signal: stopping.signal, fees: { maxFeePerGas: feePerGasMaxWei, whenAbove: 'fail' } } as const
    try {
      if (first === undefined) return apply({ type: 'failed', flight, fault: 'nothing' })
      failpoint('provider.redeem.before')
      const landed =
        vouchers.length === 1
          ? { ...(await chain.redeem(first, options)), skipped: [] }
          : await chain.redeemMany(vouchers, options)
      failpoint('provider.redeem.mined')
      const skipped = landed.skipped.map(({ id }) => id)
      const { hash, paid, feeWei } = landed
      log.info({ transaction: hash, channels: vouchers.length, paid, feeWei, lane }, 'redeemed vouchers')
      if (skipped.length > 0)
        log.warn({ transaction: hash, skipped }, 'some vouchers paid nothing; they are looked at again')
      apply({ type: 'mined', flight, paid, feeWei, skipped })
    } catch (err) {
      const fault = faultOf(err)
      const { code, message } = reasonOf(err)
      lastError = { atSec: nowSec(), code, message }
      log.warn(
        { code, message, fault, lane, channels: ids.length },
        'could not redeem vouchers; they are kept and tried again'
      )
      apply({ type: 'failed', flight, fault })
      if (fault === 'batch') wake()
    }
  }

  /** One channel that cannot be read holds up no other; what is not read here is read by the reconciler. */
  async function readAll(ids: readonly ChannelId[]): Promise<void> {
    let failedInRow = 0
    const queue = ids.values()
    const worker = async () => {
      for (const id of queue) {
        if (failedInRow >= READ_FAILURES_MAX) return
        try {
          await channels.refresh(id, stopping.signal)
          failedInRow = 0
        } catch (err) {
          failedInRow++
          log.debug({ ...reasonOf(err), channel: id }, 'could not read a channel; it is read again later')
        }
      }
    }
    await Promise.all(Array.from({ length: Math.min(READS_AT_ONCE, ids.length) }, worker))
    failpoint('provider.redeem.recorded')
  }

  /** Asked only where costs are weighed. */
  async function feeNow(): Promise<bigint | undefined> {
    if (rules.coinPrice === undefined) return undefined
    const atMs = performance.now()
    if (fee !== undefined && atMs - fee.atMs < FEE_FRESH_MS) return fee.feePerGasWei
    const feePerGasWei = await chain.gasPrice({ signal: stopping.signal }).catch(() => undefined)
    fee = feePerGasWei === undefined ? undefined : { atMs, feePerGasWei }
    return feePerGasWei
  }

  async function look(): Promise<void> {
    const due = channels.due()
    if (due.length === 0 && state.troubles.size === 0) return
    const feePerGasWei = due.length === 0 ? undefined : await feeNow()
    apply({ type: 'looked', candidates: channels.due().map(candidateOf), feePerGasWei })
  }

  /** One look at a time. */
  function lookNow(): Promise<void> {
    if (looking !== undefined) {
      again = true
      return looking
    }
    looking = (async () => {
      do {
        again = false
        await look()
      } while (again)
    })()
      .catch(err => log.error({ err }, 'could not look at what is to be redeemed: a fault of our own'))
      .finally(() => {
        looking = undefined
      })
    return looking
  }

  function wake(): void {
    if (!isStopped) void lookNow()
  }

  return {
    start() {
      timer = setInterval(wake, LOOK_INTERVAL_MS)
      timer.unref()
    },
    wake,
    async stop() {
      if (isStopped) return
      isStopped = true
      clearInterval(timer)
      const timeout = setTimeout(
        () => stopping.abort(new DOMException('the node stops', 'TimeoutError')),
        STOP_TIMEOUT_MS
      )
      try {
        apply({ type: 'stopping' })
        // Until there is nothing left that can be tried; what fails by then is kept for the next start.
        do {
          await looking
          await lookNow()
          await Promise.all(flying)
        } while ((flying.size > 0 || hasMore()) && !stopping.signal.aborted)
      } finally {
        clearTimeout(timeout)
        stopping.abort(new DOMException('the node stops', 'AbortError'))
      }
    },
    status() {
      const due = channels.due()
      const sum = (some: readonly ChannelRecord[]) => some.reduce((total, each) => total + redeemable(each), 0n)
      const closing = due.filter(({ closeAt }) => closeAt !== 0)
      const closes = closing.map(({ closeAt }) => closeAt)
      const pause = state.pauses.ordinary
      return {
        waiting: { channels: due.length, amount: sum(due) },
        atRisk: {
          channels: closing.length,
          amount: sum(closing),
          firstCloseAt: closes.length === 0 ? undefined : Math.min(...closes)
        },
        inFlight: state.flights.size,
        pausedMs: Math.max(0, Math.round(pause.untilMs - performance.now())),
        troubled: [...state.troubles.values()].filter(({ failures }) => failures > 0).length,
        ...state.figures,
        lastError
      }
    }
  }

  /** True while a look at this moment would send something. */
  function hasMore(): boolean {
    const event = {
      type: 'looked',
      candidates: channels.due().map(candidateOf),
      feePerGasWei: fee?.feePerGasWei
    } as const
    return stepRedeem(state, event, rules, { ms: performance.now(), sec: nowSec(), random: 0 }).effects.length > 0
  }
}

function candidateOf(channel: ChannelRecord): Candidate {
  const { id, key, dueSince, closeAt } = channel
  const parties = `${key.token}/${key.payee}/${key.arbiter}`.toLowerCase()
  return { id, parties, payable: redeemable(channel), dueSince, closeAt }
}

function reasonOf(err: unknown): { code: string; message: string } {
  if (isCodedError(err)) return { code: err.code, message: err.message }
  return {
    code: err instanceof Error ? err.name : 'E_INTERNAL',
    message: err instanceof Error ? err.message : String(err)
  }
}
