import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMaintainer } from '../../../src/net/join/maintainer.ts'
import { startPeer, until } from '../peers.ts'

describe('maintainer', () => {
  it('connects to a bootstrap peer that comes up later', async () => {
    const early = await startPeer()
    const [address] = early.addresses()
    const port = /tcp\/(\d+)/.exec(address!.toString())![1]
    await early.stop()
    const seeker = await startPeer({ bootstrap: [`/ip4/127.0.0.1/tcp/${port}`], connectionsMin: 1 })
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(seeker.libp2p.getPeers()).toHaveLength(0)
    const late = await startPeer({ listen: [`/ip4/127.0.0.1/tcp/${port}`] })
    await until(() => seeker.connectionTo(late.peerId), 'a connection to the late peer', 15_000)
  })

  it('goes to a peer it knows when the bootstrap peer is gone', async () => {
    const [bootstrap, friend] = await Promise.all([startPeer(), startPeer()])
    const node = await startPeer({ bootstrap: [bootstrap!.addresses()[0]!.toString()], connectionsMin: 2 })
    await node.connect(friend!.addresses())
    await until(() => node.libp2p.getPeers().length === 2, 'both connections')
    await bootstrap!.stop()
    for (const connection of node.libp2p.getConnections(friend!.peerId)) connection.abort(new Error('cable cut'))
    await until(() => node.connectionTo(friend!.peerId) === undefined, 'the loss to be noticed')
    await until(() => node.connectionTo(friend!.peerId), 'the friend again')
  })

  it('dials no more than it needs, and never itself or whom it has', async () => {
    const { dials, host } = fakeHost({ connected: ['a', 'b'], known: ['a', 'b', 'c', 'd', 'e', 'f', 'self'] })
    const maintainer = createMaintainer(host, { bootstrap: [], connectionsMin: 3, intervalMs: 10, random: () => 0 })
    maintainer.start()
    await until(() => dials.length >= 2, 'dials')
    maintainer.stop()
    expect(dials.slice(0, 2).every(key => ['c', 'd', 'e', 'f'].includes(key))).toBe(true)
  })

  it('leaves everybody alone while there are enough connections', async () => {
    const { dials, host, looks } = fakeHost({ connected: ['a', 'b'], known: ['c', 'd'] })
    const maintainer = createMaintainer(host, { bootstrap: [], connectionsMin: 2, intervalMs: 2 })
    maintainer.start()
    await until(() => looks() > 5, 'some looks')
    maintainer.stop()
    expect(dials).toEqual([])
  })

  it('does not take being called for being connected: half of its connections are of its own choice', async () => {
    const called = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
    const { dials, host } = fakeHost({ connected: called, known: ['x', 'y', 'z'], direction: 'inbound' })
    const maintainer = createMaintainer(host, { bootstrap: [], connectionsMin: 4, intervalMs: 10 })
    maintainer.start()
    await until(() => dials.length >= 2, 'dials')
    maintainer.stop()
    expect(dials.every(key => ['x', 'y', 'z'].includes(key))).toBe(true)
  })

  it('waits longer after each failure, and not at all after waking up', async () => {
    const { dials, host, looks } = fakeHost({ connected: [], known: ['c'], refuse: true })
    const maintainer = createMaintainer(host, { bootstrap: [], connectionsMin: 1, intervalMs: 5, random: () => 0.9 })
    maintainer.start()
    await until(() => looks() > 20, 'some looks')
    expect(dials).toEqual(['c'])
    maintainer.wake()
    await until(() => dials.length === 2, 'a dial after waking up')
    maintainer.stop()
    const before = looks()
    maintainer.wake()
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(looks()).toBe(before)
  })

  it('forgets what failed when the machine slept', async () => {
    const { dials, host, looks } = fakeHost({ connected: [], known: ['c'], refuse: true })
    const maintainer = createMaintainer(host, { bootstrap: [], connectionsMin: 1, intervalMs: 5, random: () => 0.9 })
    onTestFinished(() => maintainer.stop())
    maintainer.start()
    await until(() => looks() > 5, 'some looks')
    expect(dials).toEqual(['c'])
    const now = vi.spyOn(Date, 'now')
    onTestFinished(() => now.mockRestore())
    const late = Date.now() + 3_600_000
    now.mockReturnValue(late)
    await until(() => dials.length === 2, 'a dial after the clock jumped')
  })

  it('is not held up by first contacts that do not answer', async () => {
    const bootstrap = Array.from({ length: 64 }, (_, i) => `/ip4/127.0.0.1/tcp/${i + 1}`)
    const { dials, host } = fakeHost({ connected: [], known: ['c', 'd'], hang: /^\/ip4/ })
    const maintainer = createMaintainer(host, { bootstrap, connectionsMin: 6, intervalMs: 5 })
    maintainer.start()
    await until(() => dials.includes('c') && dials.includes('d'), 'dials to the peers that are known', 2_000)
    maintainer.stop()
    expect(dials.length).toBeLessThanOrEqual(16)
  })

  it('chooses no more than two of one /24, however many are known there', async () => {
    const sybils = Array.from({ length: 100 }, (_, i) => `6.6.6.${i}`)
    const { dials, host, looks } = fakeHost({ connected: [], known: [...sybils, '7.7.7.7'], connects: true })
    const maintainer = createMaintainer(host, { bootstrap: [], isDiverse: true, connectionsMin: 6, intervalMs: 2 })
    maintainer.start()
    await until(() => looks() > 30, 'many looks')
    maintainer.stop()
    expect(dials.filter(key => key.startsWith('6.6.6.'))).toHaveLength(2)
    expect(dials).toContain('7.7.7.7')
  })

  it('knocks at one /24 no more often than a victim there would mind', async () => {
    const victims = Array.from({ length: 100 }, (_, i) => `6.6.6.${i}`)
    const { dials, host, looks } = fakeHost({ connected: [], known: victims, refuse: true })
    const maintainer = createMaintainer(host, { bootstrap: [], isDiverse: true, connectionsMin: 6, intervalMs: 2 })
    maintainer.start()
    await until(() => looks() > 60, 'many looks', 20_000)
    maintainer.stop()
    expect(dials.length).toBeLessThanOrEqual(10)
  })

  it('reconnects a peer that is connected but deaf to gossip', async () => {
    const { host, closed } = fakeHost({ connected: ['a', 'b'], known: ['a', 'b'], hearing: ['b'] })
    const maintainer = createMaintainer(host, { bootstrap: [], connectionsMin: 1, intervalMs: 2 })
    maintainer.start()
    await until(() => closed.length > 0, 'the deaf connection to be closed')
    maintainer.stop()
    expect(closed).toEqual(['a'])
  })
})

