import type { Chain } from '@archipel/client'
import { isCodedError, type Wei } from '@archipel/protocol'
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
/** Reads that may fail in a row before the rest is left for the next look: the chain is down then. */
const READ_FAILURES_MAX = 3
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
    log.info({ transaction: hash, channels: batch.length }, 'redeemed vouchers')
    await readAll(batch, signal)
  }

  /** One channel that cannot be read holds up no other. */
  async function readAll(some: readonly ChannelRecord[], signal: AbortSignal): Promise<void> {
    let failedInRow = 0
    for (const before of some) {
      try {
        const after = await channels.refresh(before.id, signal)
        redeemed += (after?.settled ?? before.settled) - before.settled
        failedInRow = 0
      } catch (err) {
        log.warn({ ...reasonOf(err), channel: before.id }, 'could not read a channel; it is read again later')
        if (signal.aborted || ++failedInRow >= READ_FAILURES_MAX) return
      }
    }
  }

  async function look(last: boolean, signal: AbortSignal): Promise<void> {
    if (performance.now() >= chainLookAtMs) {
      chainLookAtMs = performance.now() + CHAIN_LOOK_INTERVAL_MS
      await readAll(channels.due(), signal)
    }
    let failed = 0
    let succeeded = 0
    for (const batch of batchesOf(channels.due().filter(channel => isDue(channel, last)))) {
      try {
        signal.throwIfAborted()
        await redeem(batch, signal)
        succeeded++
      } catch (err) {
        failed++
        log.warn(
          { ...reasonOf(err), channels: batch.length, failures: failures + 1 },
          'could not redeem vouchers; they are kept and tried again'
        )
      }
    }
    failures = failed > 0 && succeeded === 0 ? failures + 1 : 0
  }

  function schedule(): void {
    if (stopped) return
    const waitMs = Math.min(LOOK_INTERVAL_MS * 2 ** Math.min(failures, 10), BACKOFF_MS_MAX)
    timer = setTimeout(() => {
      looking = look(false, stopping.signal).finally(schedule)
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
      await look(true, timeout)
    }
  }
}

/** What one transaction can take, closing channels first: those are the ones that time runs out for. */
function batchesOf(due: readonly ChannelRecord[]): ChannelRecord[][] {
  const urgency = ({ closeAt }: ChannelRecord) => (closeAt === 0 ? Number.POSITIVE_INFINITY : closeAt)
  const groups = new Map<string, ChannelRecord[]>()
  // A channel of an earlier owner is paid to that owner still, in a batch of its own.
  for (const channel of [...due].sort((a, b) => (urgency(a) < urgency(b) ? -1 : urgency(a) > urgency(b) ? 1 : 0))) {
    const { token, payee, arbiter } = channel.key
    const parties = `${token}/${payee}/${arbiter}`.toLowerCase()
    const group = groups.get(parties)
    if (group === undefined) groups.set(parties, [channel])
    else group.push(channel)
  }
  return [...groups.values()].flatMap(group =>
    Array.from({ length: Math.ceil(group.length / BATCH_MAX) }, (_, at) =>
      group.slice(at * BATCH_MAX, (at + 1) * BATCH_MAX)
    )
  )
}

function reasonOf(err: unknown): Record<string, unknown> {
  return isCodedError(err) ? { code: err.code, message: err.message } : { err }
}
