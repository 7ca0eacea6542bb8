import { type Address, toHex } from '@archipel/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createBondedKeys } from '../../../src/market/admission/bonded-keys.ts'
import {
  BACKER_BELIEVED_SEC,
  BACKER_FRESH_SEC,
  BACKER_KEYS_WAITING_MAX,
  BACKER_QUESTIONS_BURST,
  BACKERS_PER_QUESTION_MAX,
  STRANGER_FRESH_SEC
} from '../../../src/market/limits.ts'
import { until } from '../../net/peers.ts'

const OWNER: Address = `0x${'0e'.repeat(20)}`
const keyOf = (n: number): Address => {
  const bytes = new Uint8Array(20)
  new DataView(bytes.buffer).setUint32(0, n)
  return toHex(bytes)
}

/** A chain on which every key below 1,000 has a bond behind it. */
function setUp() {
  const clock = { sec: 1_800_000_000 }
  const chain = { isDown: false, questions: [] as number[], bonded: (key: Address) => Number(key.slice(0, 10)) < 1_000 }
  const keys = createBondedKeys({
    nowSec: () => clock.sec,
    async read(asked) {
      chain.questions.push(asked.length)
      if (chain.isDown) throw new Error('nobody answers')
      return asked.map(key => (chain.bonded(key) ? OWNER : undefined))
    }
  })
  onTestFinished(() => keys.stop())
  return { keys, clock, chain }
}

const owner = { type: 'owner', owner: OWNER }

describe('whether a key is bonded', () => {
  it('is asked once for many keys, and then known', async () => {
    const { keys, chain } = setUp()
    const all = [...Array(300).keys(), 2_000].map(keyOf)
    const answers = await Promise.all([...all, keyOf(1)].map(key => keys.ask(key)))
    expect(answers.slice(0, 300)).toEqual(new Array(300).fill(owner))
    expect(answers.slice(300)).toEqual([{ type: 'none' }, owner])
    expect(chain.questions).toEqual([301])
    expect(keys.peek(keyOf(3))).toEqual(owner)
    expect(keys.peek(keyOf(2_000))).toEqual({ type: 'none' })
    expect(keys.peek(keyOf(2_001))).toBeUndefined()
    await keys.ask(keyOf(2_000))
    expect(chain.questions).toHaveLength(1)
  })

  it('is unknown while the chain cannot be asked, and asked again later', async () => {
    const { keys, chain } = setUp()
    chain.isDown = true
    expect(await keys.ask(keyOf(1))).toEqual({ type: 'unknown' })
    expect(keys.peek(keyOf(1))).toBeUndefined()
    chain.isDown = false
    expect(await keys.ask(keyOf(1))).toEqual(owner)
  })

  it('is asked again after a while, and believed meanwhile, for a day at most', async () => {
    const { keys, chain, clock } = setUp()
    await keys.ask(keyOf(1))
    chain.isDown = true
    clock.sec += BACKER_FRESH_SEC
    expect(keys.peek(keyOf(1))).toEqual(owner)
    await until(() => chain.questions.length === 2, 'the question')
    expect(keys.peek(keyOf(1))).toEqual(owner)
    clock.sec += BACKER_BELIEVED_SEC - BACKER_FRESH_SEC - 1
    expect(keys.peek(keyOf(1))).toEqual(owner)
    clock.sec += 1
    expect(keys.peek(keyOf(1))).toBeUndefined()
    expect(await keys.ask(keyOf(1))).toEqual({ type: 'unknown' })
  })

  it('is noticed when the bond is gone, and when one was posted', async () => {
    const { keys, chain, clock } = setUp()
    await Promise.all([1, 2_000].map(n => keys.ask(keyOf(n))))
    chain.bonded = key => key === keyOf(2_000)
    clock.sec += Math.max(BACKER_FRESH_SEC, STRANGER_FRESH_SEC)
    keys.peek(keyOf(1))
    expect(await keys.ask(keyOf(2_000))).toEqual(owner)
    await until(() => keys.peek(keyOf(1))?.type === 'none', 'the lost bond to be noticed')
  })

  it('is not asked more often than that, whatever strangers think of', async () => {
    const { keys, chain } = setUp()
    const asked = Array.from({ length: BACKER_KEYS_WAITING_MAX + 1 }, (_, n) => keys.ask(keyOf(n)))
    // One more than may wait is told at once that nobody knows.
    expect(await asked.at(-1)).toEqual({ type: 'unknown' })
    await Promise.all(asked)
    expect(chain.questions).toEqual(
      new Array(BACKER_KEYS_WAITING_MAX / BACKERS_PER_QUESTION_MAX).fill(BACKERS_PER_QUESTION_MAX)
    )
    expect(chain.questions.length).toBeLessThanOrEqual(BACKER_QUESTIONS_BURST)
    // With those the questions at hand are used up: whoever comes now waits for the next.
    const startedMs = performance.now()
    await keys.ask(keyOf(50_000))
    expect(performance.now() - startedMs).toBeGreaterThan(300)
  })

  it('is taken back from what was kept, unless that is too old', async () => {
    const { keys, clock } = setUp()
    keys.restore(keyOf(5_000), { owner: OWNER, seenAt: clock.sec - BACKER_BELIEVED_SEC + 1 })
    keys.restore(keyOf(5_001), { owner: OWNER, seenAt: clock.sec - BACKER_BELIEVED_SEC })
    keys.restore(keyOf(5_002), { owner: OWNER, seenAt: clock.sec + 1 })
    expect(keys.peek(keyOf(5_000))).toEqual(owner)
    expect(keys.peek(keyOf(5_001))).toBeUndefined()
    expect(keys.peek(keyOf(5_002))).toBeUndefined()
    expect([...keys.facts()]).toEqual([[keyOf(5_000), { owner: OWNER, seenAt: clock.sec - BACKER_BELIEVED_SEC + 1 }]])
  })

  it('is not waited for once it is stopped', async () => {
    const { keys } = setUp()
    const asked = keys.ask(keyOf(1))
    keys.stop()
    expect(await asked).toEqual({ type: 'unknown' })
    expect(await keys.ask(keyOf(2))).toEqual({ type: 'unknown' })
  })
})
