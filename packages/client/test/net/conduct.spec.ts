import { describe, expect, it } from 'vitest'
import { createConduct, REFUSED_MS_MAX, REFUSED_MS_MIN } from '../../src/net/conduct.ts'

function setUp() {
  const clock = { ms: 0 }
  const refused: string[] = []
  const conduct = createConduct({ nowMs: () => clock.ms, onRefused: peer => refused.push(peer) })
  return { clock, refused, conduct }
}

describe('a peer that floods', () => {
  it('with 1,000 invalid messages a second is refused at the third', () => {
    const { conduct, refused, clock } = setUp()
    for (let i = 0; i < 2; i++) conduct.invalid('mallory')
    clock.ms += 1
    expect(conduct.isRefused('mallory')).toBe(false)
    conduct.invalid('mallory')
    expect(conduct.isRefused('mallory')).toBe(true)
    expect(conduct.score('mallory')).toBeLessThan(-80)
    for (let i = 0; i < 1_000; i++) conduct.invalid('mallory')
    expect(refused).toEqual(['mallory'])
    expect(conduct.isRefused('bob')).toBe(false)
    expect(conduct.score('bob')).toBe(0)
  })

  it('with 1,000 useless messages a second is refused within two seconds', () => {
    const { conduct, clock } = setUp()
    while (!conduct.isRefused('mallory')) {
      clock.ms += 1
      conduct.useless('mallory')
    }
    expect(clock.ms).toBeLessThan(2_000)
    expect(clock.ms).toBeGreaterThan(1_000)
  })

  it('with keys that it makes up is refused at the fortieth', () => {
    const { conduct } = setUp()
    for (let i = 0; i < 40; i++) conduct.useless('mallory', 25)
    expect(conduct.isRefused('mallory')).toBe(false)
    conduct.useless('mallory', 25)
    expect(conduct.isRefused('mallory')).toBe(true)
  })

  it('is refused for a minute, then twice as long each time, and never for more than an hour', () => {
    const { conduct, clock } = setUp()
    for (let expectedMs = REFUSED_MS_MIN, i = 0; i < 10; i++, expectedMs = Math.min(2 * expectedMs, REFUSED_MS_MAX)) {
      for (let k = 0; k < 3; k++) conduct.invalid('mallory')
      clock.ms += expectedMs - 1
      expect(conduct.isRefused('mallory')).toBe(true)
      clock.ms += 1
      expect(conduct.isRefused('mallory')).toBe(false)
    }
  })
})

describe('an honest peer', () => {
  it('that passes on fifty useless messages a second for a day is never refused', () => {
    const { conduct, clock } = setUp()
    for (let second = 0; second < 3_600; second++) {
      clock.ms += 1_000
      for (let i = 0; i < 50; i++) conduct.useless('bob')
    }
    expect(conduct.isRefused('bob')).toBe(false)
  })

  it('is forgiven what is invalid, after a while', () => {
    const { conduct, clock } = setUp()
    for (let i = 0; i < 20; i++) {
      conduct.invalid('bob')
      clock.ms += 61_000
    }
    expect(conduct.isRefused('bob')).toBe(false)
  })
})

it('what strangers are called fills no memory, and pushes out who was heard of longest ago', () => {
  const { conduct } = setUp()
  for (let k = 0; k < 3; k++) conduct.invalid('mallory')
  for (let i = 0; i < 1_023; i++) for (let k = 0; k < 3; k++) conduct.invalid(`sybil ${i}`)
  expect(conduct.isRefused('mallory')).toBe(true)
  for (let k = 0; k < 3; k++) conduct.invalid('one more')
  expect(conduct.isRefused('mallory')).toBe(false)
})
