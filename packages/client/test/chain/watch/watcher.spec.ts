import { CodedError } from '@archipel/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LOG_BLOCKS_MAX } from '../../../src/chain/limits.ts'
import type { BlockRef, WatchBatch, WatchedEvent } from '../../../src/chain/watch/watch-step.ts'
import { type ChainWatcherInit, createChainWatcher } from '../../../src/chain/watch/watcher.ts'
import { createFakeChain, type FakeChain } from '../fake-chain.ts'

const DEPTH = 6
const keyOf = ({ blockHash, event }: WatchedEvent) => `${blockHash}/${event.logIndex}`

/** Takes batches as a store would, and fails when something is told or taken back twice. */
function createReader(chain: FakeChain, init: Partial<ChainWatcherInit> = {}) {
  const held = new Map<string, WatchedEvent>()
  const batches: WatchBatch[] = []
  let stored: BlockRef | number = 1
  const take = (batch: WatchBatch): void => {
    batches.push(batch)
    for (const event of batch.retracted) expect(held.delete(keyOf(event))).toBe(true)
    for (const event of batch.added) {
      expect(held.has(keyOf(event))).toBe(false)
      held.set(keyOf(event), event)
    }
    stored = batch.position
  }
  const create = () => createChainWatcher({ source: chain.source, from: stored, onBatch: take, depth: DEPTH, ...init })
  let watcher = create()
  return {
    batches,
    take,
    get watcher() {
      return watcher
    },
    get stored() {
      return stored
    },
    held: () => [...held.keys()],
    look: () => watcher.look(),
    /** As after a crash: what came after the stored position is forgotten. */
    restart() {
      const from = typeof stored === 'number' ? stored - 1 : stored.blockNumber
      for (const [key, { event }] of held) if (event.blockNumber > from) held.delete(key)
      watcher = create()
    }
  }
}

describe('a chain watcher', () => {
  it('tells each event once, in order, and nothing of blocks before its first', async () => {
    const chain = createFakeChain()
    chain.mine(1)
    chain.mine(2)
    const reader = createReader(chain, { from: 2 })
    await reader.look()
    await reader.look()
    chain.mine(1)
    await reader.look()
    expect(reader.batches.map(({ added }) => added.map(keyOf))).toEqual([
      chain.events().slice(1, 3).map(keyOf),
      chain.events().slice(3).map(keyOf)
    ])
    expect(reader.batches.at(-1)).toMatchObject({ retracted: [], tip: { blockNumber: 3, blockHash: chain.hashOf(3) } })
  })

  it.each([
    ['the latest blocks tells those that are not final', 'latest', 14],
    ['a block among those tells nothing of what was before', 18, 17]
  ] as const)('that begins with %s, and sees through a re-organisation below it', async (_, from, skipped) => {
    const chain = createFakeChain()
    for (let i = 0; i < 20; i++) chain.mine(1)
    const reader = createReader(chain, { from })
    await reader.look()
    expect(reader.held()).toEqual(chain.events().slice(skipped).map(keyOf))
    chain.reorg(DEPTH, [1, 1, 1, 1, 1, 1, 1])
    await reader.look()
    expect(reader.held()).toEqual(chain.events().slice(skipped).map(keyOf))
  })

  it('takes back the events of replaced blocks, newest first, and no others', async () => {
    const chain = createFakeChain()
    for (const count of [1, 2, 0, 3, 1]) chain.mine(count)
    const reader = createReader(chain)
    await reader.look()
    const before = chain.events().map(keyOf)
    chain.reorg(2, [1, 0, 1])
    await reader.look()
    expect(reader.batches[1]!.retracted.map(keyOf)).toEqual(before.slice(3).reverse())
    expect(reader.held()).toEqual(chain.events().map(keyOf))
  })

  it('goes on after a restart from the stored position, wherever the chain went meanwhile', async () => {
    const chain = createFakeChain()
    for (let i = 0; i < 12; i++) chain.mine(1)
    const reader = createReader(chain)
    await reader.look()
    expect(reader.stored).toMatchObject({ blockNumber: 12 - DEPTH })
    chain.mine(1)
    await reader.look()
    expect(reader.stored).toEqual({ blockNumber: 13 - DEPTH, blockHash: chain.hashOf(13 - DEPTH) })
    expect(reader.watcher.position).toEqual(reader.stored)
    chain.reorg(DEPTH, [2, 2, 2, 2, 2, 2, 2])
    reader.restart()
    await reader.look()
    expect(reader.held()).toEqual(chain.events().map(keyOf))
  })

  it('says when even what was final is gone, and tells nothing until somebody decides', async () => {
    const chain = createFakeChain()
    for (let i = 0; i < 20; i++) chain.mine(1)
    const reader = createReader(chain)
    await reader.look()
    chain.mine(1)
    await reader.look()
    const told = reader.batches.length
    chain.reorg(DEPTH + 2, Array(12).fill(0))
    await expect(reader.look()).rejects.toMatchObject({
      code: 'E_REORG_TOO_DEEP',
      facts: { blockNumber: 21 - DEPTH },
      hint: expect.any(String)
    })
    expect(reader.batches).toHaveLength(told)
  })

  it('takes an endpoint that is behind for no re-organisation', async () => {
    const chain = createFakeChain()
    for (let i = 0; i < 5; i++) chain.mine(1)
    const reader = createReader(chain)
    await reader.look()
    const { head } = chain.source
    Object.assign(chain.source, { head: async () => 3 })
    await reader.look()
    expect(reader.batches).toHaveLength(1)
    Object.assign(chain.source, { head })
    chain.mine(1)
    await reader.look()
    expect(reader.held()).toEqual(chain.events().map(keyOf))
  })

  it('takes back what a chain that became shorter does not have, once that shows', async () => {
    const chain = createFakeChain()
    for (let i = 0; i < 5; i++) chain.mine(1)
    const reader = createReader(chain)
    await reader.look()
    chain.reorg(3, [1])
    await reader.look()
    expect(reader.held()).toEqual(chain.events().map(keyOf))
  })

  it('tells again what could not be taken', async () => {
    const chain = createFakeChain()
    chain.mine(2)
    let fails = true
    const reader = createReader(chain, {
      onBatch(batch) {
        if (fails) throw new Error('disk full')
        reader.take(batch)
      }
    })
    await expect(reader.look()).rejects.toThrow('disk full')
    fails = false
    await reader.look()
    expect(reader.held()).toEqual(chain.events().map(keyOf))
  })

  it('reads a long past in bounded ranges that leave nothing out', async () => {
    const chain = createFakeChain()
    for (let i = 0; i < 2 * LOG_BLOCKS_MAX + 10; i++) chain.mine(i % 1_000 === 0 ? 1 : 0)
    const reader = createReader(chain)
    await reader.look()
    expect(chain.ranges).toEqual([
      [1, LOG_BLOCKS_MAX],
      [LOG_BLOCKS_MAX + 1, 2 * LOG_BLOCKS_MAX],
      [2 * LOG_BLOCKS_MAX + 1, 2 * LOG_BLOCKS_MAX + 10]
    ])
    expect(reader.held()).toEqual(chain.events().map(keyOf))
  })

  it('reads smaller ranges where endpoints take no larger ones', async () => {
    const chain = createFakeChain()
    for (let i = 0; i < 100; i++) chain.mine(1)
    const { select } = chain.source
    const source = {
      ...chain.source,
      select: () => async (from: number, to: number) => {
        if (to - from >= 10) throw new CodedError('E_RPC_ERROR', 'query returned more than 10000 results')
        return select(undefined)(from, to)
      }
    }
    const reader = createReader(chain, { source })
    await reader.look()
    expect(reader.held()).toEqual(chain.events().map(keyOf))
    expect(Math.max(...chain.ranges.map(([from, to]) => to - from + 1))).toBeLessThanOrEqual(10)
  })

  it('gives up where an endpoint refuses even one block', async () => {
    const chain = createFakeChain()
    for (let i = 0; i < 100; i++) chain.mine(1)
    const select = () => async () => {
      throw new CodedError('E_RPC_ERROR', 'no')
    }
    const reader = createReader(chain, { source: { ...chain.source, select } })
    await expect(reader.look()).rejects.toMatchObject({ code: 'E_RPC_ERROR' })
  })

  it('looks by itself between start and stop, and tells of looks that failed', async () => {
    const chain = createFakeChain()
    chain.mine(1)
    const problems: unknown[] = []
    let fails = 2
    chain.beforeAnswer = () => {
      if (fails-- > 0) throw new Error('down')
    }
    const reader = createReader(chain, { intervalMs: 5, onProblem: problem => problems.push(problem) })
    reader.watcher.start()
    await expect.poll(() => reader.held().length).toBe(1)
    expect(problems).toHaveLength(2)
    chain.mine(1)
    await expect.poll(() => reader.held().length).toBe(2)
    await reader.watcher.stop()
    chain.mine(1)
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(reader.held()).toHaveLength(2)
  })
})

