import { describe, expect, it } from 'vitest'
import { requireFacility } from '../../scripts/facilities.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { createTestInternet } from './peers/namespaces.ts'
import type { PeerDetail } from './peers/orders.ts'
import { type PeerHost, startHost } from './peers/process.ts'

const RELAY = '11.1.0.1'
const network = 'test'
const ECHO = 'through the wall'

describe.skipIf(!requireFacility('namespaces'))('a peer behind a router that lets nobody in', () => {
  it('is called through a relay, knows that it is, and works', async () => {
    const internet = createTestInternet()
    const relayPlace = internet.machine('relay', RELAY)
    const callerPlace = internet.machine('caller', '11.2.0.1')
    const hiddenPlace = internet.machineBehindRouter('hidden', '11.3.0.1')

    const relay = await startHost({ network, peers: [{ ...at(RELAY), name: 'relay', relay: 'serve' }] }, relayPlace)
    const bootstrap = [`/ip4/${RELAY}/tcp/4101/p2p/${relay.peers[0]!.peerId}`]
    // It listens nowhere and knows nobody, or the hidden one would call it and there would be no need for a relay.
    const nowhere = { name: 'caller', listen: [], bootstrap: [], connectionsMin: 0, allowPrivateAddresses: false }
    const caller = await startHost({ network, peers: [nowhere] }, callerPlace)
    const hidden = await startHost(
      {
        network,
        peers: [
          {
            name: 'hidden',
            listen: ['/ip4/0.0.0.0/tcp/4101'],
            bootstrap,
            relay: 'use',
            allowPrivateAddresses: false
          }
        ]
      },
      hiddenPlace
    )
    const [hiddenId, callerId] = [hidden.peers[0]!.peerId, caller.peers[0]!.peerId]

    // Not at its own address, nor at its router's.
    for (const address of ['192.168.77.2', '11.3.0.1']) {
      const called = await caller.ask({
        order: 'echo',
        peer: 0,
        to: `/ip4/${address}/tcp/4101/p2p/${hiddenId}`,
        text: ''
      })
      expect(called).toMatchObject({ error: 'E_DIAL_FAILED' })
    }
    const startMs = performance.now()
    await waitFor(async () => (await detail(hidden)).reachability.state === 'relayed', {
      timeoutMs: 60_000,
      what: 'a place at the relay'
    })
    const relayedMs = performance.now() - startMs
    const address = (await look(hidden)).addresses.find(each => each.includes('/p2p-circuit'))
    expect(address).toContain(RELAY)

    const answer = await caller.ask({ order: 'echo', peer: 0, to: address!, text: ECHO })
    expect(answer).toEqual({ text: ECHO })
    const connection = (await detail(caller)).connections.find(({ peerId }) => peerId === hiddenId)
    expect(connection).toMatchObject({ how: 'relayed' })
    expect((await detail(hidden)).connections.some(({ peerId }) => peerId === callerId)).toBe(true)
    console.info(`a place at a relay after ${(relayedMs / 1000).toFixed(1)} s; called through it`)

    // Without the relay there is no way, and it says so.
    await relay.kill()
    await waitFor(async () => (await detail(hidden)).reachability.state !== 'relayed', {
      timeoutMs: 30_000,
      what: 'the loss of the relay to be noticed'
    })
  })
})

const look = async (host: PeerHost) => (await host.look())[0]!
const detail = async (host: PeerHost) => (await host.ask({ order: 'detail', peer: 0 })) as PeerDetail

function at(address: string) {
  const place = `/ip4/${address}/tcp/4101`
  return { listen: [place], announce: [place], bootstrap: [] as string[], allowPrivateAddresses: false }
}
