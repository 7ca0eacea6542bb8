import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { BLOCKED_AFTER_MS, type ReachabilityFacts, reachabilityOf } from '../../src/net/reachability.ts'
import { startPair, startPeer, until } from './peers.ts'

const RELAYED = '/ip4/9.9.9.9/tcp/1/p2p/16Uiu2HAmAzzSWUwXCtqPLmJFPoE3K7DFcVpg4wQmYLCAkjx5oQjA/p2p-circuit'
const connection = (direction: 'inbound' | 'outbound', text: string) => ({
  direction,
  remoteAddr: multiaddr(text)
})

const judge = ({
  addresses = [],
  ...facts
}: Partial<Omit<ReachabilityFacts, 'addresses'>> & { addresses?: string[] }) =>
  reachabilityOf({
    connections: [connection('outbound', '/ip4/8.8.8.8/tcp/1')],
    listens: true,
    allowPrivateAddresses: false,
    upMs: BLOCKED_AFTER_MS,
    ...facts,
    addresses: addresses.map(text => multiaddr(text))
  })

describe('reachability', () => {
  it.each([
    ['a public address that others called', { addresses: ['/ip4/8.8.4.4/tcp/1'] }, 'public'],
    ['a call from outside', { connections: [connection('inbound', '/ip4/8.8.8.8/tcp/1')] }, 'public'],
    ['a call from the same LAN', { connections: [connection('inbound', '/ip4/192.168.1.2/tcp/1')] }, 'blocked'],
    ['private addresses', { addresses: ['/ip4/192.168.1.2/tcp/1'] }, 'blocked'],
    ['a relay', { addresses: ['/ip4/192.168.1.2/tcp/1', RELAYED] }, 'relayed'],
    ['a relay and a public address', { addresses: [RELAYED, '/ip4/8.8.4.4/tcp/1'] }, 'public'],
    ['a call through a relay', { connections: [connection('inbound', RELAYED)] }, 'blocked'],
    ['nothing to listen on', { listens: false, upMs: 0 }, 'blocked'],
    ['no peer', { connections: [] }, 'unknown'],
    ['too little time', { upMs: BLOCKED_AFTER_MS - 1 }, 'unknown'],
    ['nobody who calls', {}, 'blocked'],
    [
      'a private address where those count',
      { addresses: ['/ip4/127.0.0.1/tcp/1'], allowPrivateAddresses: true, connections: [] },
      'public'
    ]
  ] as const)('with %s', (_, facts, state) => {
    const judged = judge(facts as Parameters<typeof judge>[0])
    expect(judged.state).toBe(state)
    expect(judged.reason).not.toBe('')
  })
})

describe('the list of peers', () => {
  it('says who they are, who called whom, and how far away', async () => {
    const { client, server, connection } = await startPair('tcp', {
      userAgent: 'sample/1',
      monitor: { intervalMs: 50 }
    })
    await until(async () => (await client.peers())[0]?.agent !== undefined && connection.rtt !== undefined, 'identify')
    const [peer] = await client.peers()
    expect(peer).toMatchObject({
      peerId: server.peerId.toString(),
      direction: 'outbound',
      how: 'direct',
      agent: 'sample/1'
    })
    expect(peer!.address).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/)
    expect(peer!.latencyMs).toBeGreaterThanOrEqual(0)
    expect(Math.abs(peer!.since - Date.now() / 1000)).toBeLessThan(60)
    expect((await server.peers())[0]).toMatchObject({ peerId: client.peerId.toString(), direction: 'inbound' })
    expect(client.reachability().state).toBe('public')
    expect((await startPeer({ listen: [] })).reachability().state).toBe('blocked')
  })
})
