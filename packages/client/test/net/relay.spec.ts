import { expect, it } from 'vitest'
import { RESERVATIONS_PER_PREFIX_MAX } from '../../src/net/limits.ts'
import { startPeer, until } from './peers.ts'

it('a relay has only so many places for the peers of one prefix', async () => {
  const relay = await startPeer({ relay: 'serve', isDiverse: true })
  const start = () => startPeer({ relay: 'use', listen: [] })
  const isRelayed = (peer: Awaited<ReturnType<typeof start>>) => peer.reachability().state === 'relayed'
  const served = await Promise.all(Array.from({ length: RESERVATIONS_PER_PREFIX_MAX }, start))
  for (const peer of served) await peer.connect(relay.addresses())
  // On loopback a relayed address is as good as any.
  await until(
    () => served.every(each => each.addresses().some(address => String(address).includes('/p2p-circuit'))),
    'places',
    15_000
  )
  const late = await start()
  await late.connect(relay.addresses())
  await new Promise(resolve => setTimeout(resolve, 1_000))
  expect(late.addresses()).toEqual([])
  expect(isRelayed(served[0]!)).toBe(true)
})
