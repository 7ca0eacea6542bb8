import { type Address, type ChannelId, createFailure } from '@archipel/protocol'
import type { BuyerEngine } from '../agreement/engine.ts'
import { delay } from '../net/index.ts'
import type { Payer } from '../payment/payer.ts'
import type { Sessions } from './sessions.ts'

/** Waits between attempts to reach a provider again. Together three seconds: a restart of a node takes about one. */
const RETRY_DELAYS_MS = [0, 250, 750, 2000]
const CONNECT_TIMEOUT_MS = 3000

export interface ReconnectInit {
  engine: BuyerEngine
  payer: Payer
  sessions: Sessions
}

/**
 * After a lost connection: asks the provider where every open agreement stands and sends again what it has not
 * acknowledged. Agreements with a provider that stays away are given up, so that their jobs go on elsewhere.
 */
export function createReconnect({ engine, payer, sessions }: ReconnectInit) {
  const underWay = new Map<Address, Promise<void>>()

  async function reach(provider: Address): Promise<boolean> {
    const session = sessions.get(provider)
    if (session === undefined) return false
    for (const waitMs of RETRY_DELAYS_MS) {
      await delay(waitMs)
      if (engine.live(provider).length === 0) return true
      try {
        await session.connect({ signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) })
        return true
      } catch {
        // Whether it refuses, is slow or is gone makes no difference here: the next attempt tells.
      }
    }
    return false
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
      return
    }
    const session = sessions.get(provider)
    const channels = new Set<ChannelId>(open.map(({ channel }) => channel))
    await Promise.all([
      ...open.map(({ id }) => session?.send({ type: 'resume', value: { agreement: id } })),
      ...[...channels].map(channel => payer.resend(channel))
    ])
  }

  return (provider: Address): Promise<void> => {
    const running = underWay.get(provider) ?? reconnect(provider).finally(() => underWay.delete(provider))
    underWay.set(provider, running)
    return running
  }
}
