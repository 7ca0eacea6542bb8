import type { Connection, PeerId } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { ASKED_MAX } from '../../../src/net/exchange/limits.ts'
import { createInboundLimit } from '../../../src/net/inbound-limit.ts'
import { createAsking } from '../../../src/net/join/asking.ts'
import { createBackoff } from '../../../src/net/join/backoff.ts'
import { balanceOf } from '../../../src/net/join/balance.ts'
import { chooseSurplus, type KnownPeer } from '../../../src/net/join/known-peers.ts'
import { BACKOFF_MAX_MS, FAILURES_MAX, LOST_FOR_MS, LOST_MAX, PROTECTED_MAX } from '../../../src/net/join/limits.ts'
import { createLostPeers } from '../../../src/net/join/lost.ts'
import { chooseProtected } from '../../../src/net/join/protection.ts'
import { createLan } from '../../../src/net/lan.ts'
import {
  INBOUND_PER_PREFIX_MAX,
  KNOWN_PEERS_MAX,
  KNOWN_PER_PREFIX_MAX,
  LAN_ADDRESSES_MAX
} from '../../../src/net/limits.ts'

const id = (name: string) => ({ toString: () => name, equals: () => false }) as unknown as PeerId
const known = (name: string, prefix: string, metAtMs = 0): KnownPeer => ({ peerId: id(name), prefix, metAtMs })
const connection = (name: string, host: string, direction: Connection['direction'] = 'outbound', open = 0) =>
  ({
    remotePeer: id(name),
    remoteAddr: multiaddr(`/ip4/${host}/tcp/1`),
    direction,
    timeline: { open }
  }) as unknown as Connection
const names = (peers: readonly { peerId: PeerId }[]) => peers.map(({ peerId }) => peerId.toString())

describe('known peers', () => {
  it('are forgotten from one above the bound on, never those that we are connected to', () => {
    const all = Array.from({ length: KNOWN_PEERS_MAX + 1 }, (_, i) => known(`p${i}`, `${i}/24`, i === 0 ? 0 : 1))
    expect(chooseSurplus(all.slice(1), new Map(), true)).toEqual([])
    expect(names(chooseSurplus(all, new Map(), true))).toEqual(['p0'])
    expect(names(chooseSurplus(all, new Map([['p0', id('p0')]]), true))).not.toContain('p0')
  })

  it('of one prefix are forgotten from one above its bound on, those that were never met first', () => {
    const all = Array.from({ length: KNOWN_PER_PREFIX_MAX + 1 }, (_, i) => known(`p${i}`, 'same', i === 3 ? 0 : i + 1))
    expect(names(chooseSurplus(all, new Map(), true))).toEqual(['p3'])
    expect(chooseSurplus(all, new Map(), false)).toEqual([])
  })

  it('that answered once are not washed out by a flood of those that were only heard of', () => {
    const friends = Array.from({ length: 20 }, (_, i) => known(`friend ${i}`, `f${i}`, 1))
    const flood = Array.from({ length: 2 * KNOWN_PEERS_MAX }, (_, i) => known(`new ${i}`, `n${i}`))
    const gone = new Set(names(chooseSurplus([...flood, ...friends], new Map(), true)))
    expect(names(friends).some(name => gone.has(name))).toBe(false)
  })
})

