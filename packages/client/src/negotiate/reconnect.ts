import { type Address, createFailure } from '@archipel/protocol'
import type { BuyerEngine } from '../agreement/engine.ts'
import { delay } from '../net/index.ts'
import type { Payer } from '../payment/payer.ts'
import type { Sessions } from './sessions.ts'

/** Waits between attempts to reach a provider again; the last one repeats. */
const RETRY_DELAYS_MS = [0, 250, 500, 1000]
const CONNECT_TIMEOUT_MS = 3000
/** A restart of a node takes one to four seconds; a provider that is away for longer is replaced. */
export const LOST_AFTER_MS = 6000
/** Streams lost within the window; a provider that drops us more often is as good as gone. */
const LOSSES_MAX = 8
const LOSSES_WINDOW_MS = 30_000

export interface ReconnectInit {
  engine: BuyerEngine
  payer: Pick<Payer, 'owes'>
  sessions: Sessions
  /** How long a provider may be out of reach before its agreements are given up. Default {@link LOST_AFTER_MS}. */
  lostAfterMs?: number | undefined
  /** Told of a provider whose agreements were given up. */
  onLost?: ((provider: Address) => void) | undefined
}

/** Finds out where the open agreements with a provider stand. */
export interface Reconnect {
  /**
   * Connects if need be and asks about every open agreement; what the provider has not acknowledged is sent again with a
   * new stream. Agreements with a provider that stays away are given up, so that their jobs go on elsewhere.
   */
  ask(provider: Address): Promise<void>
  /** The same after a stream was lost. */
  lost(provider: Address): Promise<void>
}

export function createReconnect(init: ReconnectInit): Reconnect {
  const { engine, payer, sessions, lostAfterMs = LOST_AFTER_MS, onLost } = init
  const underWay = new Map<Address, Promise<void>>()
  const again = new Set<Address>()
  const losses = new Map<Address, { count: number; sinceMs: number }>()

  async function reach(provider: Address): Promise<boolean> {
    const session = sessions.get(provider)
    if (session === undefined || (losses.get(provider)?.count ?? 0) > LOSSES_MAX) return false
    const endMs = performance.now() + lostAfterMs
    for (let attempt = 0; ; attempt++) {
      await delay(RETRY_DELAYS_MS[Math.min(attempt, RETRY_DELAYS_MS.length - 1)] as number)
      if (engine.live(provider).length === 0 && !payer.owes(provider)) return true
      const leftMs = endMs - performance.now()
      if (leftMs <= 0) return false
      try {
        // Timers of signals take whole milliseconds only.
        const timeoutMs = Math.ceil(Math.min(leftMs, CONNECT_TIMEOUT_MS))
        await session.connect({ signal: AbortSignal.timeout(timeoutMs) })
        return true
      } catch {
        // Whether it refuses, is slow or is gone makes no difference here: the next attempt tells.
      }
    }
  }

  /** Without a bound a provider that breaks every stream at once would keep us dialling for ever. */
  function countLoss(provider: Address): void {
    const nowMs = performance.now()
    for (const [key, { sinceMs }] of losses) if (nowMs - sinceMs > LOSSES_WINDOW_MS) losses.delete(key)
    losses.set(provider, { sinceMs: nowMs, ...losses.get(provider), count: (losses.get(provider)?.count ?? 0) + 1 })
  }

  async function reconnect(provider: Address): Promise<void> {
    const reached = await reach(provider)
    const open = engine.live(provider)
    if (!reached) {
      const failure = createFailure({
        code: 'E_PROVIDER_LOST',
        fault: 'host',
        message: 'the provider cannot be reached any more'
      })
      await Promise.all(open.map(({ id }) => engine.apply(id, { type: 'failed', failure })))
      if (open.length > 0) onLost?.(provider)
      return
    }
    const session = sessions.get(provider)
    await Promise.all(open.map(({ id }) => session?.send({ type: 'resume', value: { agreement: id } })))
  }

  /** What is asked for during a run is done by another after it: the first may have looked too early. */
  async function run(provider: Address): Promise<void> {
    for (;;) {
      again.delete(provider)
      try {
        await reconnect(provider)
      } catch (err) {
        if (!again.has(provider)) throw err
      }
      if (!again.has(provider)) return
    }
  }

  function start(provider: Address): Promise<void> {
    const running = underWay.get(provider)
    if (running !== undefined) {
      again.add(provider)
      return running
    }
    const started = run(provider).finally(() => underWay.delete(provider))
    underWay.set(provider, started)
    return started
  }

  return {
    ask: start,
    lost(provider) {
      countLoss(provider)
      return start(provider)
    }
  }
}
