import type { ChainSource, WatchedEvent } from '@archipel/client'
import type { ChannelId, Hex } from '@archipel/protocol'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createChainNews } from '../../src/redeem/news.ts'
import { OWNER } from '../agreement/world.ts'
import { QUIET } from './world.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** A chain of blocks with events, of which a test replaces some. */
function fakeSource() {
  const blocks: { hash: Hex; events: readonly { id: string }[] }[] = [{ hash: '0x0', events: [] }]
  let isDown = false
  const check = () => {
    if (isDown) throw new Error('down')
  }
  const source: ChainSource = {
    async head() {
      check()
      return blocks.length - 1
    },
    async blockHash(at) {
      check()
      return blocks[at]?.hash
    },
    select: () => async (from, to) =>
      blocks.slice(from, to + 1).flatMap(({ hash, events }, n) =>
        events.map((event, logIndex) => ({
          event: { ...event, blockNumber: from + n, logIndex } as unknown as WatchedEvent['event'],
          blockHash: hash
        }))
      )
  }
  return {
    source,
    mine: (hash: Hex, ...ids: string[]) => void blocks.push({ hash, events: ids.map(id => ({ id })) }),
    replaceLast: (hash: Hex) => void blocks.splice(-1, 1, { hash, events: [] }),
    setDown: (down: boolean) => {
      isDown = down
    }
  }
}

function follow(chain: ReturnType<typeof fakeSource>, known: readonly string[]) {
  const stale: string[] = []
  const onNews = vi.fn()
  const books = {
    get: (id: ChannelId) => (known.includes(id) ? ({ id } as never) : undefined),
    values: () => known.map(id => ({ id }) as never).values(),
    noteSeen: (id: ChannelId, atMs: number) => {
      expect(atMs).toBe(Number.NEGATIVE_INFINITY)
      stale.push(id)
    }
  }
  const news = createChainNews({ source: chain.source, owner: OWNER, books, onNews, log: QUIET, intervalMs: 5 })
  stops.push(news.stop)
  news.start()
  return { stale, onNews }
}

describe('news of the chain', () => {
  it('have the channels of ours that they are about looked at, and no others', async () => {
    const chain = fakeSource()
    const { stale, onNews } = follow(chain, ['0xa', '0xb'])
    await new Promise(resolve => setTimeout(resolve, 30))
    chain.mine('0x1', '0xb', '0xc')
    await vi.waitFor(() => expect(stale).toEqual(['0xb']))
    expect(onNews).toHaveBeenCalledTimes(1)
    chain.mine('0x2', '0xc')
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(onNews).toHaveBeenCalledTimes(1)
  })

  it('are also what is not there any more', async () => {
    const chain = fakeSource()
    const { stale } = follow(chain, ['0xa'])
    await new Promise(resolve => setTimeout(resolve, 30))
    chain.mine('0x1', '0xa')
    await vi.waitFor(() => expect(stale).toEqual(['0xa']))
    chain.replaceLast('0x1b')
    chain.mine('0x2')
    await vi.waitFor(() => expect(stale).toEqual(['0xa', '0xa']))
  })

  it('come once the chain answers', async () => {
    const chain = fakeSource()
    chain.setDown(true)
    const { stale } = follow(chain, ['0xa'])
    await new Promise(resolve => setTimeout(resolve, 20))
    chain.setDown(false)
    // It may take its first look at any of these.
    await vi.waitFor(() => {
      chain.mine(`0x${Math.random().toString(16).slice(2)}`, '0xa')
      expect(stale.length).toBeGreaterThan(0)
    })
  })
})
