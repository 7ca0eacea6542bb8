import {
  blocksProtocol,
  bookProtocol,
  createNetwork,
  type Network,
  negotiateProtocol,
  offersTopic
} from '@archipel/client'
import { nodeTransports } from '@archipel/client/node'
import { DEFAULT_PROVIDERS } from 'archipel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestBuyer } from '../fixtures/buyer.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import { jobOf } from '../fixtures/jobs.ts'
import { keyOf } from '../fixtures/keys.ts'
import { residentBytes } from '../fixtures/processes.ts'
import { NOOP } from '../fixtures/programs.ts'
import { createPuppetBuyer } from '../fixtures/puppet-buyer.ts'
import { waitFor } from '../fixtures/wait-for.ts'

const MIB = 2 ** 20
/** What all of this together may make a provider hold on to. */
const GROWTH_BYTES_MAX = 128 * MIB
const [PLAN] = DEFAULT_PROVIDERS

let network: TestNetwork
let buyer: TestBuyer
let pid: number
let addresses: readonly string[]
let beforeBytes: number
beforeAll(async () => {
  network = await createTestNetwork({ providers: [PLAN!] })
  buyer = await network.addBuyer()
  pid = network.provider(PLAN!.name).pid!
  addresses = (await network.statusOf(PLAN!.name)).multiaddrs
  await expectServing()
  beforeBytes = residentBytes(pid)
})
afterAll(() => network?.stop())

/** A job from start to end, in the time that it takes when nobody disturbs. */
async function expectServing(): Promise<void> {
  const { replicas } = await buyer.client.runJob(jobOf())
  expect(replicas.map(({ state }) => state)).toEqual(['paid'])
}

async function attacker(name: string): Promise<Network> {
  const peer = await createNetwork({
    network: network.descriptor.name,
    privateKey: keyOf(name).privateKey,
    transports: nodeTransports(),
    allowPrivateAddresses: true,
    connectionsMin: 0
  })
  network.onStop(() => peer.stop())
  await peer.start()
  return peer
}

type Open = Awaited<ReturnType<Network['openStream']>>

const isOver = (stream: Open) => stream.status !== 'open'
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
const frame = (bytes: Uint8Array) => Uint8Array.from([...varint(bytes.length), ...bytes])

const GARBAGE: [what: string, bytes: Uint8Array][] = [
  ['noise', Uint8Array.from({ length: 4096 }, (_, i) => (i * 197 + 31) % 256)],
  ['a prefix that claims a terabyte', Uint8Array.from([255, 255, 255, 255, 255, 255, 127])],
  ['a frame larger than allowed', Uint8Array.from(varint(8 * MIB))],
  ['an empty frame', Uint8Array.of(0)],
  ['a frame of nested lists', frame(new Uint8Array(2000).fill(0x81))],
  ['a list that claims to be endless', frame(Uint8Array.from([0x9b, 255, 255, 255, 255, 255, 255, 255, 255]))],
  ['a message of no known kind', frame(Uint8Array.from([0xa1, 0x61, 0x78, 0xf6]))]
]
const PROTOCOLS: [name: string, id: (network: string) => string][] = [
  ['negotiate', negotiateProtocol],
  ['blocks', blocksProtocol],
  ['book', bookProtocol]
]

describe('a provider under attack', () => {
  it.each(PROTOCOLS)('resets %s streams that carry garbage, and serves honest buyers', async (name, id) => {
    const peer = await attacker(`sends garbage on ${name}`)
    // Whoever asks for the book may ask in any words.
    for (const [what, bytes] of name === 'book' ? GARBAGE.slice(0, -1) : GARBAGE) {
      const stream = await peer.openStream(addresses, id(network.descriptor.name))
      stream.send(bytes)
      await waitFor(() => isOver(stream), { timeoutMs: 10_000, what: `${name} to end a stream with ${what}` })
    }
    await expectServing()
    await peer.stop()
  })

  it.each(PROTOCOLS)('gives one peer only so many %s streams at once', async (name, id) => {
    const peer = await attacker(`floods ${name}`)
    const streams: Open[] = []
    for (let i = 0; i < 40; i++) {
      const stream = await peer.openStream(addresses, id(network.descriptor.name)).catch(() => undefined)
      if (stream !== undefined) streams.push(stream)
    }
    await waitFor(() => streams.filter(stream => !isOver(stream)).length <= 4, {
      timeoutMs: 10_000,
      what: () => `the surplus to be reset; open: ${streams.filter(stream => !isOver(stream)).length}`
    })
    await expectServing()
    await peer.stop()
  })

  it('serves while many peers hold streams and leave frames unfinished', async () => {
    const peers = await Promise.all(Array.from({ length: 20 }, (_, i) => attacker(`slow ${i}`)))
    for (const peer of peers) {
      for (const [, id] of PROTOCOLS) {
        const stream = await peer.openStream(addresses, id(network.descriptor.name))
        // The start of a large frame, and then nothing.
        stream.send(Uint8Array.from([...varint(60_000), ...new Uint8Array(1000)]))
      }
    }
    await expectServing()
    await Promise.all(peers.map(peer => peer.stop()))
  })

  it('answers a buyer that asks for bids on end and takes none', async () => {
    const asker = await createPuppetBuyer(network, 'only asks', 10n ** 18n)
    const talk = await asker.talkTo(addresses)
    for (let i = 0; i < 2000; i++) await talk.ask(NOOP, { durationSec: 1 + (i % 3600) })
    // Meanwhile others are served, too.
    await expectServing()
    await waitFor(() => talk.heard.length >= 2000, { timeoutMs: 60_000, what: 'all to be answered' })
    expect(talk.heard.every(({ type }) => type === 'bid')).toBe(true)
    // It was busy all the time, and never so busy that it did not answer pings.
    expect(talk.isOver).toBe(false)
    await asker.stop()
  })

  it('ignores gossip that is no offer', async () => {
    const peer = await attacker('gossips nonsense')
    await peer.connect(addresses)
    const topic = offersTopic(network.descriptor.name)
    await waitFor(() => peer.gossip.subscribers(topic).length > 0, { timeoutMs: 10_000, what: 'a neighbour' })
    for (let i = 0; i < 500; i++) {
      await peer.gossip.publish(topic, Uint8Array.from([i % 256, i >> 8, ...new Uint8Array(500)])).catch(() => {})
    }
    await expectServing()
    expect((await network.statusOf(PLAN!.name)).offersKnown).toBe(1)
    await peer.stop()
  })

  it('holds on to no more memory than before, but for a bounded rest', async () => {
    await expectServing()
    await waitFor(() => residentBytes(pid) < beforeBytes + GROWTH_BYTES_MAX, {
      timeoutMs: 20_000,
      what: () => `memory to come back; it grew by ${Math.round((residentBytes(pid) - beforeBytes) / MIB)} MiB`
    })
    // The same process all along.
    expect(network.provider(PLAN!.name).pid).toBe(pid)
  })
})
