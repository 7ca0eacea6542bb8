import type { Chain } from '@archipel/client'
import { CodedError, type Wei } from '@archipel/protocol'
import type { Logger } from '../log.ts'
import type { RedeemPolicy } from '../provider.ts'
import type { ChannelRecord } from '../store/records.ts'
import { type ProviderChannels, redeemable } from './channels.ts'

/** Turns vouchers into money on chain: by amount, by age, and at once when a channel is closing or the node stops. */
export interface Redeemer {
  start(): void
  /** Redeems what is worth it one last time, in bounded time. */
  stop(): Promise<void>
  /** Redeemed since the node started. */
  readonly redeemed: Wei
}

/** How often vouchers and channels are looked at. Level-triggered: a missed look loses nothing. */
const LOOK_INTERVAL_MS = 1000
/** How often a channel with money on it is read from the chain, to see a close request well within its delay. */
const CHAIN_LOOK_INTERVAL_MS = 30_000
/** Channels redeemed in one transaction: far below the gas a transaction may use (EIP-7825). */
export const BATCH_MAX = 256
const STOP_TIMEOUT_MS = 10_000
/** Longest pause after failed attempts: a chain that is down is asked once a minute. */
const BACKOFF_MS_MAX = 60_000

export interface RedeemerInit {
  channels: ProviderChannels
  chain: Chain
  policy: RedeemPolicy
  nowSec: () => number
  log: Logger
}

export function createRedeemer({ channels, chain, policy, nowSec, log }: RedeemerInit): Redeemer {
  let redeemed = 0n
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let failures = 0
  let chainLookAtMs = 0
  let stopped = false
  const stopping = new AbortController()

  const isDue = (channel: ChannelRecord, last: boolean): boolean =>
    last ||
    channel.closeAt !== 0 ||
    redeemable(channel) >= policy.amountMin ||
    nowSec() - channel.dueSince >= policy.ageSecMax

  async function redeem(batch: readonly ChannelRecord[], signal: AbortSignal): Promise<void> {
    const vouchers = batch.flatMap(({ key, voucher }) =>
      voucher === undefined ? [] : [{ key, ...voucher.body, signature: voucher.signature }]
    )
    const first = vouchers[0]
    if (first === undefined) return
    const { hash } = await (vouchers.length === 1
      ? chain.redeem(first, { signal })
      : chain.redeemMany(vouchers, { signal }))
    for (const before of batch) {
      const after = await channels.refresh(before.id, signal)
      redeemed += (after?.settled ?? before.settled) - before.settled
    }
    log.info({ transaction: hash, channels: batch.length }, 'redeemed vouchers')
  }

  async function look(last: boolean, signal: AbortSignal): Promise<void> {
    if (performance.now() >= chainLookAtMs) {
      chainLookAtMs = performance.now() + CHAIN_LOOK_INTERVAL_MS
      for (const { id } of channels.due()) await channels.refresh(id, signal)
    }
    const due = channels.due().filter(channel => isDue(channel, last))
    for (let at = 0; at < due.length; at += BATCH_MAX) await redeem(due.slice(at, at + BATCH_MAX), signal)
  }

  async function lookSafely(last: boolean, signal: AbortSignal): Promise<void> {
    try {
      await look(last, signal)
      failures = 0
    } catch (err) {
      failures++
      const reason = err instanceof CodedError ? { code: err.code, message: err.message } : { err }
      log.warn({ ...reason, failures }, 'could not redeem vouchers; they are kept and tried again')
    }
  }

  function schedule(): void {
    if (stopped) return
    const waitMs = Math.min(LOOK_INTERVAL_MS * 2 ** Math.min(failures, 10), BACKOFF_MS_MAX)
    timer = setTimeout(() => {
      looking = lookSafely(false, stopping.signal).finally(schedule)
    }, waitMs)
    timer.unref()
  }

  return {
    get redeemed() {
      return redeemed
    },
    start: schedule,
    async stop() {
      if (stopped) return
      stopped = true
      clearTimeout(timer)
      const timeout = AbortSignal.timeout(STOP_TIMEOUT_MS)
      timeout.addEventListener('abort', () => stopping.abort(timeout.reason), { once: true })
      await looking
      await lookSafely(true, timeout)
    }
  }
}
