import { setTimeout as delay } from 'node:timers/promises'
import type { Chain } from '@archipel/client'
import { type Address, type ChannelId, CodedError, type UnixSec, type Wei } from '@archipel/protocol'

/** A channel as the chain has it. */
export interface OnChain {
  readonly deposit: Wei
  readonly settled: Wei
  readonly closeAt: UnixSec
}

/** Looks at channels on chain on behalf of buyers, which would otherwise make us ask as often as they like. */
export interface Looks {
  /**
   * Looks until `isEnough`, or for some seconds: our endpoint may be behind the one that told the buyer that its money
   * is there. @returns what was seen last. @throws E_BUSY, E_RPC_DOWN, or the signal's reason
   */
  look(id: ChannelId, buyer: Address, isEnough: (seen: OnChain) => boolean, signal: AbortSignal): Promise<OnChain>
}

/** Channels looked at for one buyer at once: an honest one has one or two with a provider. */
export const LOOKS_PER_BUYER_MAX = 4
export const LOOKS_MAX = 64
/** Between two looks at one channel; a fraction of a block. */
export const LOOK_INTERVAL_MS = 500
/** Longest that an endpoint is waited for. */
export const BEHIND_MS = 3000
const READ_TIMEOUT_MS = 10_000

interface Look {
  readonly buyer: Address
  callers: number
  /** The read under way or to come, shared by everybody who waits. */
  next: Promise<OnChain> | undefined
  readAtMs: number
}

export interface LooksInit {
  chain: Pick<Chain, 'channelState'>
  behindMs?: number | undefined
}

export function createLooks({ chain, behindMs = BEHIND_MS }: LooksInit): Looks {
  const looks = new Map<ChannelId, Look>()

  function enter(id: ChannelId, buyer: Address): Look {
    const known = looks.get(id)
    if (known !== undefined) {
      known.callers++
      return known
    }
    const own = [...looks.values()].filter(look => look.buyer === buyer).length
    if (looks.size >= LOOKS_MAX || own >= LOOKS_PER_BUYER_MAX) {
      throw new CodedError('E_BUSY', 'this provider is looking at too many channels', {
        facts: { fault: 'host', looks: looks.size, own }
      })
    }
    const look: Look = { buyer, callers: 1, next: undefined, readAtMs: Number.NEGATIVE_INFINITY }
    looks.set(id, look)
    return look
  }

  async function read(id: ChannelId, look: Look): Promise<OnChain> {
    try {
      const waitMs = look.readAtMs + LOOK_INTERVAL_MS - performance.now()
      if (waitMs > 0) await delay(waitMs)
      look.readAtMs = performance.now()
      return await chain.channelState(id, { signal: AbortSignal.timeout(READ_TIMEOUT_MS) })
    } finally {
      look.next = undefined
    }
  }

  return {
    async look(id, buyer, isEnough, signal) {
      const look = enter(id, buyer)
      const startMs = performance.now()
      try {
        for (;;) {
          look.next ??= read(id, look)
          const seen = await look.next
          signal.throwIfAborted()
          if (isEnough(seen) || performance.now() - startMs + LOOK_INTERVAL_MS > behindMs) return seen
        }
      } finally {
        if (--look.callers === 0) looks.delete(id)
      }
    }
  }
}