describe('whatever becomes of the chain', () => {
  const happening = fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('mine' as const), events: fc.nat(3) }) },
    { weight: 4, arbitrary: fc.constant({ type: 'look' } as const) },
    { weight: 1, arbitrary: fc.constant({ type: 'restart' } as const) },
    { weight: 1, arbitrary: fc.constant({ type: 'fail' } as const) },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('reorg' as const),
        depth: fc.integer({ min: 1, max: DEPTH }),
        events: fc.array(fc.nat(2), { maxLength: DEPTH + 2 })
      })
    }
  )
  type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never

  it('a watcher tells and takes back each event once, and ends with what is on the chain', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 50, size: 'max' }),
        // What happens between two questions of one look.
        fc.array(fc.option(happening, { freq: 3 }), { maxLength: 50, size: 'max' }),
        async (happenings, between) => {
          const chain = createFakeChain()
          for (let i = 0; i < 2 * DEPTH; i++) chain.mine(i % 2)
          let fails = false
          // Never deeper than what counts as final, which is never replaced.
          let highest = chain.head
          const change = (what: Happening | null | undefined) => {
            if (what?.type === 'mine') chain.mine(what.events)
            if (what?.type === 'fail') fails = true
            if (what?.type === 'reorg') {
              const lowest = Math.max(highest - DEPTH, 0)
              chain.reorg(Math.min(what.depth, chain.head - lowest), what.events)
            }
            highest = Math.max(highest, chain.head)
          }
          const reader = createReader(chain, {
            onBatch(batch) {
              if (fails) throw new Error('disk full')
              reader.take(batch)
            }
          })
          chain.beforeAnswer = () => change(between.shift())
          for (const what of happenings) {
            if (what.type === 'look') await reader.look().catch(() => {})
            else if (what.type === 'restart') reader.restart()
            else change(what)
            fails = false
          }
          between.length = 0
          // Until it is longer than ever, what is behind and what was replaced look alike.
          while (chain.head <= highest) chain.mine(1)
          await reader.look()
          expect(reader.held()).toEqual(chain.events().map(keyOf))
        }
      ),
      { numRuns: Math.max(400, fc.readConfigureGlobal()?.numRuns ?? 0) }
    )
  })
})
