import { describe, expect, it } from 'vitest'
import { createMaintainer } from '../../src/net/maintainer.ts'
import { startPeer, until } from './peers.ts'

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
    const { dials, host, looks } = fakeHost({ connected: ['a', 'b'], known: ['a', 'b', 'c'] })
    const maintainer = createMaintainer(host, { bootstrap: [], connectionsMin: 2, intervalMs: 5 })
    maintainer.start()
    await until(() => looks() > 10, 'some looks')
    maintainer.stop()
    expect(dials).toEqual([])
  })

  it('waits longer after each failure, and not at all after waking up', async () => {
    const { dials, host, looks } = fakeHost({ connected: [], known: ['c'], refuse: true })
    const maintainer = createMaintainer(host, { bootstrap: [], connectionsMin: 1, intervalMs: 5 })
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

  it('reconnects a peer that is connected but deaf to gossip', async () => {
    const { host, closed } = fakeHost({ connected: ['a', 'b'], known: ['a', 'b'], hearing: ['b'] })
    const maintainer = createMaintainer(host, { bootstrap: [], connectionsMin: 1, intervalMs: 2 })
    maintainer.start()
    await until(() => closed.length > 0, 'the deaf connection to be closed')
    maintainer.stop()
    expect(closed).toEqual(['a'])
  })
})

/** Counts what the maintainer does; the tests above this one and create-network's run it on the real thing. */
function fakeHost(init: { connected: string[]; known: string[]; hearing?: string[]; refuse?: boolean }) {
  const dials: string[] = []
  const closed: string[] = []
  let looks = 0
  const id = (name: string) => ({ toString: () => name })
  const host = {
    peerId: id('self'),
    getPeers: () => init.connected.map(id),
    getConnections: (peer: { toString(): string }) => [{ close: async () => void closed.push(peer.toString()) }],
    peerStore: {
      all: async () => init.known.map(name => ({ id: id(name), addresses: [{}] })),
      get: async () => ({ protocols: ['/meshsub/1.2.0'] })
    },
    services: {
      pubsub: {
        getPeers() {
          looks++
          return (init.hearing ?? init.connected).map(id)
        }
      }
    },
    async dial(target: { toString(): string }) {
      dials.push(target.toString())
      if (init.refuse === true) throw new Error('refused')
    }
  }
  return { dials, closed, looks: () => looks, host: host as unknown as Parameters<typeof createMaintainer>[0] }
}
