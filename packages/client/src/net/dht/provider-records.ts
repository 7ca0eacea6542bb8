import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { NetworkInit } from '../create-network.ts'
import { shuffle } from '../shuffle.ts'
import { PROVIDED_PER_PEER_MAX, PROVIDER_RECORDS_MAX, PROVIDERS_READ_MAX, PROVIDERS_TOLD_MAX } from './limits.ts'

type Datastore = NonNullable<NetworkInit['datastore']>
type Key = Parameters<Datastore['put']>[0]
type Pair = { key: Key; value: Uint8Array }

/** Where kad-dht keeps them: `/dht/provider/<key>/<peer id>`, with when they came. */
const PREFIX = '/dht/provider/'

export interface ProviderRecordsInit {
  peerId: PeerId
  /** Whether anything is known of a peer. */
  isKnown(peer: PeerId): Promise<boolean>
  /** How long a record holds, milliseconds. */
  validityMs: number
}

/**
 * The datastore as the DHT may use it. It keeps so many provider records and no more, which kad-dht leaves to nobody; it
 * gives out none that is too old, and none of a peer that nothing is known of: a single one of those made kad-dht refuse
 * the question, so that one lost peer hid all providers of a key.
 */
export function guardProviderRecords(datastore: Datastore, init: ProviderRecordsInit): Datastore {
  const { peerId: self, isKnown, validityMs } = init
  let counting: Promise<Map<string, number>> | undefined
  let total = 0

  /** What an earlier process kept counts, too. */
  async function count(): Promise<Map<string, number>> {
    const perPeer = new Map<string, number>()
    for await (const key of datastore.queryKeys({ prefix: PREFIX })) {
      const peer = peerOf(key)
      perPeer.set(peer, (perPeer.get(peer) ?? 0) + 1)
      total++
    }
    return perPeer
  }

  function counted(): Promise<Map<string, number>> {
    counting ??= count()
    return counting
  }

  async function put(key: Key, value: Uint8Array, options?: object): Promise<Key> {
    if (isRecord(key)) {
      const perPeer = await counted()
      if (!(await datastore.has(key))) {
        const peer = peerOf(key)
        const ofPeer = perPeer.get(peer) ?? 0
        const isTooMuch = ofPeer >= PROVIDED_PER_PEER_MAX || total >= PROVIDER_RECORDS_MAX
        // Dropped without a word: the other peers near the key may have room.
        if (isTooMuch && peer !== self.toString()) return key
        perPeer.set(peer, ofPeer + 1)
        total++
      }
    }
    return datastore.put(key, value, options)
  }

  async function remove(key: Key, options?: object): Promise<void> {
    if (isRecord(key) && (await datastore.has(key))) {
      const perPeer = await counted()
      const peer = peerOf(key)
      const left = (perPeer.get(peer) ?? 1) - 1
      if (left > 0) perPeer.set(peer, left)
      else perPeer.delete(peer)
      total--
    }
    await datastore.delete(key, options)
  }

  async function* tellable(prefix: string, options?: object): AsyncGenerator<Pair> {
    const read: Pair[] = []
    for await (const pair of datastore.query({ prefix }, options)) {
      read.push(pair)
      if (read.length === PROVIDERS_READ_MAX) break
    }
    let told = 0
    for (const pair of shuffle(read)) {
      const peer = peerOf(pair.key)
      if (Date.now() - timeOf(pair.value) > validityMs) continue
      if (peer !== self.toString() && !(await isKnown(peerIdFromString(peer)))) continue
      yield pair
      if (++told === PROVIDERS_TOLD_MAX) return
    }
  }

  return new Proxy(datastore, {
    get(target, name) {
      if (name === 'put') return put
      if (name === 'delete') return remove
      if (name === 'query') {
        return (query: { prefix?: string }, options?: object) =>
          isOfOneKey(query.prefix) ? tellable(query.prefix, options) : target.query(query, options)
      }
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}

const isRecord = (key: Key): boolean => key.toString().startsWith(PREFIX)

/** Renewing walks through all of them; a question names a key. */
function isOfOneKey(prefix: string | undefined): prefix is string {
  return prefix?.startsWith(PREFIX) === true && prefix.length > PREFIX.length
}

const peerOf = (key: Key): string => key.toString().slice(key.toString().lastIndexOf('/') + 1)

/** An unsigned varint, milliseconds since 1970. */
function timeOf(bytes: Uint8Array): number {
  let value = 0
  for (let i = 0; i < bytes.length && i < 8; i++) {
    value += (bytes[i]! & 0x7f) * 2 ** (7 * i)
    if (bytes[i]! < 0x80) return value
  }
  return 0
}
