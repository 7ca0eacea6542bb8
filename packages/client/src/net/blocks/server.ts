import type { Stream } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import type { BlockStore } from '../../content/block-store.ts'
import type { Network } from '../create-network.ts'
import { createFrameChannel, type FrameChannel } from '../frame-channel.ts'
import { blocksProtocol } from '../protocol-ids.ts'
import { BLOCK_FRAME_BYTES_MAX, blockFrame, decodeWants, MISSING_FRAME } from './wire.ts'

/**
 * Hands out the blocks of one blockstore and of nothing else. Whoever knows a CID gets the block: a CID of something
 * private is as good as a password for it, and must be as hard to guess (content of a few bytes is not).
 */
export interface BlockServer {
  start(): Promise<void>
  stop(): Promise<void>
  /** Since it was created. */
  stats(): { blocks: number; bytes: number; missing: number }
}

export interface BlockServerInit {
  network: Pick<Network, 'name' | 'handle'>
  blockstore: Pick<BlockStore, 'get'>
}

/** A peer fetches over one stream; others may overlap while one is replaced, or when two programs share a key. */
const STREAMS_PER_PEER_MAX = 4

/** Each holds up to about 4 MiB while its peer is slow, so half a gigabyte at worst, and for STALL_TIMEOUT_MS. */
const STREAMS_MAX = 128

/** A stream with nothing to do is closed after this long; the requester opens another when it needs one. */
const IDLE_TIMEOUT_MS = 60_000

/** Read from disk ahead of sending: many small blocks or one large one. */
const READ_AHEAD_BYTES = 1024 * 1024
const READ_AHEAD_BLOCKS_MAX = 16

/** Serves blocks to every peer that asks, over any connection, whoever dialled it. */
export function createBlockServer({ network, blockstore }: BlockServerInit): BlockServer {
  const counts = { blocks: 0, bytes: 0, missing: 0 }
  let serving: Promise<() => Promise<void>> | undefined

  async function serve(stream: Stream): Promise<void> {
    const channel = createFrameChannel(stream, {
      frameBytesMax: BLOCK_FRAME_BYTES_MAX,
      // Wants are small: a requester that has this many bytes of them waiting is told to wait.
      inboundBytesMax: 64 * 1024,
      idleTimeoutMs: IDLE_TIMEOUT_MS
    })
    for (;;) {
      const frame = await channel.receive()
      if (frame === undefined) return channel.close()
      await answer(channel, decodeWants(frame))
    }
  }

  async function answer(channel: FrameChannel, cids: readonly CID[]): Promise<void> {
    const reads: Promise<Uint8Array | undefined>[] = []
    let ahead = 1
    let next = 0
    for (let i = 0; i < cids.length; i++) {
      while (next < cids.length && next <= i + ahead) {
        const read = blockstore.get(cids[next++]!)
        read.catch(() => {})
        reads.push(read)
      }
      const block = await reads.shift()!
      if (block === undefined) {
        counts.missing++
        await channel.send(MISSING_FRAME)
        continue
      }
      ahead = Math.max(1, Math.min(READ_AHEAD_BLOCKS_MAX, Math.floor(READ_AHEAD_BYTES / (block.byteLength + 1))))
      await channel.send(blockFrame(block))
      counts.blocks++
      counts.bytes += block.byteLength
    }
  }

  return {
    async start() {
      serving ??= network.handle(blocksProtocol(network.name), serve, {
        streamsPerPeerMax: STREAMS_PER_PEER_MAX,
        streamsMax: STREAMS_MAX
      })
      await serving
    },
    async stop() {
      const unhandle = await serving?.catch(() => undefined)
      serving = undefined
      await unhandle?.()
    },
    stats: () => ({ ...counts })
  }
}
