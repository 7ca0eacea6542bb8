import { describe, expect, it } from 'vitest'
import { createEventHeap } from './heap.ts'
import { createMesh, DEGREE, spread } from './mesh.ts'
import { cost, type Scenario } from './model.ts'
import { createRandom } from './random.ts'

const HOP = { medianMs: 40, sigma: 0.7, checkMs: 2 }
const SCENARIO: Scenario = {
  providers: 1_000,
  buyersPerProvider: 0.2,
  shards: 1,
  renewSec: 60,
  ttlSec: 120,
  shardsPerBuyer: 3,
  churnPerHour: 0.1,
  hop: HOP,
  seed: 7
}

it('hands out events in order of time', () => {
  const random = createRandom(1)
  const heap = createEventHeap()
  const times = Array.from({ length: 500 }, random)
  for (const [event, atMs] of times.entries()) heap.push(atMs, event)
  const popped = times.map(() => heap.pop())
  expect(popped.map(([atMs]) => atMs)).toEqual([...times].sort((a, b) => a - b))
  expect(popped.every(([atMs, event]) => times[event] === atMs)).toBe(true)
})

describe('a mesh', () => {
  it('has links that go both ways, and as many as gossipsub lets it have', () => {
    const mesh = createMesh(500, createRandom(2))
    mesh.forEach((own, peer) => {
      expect(new Set(own).size).toBe(own.length)
      for (const other of own) expect(mesh[other]).toContain(peer)
    })
    const degrees = mesh.map(({ length }) => length)
    expect(Math.max(...degrees)).toBeLessThanOrEqual(DEGREE.most)
    expect(degrees.reduce((sum, one) => sum + one, 0) / degrees.length).toBeCloseTo(6, 0)
  })

  it('brings a message to everybody, each link at most once each way', () => {
    const random = createRandom(3)
    const mesh = createMesh(500, random)
    const { heardMs, copies } = spread(mesh, 17, HOP, random)
    expect(heardMs[17]).toBe(0)
    expect(heardMs.every(Number.isFinite)).toBe(true)
    const links = mesh.reduce((sum, { length }) => sum + length, 0)
    // Whoever has heard it sends it to all neighbours but the one it came from.
    expect(copies).toBe(links - (mesh.length - 1))
  })

  it('that is torn apart leaves somebody out', () => {
    const { heardMs } = spread(createMesh(200, createRandom(4), 0.9), 0, HOP, createRandom(5))
    expect(heardMs.some(ms => !Number.isFinite(ms))).toBe(true)
  })
})

describe('what a network costs', () => {
  it('is the same each time for one seed', () => {
    expect(cost(SCENARIO)).toEqual(cost(SCENARIO))
    expect(cost({ ...SCENARIO, seed: 8 })).not.toEqual(cost(SCENARIO))
  })

  it('grows with the offers in a topic, and shrinks with topics and patience', () => {
    const { gossipBytesPerSec } = cost(SCENARIO)
    const ratio = (change: Partial<Scenario>) => cost({ ...SCENARIO, ...change }).gossipBytesPerSec / gossipBytesPerSec
    expect(ratio({ providers: 10_000 })).toBeCloseTo(10, 0)
    expect(ratio({ renewSec: 300 })).toBeCloseTo(0.2, 1)
    expect(ratio({ providers: 10_000, shards: 10 })).toBeCloseTo(1, 0)
  })
})
