import { CodedError } from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import type { Multiaddr } from '@multiformats/multiaddr'
import { base58btc } from 'multiformats/bases/base58'
import { identity } from 'multiformats/hashes/identity'
import { PEER_RECORD_BYTES_MAX, RECORD_ADDRESSES_MAX } from './limits.ts'

/** What a peer record says, before anybody has checked its signature. */
export interface ClaimedRecord {
  /** Of the key in the envelope. */
  readonly peerId: PeerId
  readonly addresses: readonly Multiaddr[]
  /** A newer record replaces the older. */
  readonly sequence: bigint
}

/**
 * Who a record says that it is of, without a look at its key: that costs most of a millisecond, and of most records that are
 * told the name is all that is needed. Undefined where it begins otherwise; then it is read, and refused if it is none.
 */
export function nameInRecord(bytes: unknown): string | undefined {
  // A protobuf that begins with field 1, the key: its length in one byte, and short enough to be its own hash.
  if (!(bytes instanceof Uint8Array) || bytes[0] !== 0x0a) return undefined
  const length = bytes[1] ?? 0
  if (length === 0 || length > KEY_BYTES_MAX || bytes.byteLength < 2 + length) return undefined
  return base58btc.encode(identity.digest(bytes.subarray(2, 2 + length)).bytes).slice(1)
}

/** Longer keys are named by their SHA-256. */
const KEY_BYTES_MAX = 42

/** Reads a record without checking its signature. Throws E_PEER_RECORD_INVALID for what no honest peer sends. */
export function readPeerRecord(bytes: unknown): ClaimedRecord {
  if (!(bytes instanceof Uint8Array) || bytes.byteLength > PEER_RECORD_BYTES_MAX)
    throw invalid('not a record, or too large')
  let peerId: PeerId
  let record: PeerRecord
  try {
    const envelope = RecordEnvelope.createFromProtobuf(bytes)
    peerId = peerIdFromPublicKey(envelope.publicKey)
    record = PeerRecord.createFromProtobuf(envelope.payload)
  } catch (cause) {
    throw invalid('it cannot be decoded', cause)
  }
  if (!record.peerId.equals(peerId)) throw invalid('signed by somebody else')
  if (record.multiaddrs.length > RECORD_ADDRESSES_MAX) throw invalid('too many addresses')
  return { peerId, addresses: record.multiaddrs, sequence: record.seqNumber }
}

function invalid(reason: string, cause?: unknown): CodedError {
  return new CodedError('E_PEER_RECORD_INVALID', 'this is not a peer record', { facts: { reason }, cause })
}