describe('what is remembered', () => {
  it('of failures is bounded, and a wait never longer than its own bound', () => {
    let nowMs = 0
    const backoff = createBackoff(
      () => 0.99,
      () => nowMs
    )
    for (let i = 0; i <= FAILURES_MAX; i++) backoff.failed(`p${i}`)
    expect(backoff.size).toBe(FAILURES_MAX)
    expect(backoff.isDue('p0')).toBe(true)
    for (let i = 0; i < 20; i++) backoff.failed('p5')
    expect(backoff.isDue('p5')).toBe(false)
    nowMs = 1.5 * BACKOFF_MAX_MS
    expect(backoff.isDue('p5')).toBe(true)
  })

  it('of lost peers is bounded in number and in time', () => {
    let nowMs = 0
    const lost = createLostPeers(() => nowMs)
    for (let i = 0; i <= LOST_MAX; i++) lost.add(id(`p${i}`))
    expect(lost.list()).toHaveLength(LOST_MAX)
    lost.found('p1')
    expect(lost.list()).toHaveLength(LOST_MAX - 1)
    nowMs = LOST_FOR_MS + 1
    expect(lost.list()).toEqual([])
  })

  it('of whom was asked is bounded, and a liar is left alone for longer', async () => {
    let nowMs = 0
    let error: Error | undefined
    const exchange = {
      ask: async () => {
        if (error !== undefined) throw error
        return []
      }
    }
    const asking = createAsking(exchange, () => nowMs)
    const { signal } = new AbortController()
    for (let i = 0; i <= ASKED_MAX; i++) await asking.ask(connection(`p${i}`, '9.9.9.9'), signal)
    expect(asking.isDue(id('p0'))).toBe(true)
    expect(asking.isDue(id('p1'))).toBe(false)
    error = Object.assign(new Error('a liar'), { code: 'E_PEERS_INVALID', facts: {} })
    await asking.ask(connection('liar', '9.9.9.9'), signal)
    nowMs = 60_000
    expect(asking.isDue(id('p1'))).toBe(true)
    expect(asking.isDue(id('liar'))).toBe(false)
  })

  it('of addresses on the LAN is bounded', () => {
    const found = new EventTarget()
    const lan = createLan((() => found) as never)
    ;(lan.discovery as (components: unknown) => unknown)({})
    const address = (i: number) => multiaddr(`/ip4/192.168.1.1/tcp/${i + 1}`)
    for (let i = 0; i <= LAN_ADDRESSES_MAX; i++) {
      found.dispatchEvent(new CustomEvent('peer', { detail: { multiaddrs: [address(i)] } }))
    }
    expect(lan.has(address(0))).toBe(false)
    expect(lan.has(address(1))).toBe(true)
    expect(lan.has(multiaddr('/ip4/192.168.1.2/tcp/1'))).toBe(false)
  })
})

describe('connections', () => {
  it('of one prefix count no more than we would choose', () => {
    const sybils = Array.from({ length: 6 }, (_, i) => connection(`s${i}`, `6.6.6.${i}`))
    const rules = { connectionsMin: 6, isDiverse: true }
    expect(balanceOf(sybils, rules).missing).toBe(4)
    expect(balanceOf(sybils, { ...rules, isDiverse: false }).missing).toBe(0)
    const mixed = Array.from({ length: 6 }, (_, i) => connection(`m${i}`, `6.6.${i}.1`))
    expect(balanceOf(mixed, rules).missing).toBe(0)
  })

  it('from one prefix are taken up to a bound', () => {
    const limit = createInboundLimit({ isDiverse: true })
    const calls = Array.from({ length: INBOUND_PER_PREFIX_MAX - 1 }, (_, i) =>
      connection(`s${i}`, '6.6.6.6', 'inbound')
    )
    limit.watch({ getConnections: () => calls })
    const denies = (host: string) =>
      limit.gater.denyInboundConnection!({ remoteAddr: multiaddr(`/ip4/${host}/tcp/1`) } as never)
    expect(denies('6.6.6.7')).toBe(false)
    calls.push(connection('last', '6.6.6.9', 'inbound'))
    expect(denies('6.6.6.7')).toBe(true)
    expect(denies('6.6.7.7')).toBe(false)
  })

  it('that are protected are first contacts and the oldest of several prefixes', () => {
    const all = [
      ...Array.from({ length: 8 }, (_, i) => connection(`sybil ${i}`, '6.6.6.6', 'outbound', i)),
      ...Array.from({ length: 8 }, (_, i) => connection(`friend ${i}`, `7.7.${i}.7`, 'outbound', 100 + i)),
      connection('first', '8.8.8.8', 'outbound', 1_000),
      connection('caller', '9.9.9.9', 'inbound', 0)
    ]
    const chosen = chooseProtected(all, peer => peer === 'first').map(String)
    expect(chosen).toEqual(['first', 'sybil 0', 'friend 0', 'friend 1', 'friend 2'])
    expect(chosen).toHaveLength(PROTECTED_MAX + 1)
  })
})
