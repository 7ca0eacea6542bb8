import { CodedError, isCodedError } from '@archipel/protocol'
import type { Connection, PeerId } from '@libp2p/interface'
import { type AddressPrefix, prefixOfPeer } from '../address-prefix.ts'
import { connectedPeers } from '../connected.ts'
import type { Network } from '../create-network.ts'
import { createMessageStream } from '../message-stream.ts'
import { peersProtocol } from '../protocol-ids.ts'
import { shuffle } from '../shuffle.ts'
import { createKeyedBuckets, createTokenBucket } from '../token-bucket.ts'
import { timeoutSignal, type WaitOptions } from '../wait.ts'
import {
  ANSWERS_OF_ALL,
  ANSWERS_PER_PEER,
  PEER_RECORD_BYTES_MAX,
  PEERS_ANSWER_BYTES_MAX,
  PEERS_LOOKED_AT_MAX,
  PEERS_TIMEOUT_MS,
  PEERS_TOLD_MAX,
  RECORD_ADDRESSES_MAX,
  TOLD_PER_PREFIX_MAX
} from './limits.ts'
import { type ClaimedRecord, nameInRecord, readPeerRecord } from './peer-record.ts'

/**
 * Peers name each other a few of those that they are connected to. Each comes with the record that it signed itself, so
 * nobody can send us to an address that its peer did not name; it builds the mesh in seconds where the DHT needs minutes.
 */
export interface PeerExchange {
  start(): Promise<void>
  stop(): Promise<void>
  /**
   * Asks a connected peer whom else it is connected to, and remembers those that can be dialled.
   *
   * @returns those that were not known, or had newer addresses
   * Rejects with E_PEERS_INVALID when it lies, E_PROTOCOL_UNSUPPORTED, what ended the stream, or the signal's reason.
   */
  ask(connection: Connection, options?: WaitOptions): Promise<PeerId[]>
}

export interface PeerExchangeInit {
  network: Pick<Network, 'name' | 'peerId' | 'libp2p' | 'handle' | 'openStream'>
  /** Whether a record has an address that we would dial. */
  isDialable(record: Pick<ClaimedRecord, 'addresses'>): boolean
  /** Whether it is worth to know more of a peer: not of one that we are connected to, or can be. */
  isWanted(peer: string): boolean
  /** Whether one more peer of this prefix is remembered. */
  hasRoom(prefix: AddressPrefix): boolean
  /** False where all peers share a prefix, as on a LAN. */
  isDiverse: boolean
  random?: () => number
}

