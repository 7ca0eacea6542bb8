import { describe, expect, it } from 'vitest'
import { requireFacility } from '../../scripts/facilities.ts'
import { waitFor } from '../fixtures/wait-for.ts'
import { createTestInternet } from './peers/namespaces.ts'
import { startHost } from './peers/process.ts'

describe.skipIf(!requireFacility('namespaces'))('peers on one LAN that know nobody', () => {
  it('find each other where both look, and nobody else', async () => {
    const internet = createTestInternet()
    const start = (name: string, address: string, lan: boolean) =>
      startHost(
        {
          network: 'test',
          peers: [{ name, listen: [`/ip4/${address}/tcp/0`], bootstrap: [], lan, allowPrivateAddresses: false }]
        },
        internet.machine(name, address)
      )
    const [one, two, other] = await Promise.all([
      start('one', '192.168.5.1', true),
      start('two', '192.168.5.2', true),
      start('other', '192.168.5.3', false)
    ])
    const startMs = performance.now()
    await waitFor(async () => (await one.look())[0]!.connected.includes(two.peers[0]!.peerId), {
      timeoutMs: 40_000,
      what: 'the two to meet'
    })
    console.info(`met on the LAN after ${((performance.now() - startMs) / 1000).toFixed(1)} s`)
    expect((await other.look())[0]!.connected).toEqual([])
  })
})