interface FakeInit {
  connected: string[]
  /** Names that are IPv4 addresses are where the peer is. */
  known: string[]
  hearing?: string[]
  direction?: 'inbound' | 'outbound'
  refuse?: boolean
  connects?: boolean
  hang?: RegExp
}

/** Counts what the maintainer does; the tests above this one and create-network's run it on the real thing. */
function fakeHost(init: FakeInit) {
  const dials: string[] = []
  const closed: string[] = []
  let looks = 0
  const id = (name: string) => ({ toString: () => name })
  const connection = (name: string) => ({
    remotePeer: id(name),
    remoteAddr: addressOf(name),
    direction: init.direction ?? 'outbound',
    timeline: { open: 0 },
    close: async () => void closed.push(name)
  })
  const connected = new Map(init.connected.map(name => [name, connection(name)]))
  const host = {
    peerId: id('self'),
    addEventListener() {},
    removeEventListener() {},
    getPeers: () => [...connected.keys()].map(id),
    getConnections: (peer?: { toString(): string }) =>
      [...connected.values()].filter(each => peer === undefined || each.remotePeer.toString() === peer.toString()),
    peerStore: {
      all: async () =>
        init.known.map(name => ({ id: id(name), addresses: [{ multiaddr: addressOf(name) }], metadata: new Map() })),
      get: async () => ({ protocols: ['/meshsub/1.2.0'] }),
      merge: async () => {},
      delete: async () => {}
    },
    services: {
      pubsub: {
        getPeers() {
          looks++
          return (init.hearing ?? [...connected.keys()]).map(id)
        }
      }
    },
    async dial(target: { toString(): string }) {
      const name = target.toString()
      dials.push(name)
      if (init.hang?.test(name)) await new Promise(() => {})
      if (init.refuse === true) throw new Error('refused')
      if (init.connects === true) connected.set(name, connection(name))
      return connection(name)
    }
  }
  return { dials, closed, looks: () => looks, host: host as unknown as Parameters<typeof createMaintainer>[0] }
}

const addressOf = (name: string) => multiaddr(/^\d+\./.test(name) ? `/ip4/${name}/tcp/1` : '/ip4/127.0.0.1/tcp/1')