export function createPeerExchange(init: PeerExchangeInit): PeerExchange {
  const { network, isDialable, isWanted, hasRoom, isDiverse, random = Math.random } = init
  const { libp2p } = network
  const protocol = peersProtocol(network.name)
  const ofEach = createKeyedBuckets(ANSWERS_PER_PEER)
  const ofAll = createTokenBucket(ANSWERS_OF_ALL)
  let serving: Promise<() => Promise<void>> | undefined

  /** Records of some that we are connected to. Whoever can only call us has signed no address that can be dialled. */
  async function sample(asker: PeerId): Promise<Uint8Array[]> {
    const others = shuffle([...connectedPeers(libp2p).values()], random).filter(peer => !peer.equals(asker))
    const perPrefix = new Map<AddressPrefix, number>()
    const told: Uint8Array[] = []
    for (const peer of others.slice(0, PEERS_LOOKED_AT_MAX)) {
      const known = await libp2p.peerStore.get(peer).catch(() => undefined)
      const envelope = known?.peerRecordEnvelope
      if (known === undefined || envelope === undefined || envelope.byteLength > PEER_RECORD_BYTES_MAX) continue
      // What identify brought with the record: reading that again costs more than all of the rest.
      const certified = known.addresses.filter(({ isCertified }) => isCertified).map(({ multiaddr }) => multiaddr)
      if (certified.length > RECORD_ADDRESSES_MAX || !isDialable({ addresses: certified })) continue
      const prefix = prefixOfPeer(certified)
      const count = perPrefix.get(prefix) ?? 0
      if (isDiverse && count >= TOLD_PER_PREFIX_MAX) continue
      perPrefix.set(prefix, count + 1)
      told.push(envelope)
      if (told.length === PEERS_TOLD_MAX) break
    }
    return told
  }

  /** Checks what a peer told, the cheap things first, and keeps what is new. */
  async function take(answer: unknown): Promise<PeerId[]> {
    if (!Array.isArray(answer) || answer.length > PEERS_TOLD_MAX) throw invalid('not a list of a few records')
    const wanted = answer.filter(bytes => isWanted(nameInRecord(bytes) ?? ''))
    const records = wanted.map(bytes => ({ bytes: bytes as Uint8Array, record: readPeerRecord(bytes) }))
    const kept: PeerId[] = []
    for (const { bytes, record } of records) {
      const { peerId } = record
      if (peerId.equals(network.peerId) || !isDialable(record) || (await isKnown(record))) continue
      if (!hasRoom(prefixOfPeer(record.addresses))) continue
      try {
        if (await libp2p.peerStore.consumePeerRecord(bytes, { expectedPeer: peerId })) kept.push(peerId)
      } catch (err) {
        if ((err as Error).name !== 'InvalidSignatureError') throw err
        throw invalid('a record with a wrong signature', err)
      }
    }
    return kept
  }

  /** A record that is not newer than ours needs no look at its signature, which is what costs. */
  async function isKnown({ peerId, sequence }: ClaimedRecord): Promise<boolean> {
    const known = await libp2p.peerStore.get(peerId).catch(() => undefined)
    const ours = known?.peerRecordEnvelope === undefined ? undefined : claimIn(known.peerRecordEnvelope)
    return ours !== undefined && ours.sequence >= sequence
  }

  return {
    async start() {
      serving ??= network.handle(
        protocol,
        async (stream, { peerId }) => {
          if (!ofEach.take(peerId.toString()) || !ofAll.take()) {
            throw new CodedError('E_STREAM_LIMIT', 'asked too often', { facts: { protocol } })
          }
          const messages = createMessageStream(stream, {
            messageBytesMax: QUESTION_BYTES_MAX,
            outboundMessageBytesMax: PEERS_ANSWER_BYTES_MAX,
            stallTimeoutMs: PEERS_TIMEOUT_MS,
            idleTimeoutMs: PEERS_TIMEOUT_MS
          })
          const signal = AbortSignal.timeout(PEERS_TIMEOUT_MS)
          await messages.next({ signal })
          await messages.send(await sample(peerId), { signal })
          await messages.close({ signal })
        },
        { streamsPerPeerMax: 2, streamsMax: 32 }
      )
      await serving
    },
    async stop() {
      const unhandle = await serving?.catch(() => undefined)
      serving = undefined
      await unhandle?.()
    },
    async ask(connection, { signal } = {}) {
      const bounded = timeoutSignal(PEERS_TIMEOUT_MS, signal)
      const stream = await network.openStream(connection, protocol, { signal: bounded })
      const messages = createMessageStream(stream, { messageBytesMax: PEERS_ANSWER_BYTES_MAX })
      try {
        await messages.send(null, { signal: bounded })
        return await take(await messages.next({ signal: bounded }))
      } catch (err) {
        // What breaks the rules of frames is as much of a lie as what breaks those of records.
        if (isCodedError(err) && LIES.has(err.code)) throw invalid(err.message, err)
        throw err
      } finally {
        messages.abort(new CodedError('E_STREAM_CLOSED', 'the answer is here, or nobody waits for it'))
      }
    }
  }
}

/** A question says nothing: `null`, framed. */
const QUESTION_BYTES_MAX = 64

const LIES = new Set([
  'E_PEER_RECORD_INVALID',
  'E_FRAME_INVALID',
  'E_FRAME_TOO_LARGE',
  'E_MESSAGE_INVALID',
  'E_MESSAGE_NOT_CANONICAL'
])

function claimIn(envelope: Uint8Array): ClaimedRecord | undefined {
  try {
    return readPeerRecord(envelope)
  } catch {
    return undefined
  }
}

function invalid(reason: string, cause?: unknown): CodedError {
  if (isCodedError(cause) && cause.code === 'E_PEERS_INVALID') return cause
  return new CodedError('E_PEERS_INVALID', 'a peer told of others in a way that no honest peer does', {
    facts: { reason },
    cause
  })
}
