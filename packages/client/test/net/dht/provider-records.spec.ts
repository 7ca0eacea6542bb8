import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { describe, expect, it } from 'vitest'
import type { createDht } from '../../../src/net/dht/create-dht.ts'
import { PROVIDED_PER_PEER_MAX, PROVIDERS_TOLD_MAX, TABLE_PER_PREFIX_MAX } from '../../../src/net/dht/limits.ts'
import { guardRoutingTable } from '../../../src/net/dht/routing-table.ts'
import type { Network } from '../../../src/net/index.ts'
import { startPeer, until } from '../peers.ts'

const keyOf = async (name: string) => CID.createV1(raw.code, await sha256.digest(new TextEncoder().encode(name)))

describe('provider records', () => {
  it('of a peer that nothing is known of do not hide those of others', async () => {
    const { server, asker, providers } = await startProviders(2)
    const key = await keyOf('capability')
    await until(async () => {
      for (const each of providers)
        await each.libp2p.contentRouting.provide(key, { signal: AbortSignal.timeout(5_000) })
      return (await find(asker, key)).size === 2
    }, 'both to be found')
    await providers[0]!.stop()
    for (const each of [server, asker, providers[1]!]) await each.libp2p.peerStore.delete(providers[0]!.peerId)
    expect([...(await find(asker, key))]).toEqual([providers[1]!.peerId.toString()])
  })

  it('of one peer are kept up to a bound', async () => {
    const { server, providers } = await startProviders(1)
    const [provider] = providers
    const before = await count(server)
    for (let i = 0; i <= PROVIDED_PER_PEER_MAX; i++) {
      await provider!.libp2p.contentRouting.provide(await keyOf(`key ${i}`), { signal: AbortSignal.timeout(5_000) })
    }
    await until(async () => (await count(server)) >= before + PROVIDED_PER_PEER_MAX, 'the records')
    await new Promise(resolve => setTimeout(resolve, 200))
    expect(await count(server)).toBe(before + PROVIDED_PER_PEER_MAX)
  })

  it('are told up to a bound, and not when they are old', async () => {
    const { guarded, put } = await guardedStore({ validityMs: 60_000 })
    for (let i = 0; i <= PROVIDERS_TOLD_MAX; i++) await put('abc', Date.now())
    expect(await guarded('abc')).toHaveLength(PROVIDERS_TOLD_MAX)
    await put('old', Date.now() - 61_000)
    await put('old', Date.now() - 59_000)
    expect(await guarded('old')).toHaveLength(1)
  })
})

it('no value can be put into the DHT', async () => {
  const { server, asker } = await startProviders(0)
  const key = new TextEncoder().encode('/pk/whatever')
  // libp2p does not say that nobody took it.
  await asker.libp2p.contentRouting.put(key, new Uint8Array(4)).catch(() => {})
  expect(await Array.fromAsync(dataOf(server).queryKeys({ prefix: '/dht/record' }))).toEqual([])
})

it('the routing table takes no more of one prefix than its share', async () => {
  const listeners = new Map<string, (event: { detail: unknown }) => void>()
  const removed: string[] = []
  const table = {
    addEventListener: (type: string, listener: (event: { detail: unknown }) => void) => listeners.set(type, listener),
    remove: async (peer: string) => void removed.push(peer)
  }
  guardRoutingTable({ routingTable: table } as never, async peer => (String(peer).startsWith('s') ? 'a/24' : 'b/24'))
  const add = async (peer: string) => {
    listeners.get('peer:add')!({ detail: peer })
    await new Promise(resolve => setImmediate(resolve))
  }
  for (let i = 0; i <= TABLE_PER_PREFIX_MAX; i++) await add(`s${i}`)
  await add('other')
  expect(removed).toEqual([`s${TABLE_PER_PREFIX_MAX}`])
  listeners.get('peer:remove')!({ detail: 's0' })
  await add('s9')
  expect(removed).toHaveLength(1)
})

/** A server in the middle, somebody who asks, and some that provide. */
async function startProviders(count: number) {
  const server = await startPeer()
  const bootstrap = [String(server.addresses()[0])]
  const all = await Promise.all(Array.from({ length: count + 1 }, () => startPeer({ bootstrap, connectionsMin: 1 })))
  await until(() => server.libp2p.getPeers().length === count + 1, 'all to be connected')
  const table = () => (server.libp2p.services.dht as unknown as { routingTable: { size: number } }).routingTable.size
  await until(() => table() >= count + 1, 'the routing table')
  return { server, asker: all[0]!, providers: all.slice(1) }
}

async function find(network: Network, key: CID): Promise<Set<string>> {
  const found = new Set<string>()
  const signal = AbortSignal.timeout(5_000)
  for await (const { id } of network.libp2p.contentRouting.findProviders(key, { signal })) found.add(id.toString())
  return found
}

type Components = Parameters<ReturnType<typeof createDht>>[0]

const dataOf = (network: Network) => (network.libp2p as unknown as { components: Components }).components.datastore

async function count(network: Network): Promise<number> {
  const keys = await Array.fromAsync(dataOf(network).queryKeys({ prefix: '/dht/provider/' }))
  return keys.length
}

/** The guarded datastore of a peer, and a way to put records of other peers into it. */
async function guardedStore({ validityMs }: { validityMs: number }) {
  const { guardProviderRecords } = await import('../../../src/net/dht/provider-records.ts')
  const { generateKeyPair } = await import('@libp2p/crypto/keys')
  const { peerIdFromPrivateKey } = await import('@libp2p/peer-id')
  const host = await startPeer()
  const store = dataOf(host)
  const init = { peerId: host.peerId, isKnown: async () => true, validityMs }
  const records = guardProviderRecords(store, init)
  const [own] = await Array.fromAsync(store.queryKeys({}))
  const Key = own!.constructor as new (text: string) => typeof own
  return {
    async put(key: string, atMs: number) {
      const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
      const name = new Key(`/dht/provider/${key}/${peer}`)
      await records.put(name as never, varint(atMs))
    },
    guarded: (key: string) => Array.fromAsync(records.query({ prefix: `/dht/provider/${key}` }))
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}
