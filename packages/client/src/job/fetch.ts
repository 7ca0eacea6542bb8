import type { PeerId } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import { exportBytes } from '../content/index.ts'
import { fetchDag } from '../net/blocks/index.ts'
import { peerIdFromPublicKey } from '../net/index.ts'
import type { ClientParts } from '../parts.ts'
import { OUTPUT_BYTES_MAX, OUTPUT_FILES_MAX } from './limits.ts'
import type { RunningReplica } from './replica.ts'

type Source = Pick<RunningReplica, 'offer'>

/** A single file, from all providers that have it. It stays until `owner` lets go of its pins. */
export async function fetchContent(
  parts: ClientParts,
  sources: readonly Source[],
  root: CID,
  owner: string,
  bytesMax: number,
  signal: AbortSignal
): Promise<Uint8Array> {
  await parts.blocks.pin(root, owner)
  await fetchDag({
    fetcher: parts.fetcher,
    root,
    from: peersOf(sources),
    blockstore: parts.blocks,
    limits: { blocks: 1024, bytes: bytesMax, depth: 8 },
    signal
  })
  return exportBytes(root, parts.blocks, { bytesMax, signal })
}

/** A directory of outputs into the local block store, so that it can be exported while `owner` pins it. */
export async function fetchOutput(
  parts: ClientParts,
  sources: readonly Source[],
  root: CID,
  owner: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal
): Promise<void> {
  await parts.blocks.pin(root, owner)
  await fetchDag({
    fetcher: parts.fetcher,
    root,
    from: peersOf(sources),
    blockstore: parts.blocks,
    limits: { blocks: OUTPUT_FILES_MAX * 4, bytes: OUTPUT_BYTES_MAX, depth: 64 },
    onProgress: ({ bytes }) => onBytes(bytes),
    signal
  })
}

/** Making a PeerId checks that its key is on the curve, which costs a millisecond: once for each offer is enough. */
const peerIds = new WeakMap<Uint8Array, PeerId>()

function peersOf(sources: readonly Source[]): PeerId[] {
  return sources.map(({ offer: { publicKey } }) => {
    const peerId = peerIds.get(publicKey) ?? peerIdFromPublicKey(publicKey)
    peerIds.set(publicKey, peerId)
    return peerId
  })
}
