import { CodedError } from '@archipel/protocol'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { CID } from 'multiformats/cid'
import type { BlockStore } from '../../content/block-store.ts'
import { blockKey, decodeContentCid, validateContentCid } from '../../content/cid.ts'
import type { Network } from '../create-network.ts'
import { parseMultiaddr, peerIdTextOf } from '../dial.ts'
import { createMessageStream } from '../message-stream.ts'
import { holdersProtocol } from '../protocol-ids.ts'
import { timeoutSignal, type WaitOptions } from '../wait.ts'
import type { BlockSource } from './fetcher.ts'
import {
  HOLDER_ADDRESS_BYTES_MAX,
  HOLDER_ADDRESSES_MAX,
  HOLDER_KNOWN_MS,
  HOLDERS_BYTES_MAX,
  HOLDERS_PER_ROOT_MAX,
  HOLDERS_ROOTS_MAX,
  HOLDERS_TIMEOUT_MS,
  HOLDERS_TOLD_MAX
} from './limits.ts'

/**
 * Who else has some content. Peers that fetch it ask the one they fetch from, usually the buyer, which then knows them and
 * names them to those that ask later: so the providers of a job give each other what they have, and the buyer's own link
 * carries little more than one copy. Only the content that a peer has itself is talked about, and only to those that name
 * its CID.
 */
export interface Holders {
  start(): Promise<void>
  stop(): Promise<void>
  /**
   * Asks a peer who else has `root`, or is about to, and tells it that we are. Answers with those that can be reached.
   * Rejects with E_HOLDERS_INVALID, what ended the stream, or the signal's reason.
   */
  find(from: BlockSource, root: CID, options?: WaitOptions): Promise<BlockSource[]>
}

export interface HoldersInit {
  network: Pick<Network, 'name' | 'peerId' | 'libp2p' | 'handle' | 'openStream' | 'connect'>
  blockstore: Pick<BlockStore, 'has'>
}

export function createHolders({ network, blockstore }: HoldersInit): Holders {
  const asked = createAskers()
  let serving: Promise<() => Promise<void>> | undefined

  /** Where a peer said that it listens, each address with its name. */
  async function addressesOf(peer: Asker): Promise<string[]> {
    const { addresses } = await network.libp2p.peerStore.get(peer.peerId).catch(() => ({ addresses: [] }))
    return addresses
      .map(({ multiaddr }) =>
        peerIdTextOf(multiaddr) === undefined ? `${multiaddr}/p2p/${peer.peerId}` : `${multiaddr}`
      )
      .filter(text => text.length <= HOLDER_ADDRESS_BYTES_MAX)
      .slice(0, HOLDER_ADDRESSES_MAX)
  }

  return {
    async start() {
      serving ??= network.handle(
        holdersProtocol(network.name),
        async (stream, { peerId }) => {
          const messages = createMessageStream(stream, {
            messageBytesMax: HOLDERS_BYTES_MAX,
            stallTimeoutMs: HOLDERS_TIMEOUT_MS,
            idleTimeoutMs: HOLDERS_TIMEOUT_MS
          })
          const root = decodeContentCid(bytesOrNothing(await messages.next()))
          const others = (await blockstore.has(root)) ? asked.note(root, peerId) : []
          const told = await Promise.all(others.map(addressesOf))
          await messages.send(told.filter(addresses => addresses.length > 0))
          await messages.close()
        },
        { streamsPerPeerMax: 8, streamsMax: 64 }
      )
      await serving
    },
    async stop() {
      const unhandle = await serving?.catch(() => undefined)
      serving = undefined
      await unhandle?.()
    },
    async find(from, root, { signal } = {}) {
      validateContentCid(root)
      const bounded = timeoutSignal(HOLDERS_TIMEOUT_MS, signal)
      const stream = await network.openStream(from, holdersProtocol(network.name), { signal: bounded })
      const messages = createMessageStream(stream, { messageBytesMax: HOLDERS_BYTES_MAX })
      try {
        await messages.send(root.bytes, { signal: bounded })
        const peers = validateHolders(await messages.next({ signal: bounded }), network.peerId.toString())
        const connections = await Promise.allSettled(peers.map(each => network.connect(each, { signal: bounded })))
        return connections.flatMap(result => (result.status === 'fulfilled' ? [result.value.remotePeer] : []))
      } finally {
        messages.abort(new CodedError('E_STREAM_CLOSED', 'the answer is here, or nobody waits for it'))
      }
    }
  }
}

type Asker = { readonly peerId: Network['peerId']; readonly atMs: number }

/** Who lately asked for which content, within bounds: the oldest go first. */
export function createAskers(nowMs: () => number = () => performance.now()) {
  const roots = new Map<string, Map<string, Asker>>()

  return {
    /** Notes that a peer is about to have `root`, and answers with some of the others, the newest first. */
    note(root: CID, peerId: Network['peerId']): Asker[] {
      const key = blockKey(root)
      const peers = roots.get(key) ?? new Map<string, Asker>()
      for (const [name, { atMs }] of peers) if (nowMs() - atMs > HOLDER_KNOWN_MS) peers.delete(name)
      const others = [...peers.values()].filter(other => !other.peerId.equals(peerId))
      peers.delete(peerId.toString())
      peers.set(peerId.toString(), { peerId, atMs: nowMs() })
      if (peers.size > HOLDERS_PER_ROOT_MAX) peers.delete(peers.keys().next().value as string)
      // The content that was asked for last is the youngest.
      roots.delete(key)
      roots.set(key, peers)
      if (roots.size > HOLDERS_ROOTS_MAX) roots.delete(roots.keys().next().value as string)
      return others.reverse().slice(0, HOLDERS_TOLD_MAX)
    },
    get roots() {
      return roots.size
    }
  }
}

/** The addresses of each peer that was named, without ourselves. Throws E_HOLDERS_INVALID or E_MULTIADDR_INVALID. */
function validateHolders(message: unknown, self: string): Multiaddr[][] {
  if (!Array.isArray(message) || message.length > HOLDERS_TOLD_MAX) throw invalid('not a list of a few peers')
  return message.flatMap(addresses => {
    if (!Array.isArray(addresses) || addresses.length < 1 || addresses.length > HOLDER_ADDRESSES_MAX) {
      throw invalid('a peer without addresses, or with too many')
    }
    const parsed = addresses.map(text => {
      if (typeof text !== 'string' || text.length > HOLDER_ADDRESS_BYTES_MAX) throw invalid('not an address')
      return parseMultiaddr(text)
    })
    const [name, ...others] = new Set(parsed.map(peerIdTextOf))
    if (name === undefined || others.length > 0) throw invalid('addresses without the name of one peer')
    return name === self ? [] : [parsed]
  })
}

function bytesOrNothing(message: unknown): Uint8Array {
  return message instanceof Uint8Array ? message : new Uint8Array(0)
}

function invalid(reason: string): CodedError {
  return new CodedError('E_HOLDERS_INVALID', 'this is not an answer to who has some content', { facts: { reason } })
}
