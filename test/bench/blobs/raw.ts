import type { BlockSource, Network } from '@archipel/client'

/** Bytes over a stream and nothing else: what noise and yamux leave for anybody to use. */
const PROTOCOL = '/archipel/bench/raw/1.0.0'

/** As much as the blocks protocol hands to a stream in one call. */
const PIECE_BYTES = 256 * 1024

/** The blocks protocol's receive window, so that both are held back alike. */
const WINDOW_BYTES = 4 * 1024 * 1024

/** Sends as many bytes as the first eight say, as fast as they are taken. */
export async function serveRaw(network: Network): Promise<void> {
  await network.handle(
    PROTOCOL,
    async stream => {
      let left = await wanted(stream)
      const piece = crypto.getRandomValues(new Uint8Array(65_536))
      const block = new Uint8Array(PIECE_BYTES)
      for (let at = 0; at < PIECE_BYTES; at += piece.byteLength) block.set(piece, at)
      while (left > 0) {
        const hasRoom = stream.send(left < PIECE_BYTES ? block.subarray(0, left) : block)
        left -= PIECE_BYTES
        if (!hasRoom) await stream.onDrain({ signal: AbortSignal.timeout(60_000) })
      }
    },
    { streamsPerPeerMax: 4, streamsMax: 4 }
  )
}

type Stream = Awaited<ReturnType<Network['openStream']>>

function wanted(stream: Stream): Promise<number> {
  return new Promise(resolve => {
    stream.addEventListener('message', ({ data }) => resolve(Number(new TextDecoder().decode(data.subarray()))), {
      once: true
    })
  })
}

export async function receiveRaw(network: Network, from: BlockSource, bytes: number): Promise<number> {
  const stream = await network.openStream(from, PROTOCOL)
  if ('recvWindow' in stream) stream.recvWindow = WINDOW_BYTES
  let received = 0
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  stream.addEventListener('message', ({ data }) => {
    received += data.byteLength
    if (received === bytes) resolve()
  })
  stream.addEventListener('close', ({ error }) => reject(error ?? new Error('the raw stream ended early')))
  stream.send(new TextEncoder().encode(String(bytes)))
  await promise
  await stream.close()
  return received
}
