/**
 * One peer of the blob measurements in a process of its own: `node peer.ts '<json of PeerOrders>'`. It says where it is,
 * then does what it is told, a line of JSON each, and answers each with a line.
 */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  type BlockSource,
  type BlockStore,
  CHUNK_BYTES,
  createBlockFetcher,
  createBlockServer,
  createNetwork,
  fetchDag,
  importFiles,
  parseContentCid
} from '@archipel/client'
import { createFsBlockStore, LOOPBACK_LISTEN, nodeTransports } from '@archipel/client/node'
import type { PeerAnswer, PeerOrder, PeerOrders } from './orders.ts'
import { receiveRaw, serveRaw } from './raw.ts'

const { dir } = JSON.parse(String(process.argv[2])) as PeerOrders
const network = await createNetwork({
  network: 'bench',
  privateKey: crypto.getRandomValues(new Uint8Array(32)),
  transports: nodeTransports(),
  listen: LOOPBACK_LISTEN,
  allowPrivateAddresses: true,
  connectionsMin: 0
})
const openStore = (name: string): Promise<BlockStore> => createFsBlockStore({ directory: join(dir, name) })
const own = await openStore('own')
await createBlockServer({ network, blockstore: own }).start()
await serveRaw(network)
await network.start()
const fetcher = createBlockFetcher(network)
const sources: BlockSource[] = []

/** The peak of this process's memory while `work` lasts, above what it was before. */
async function measured(work: () => Promise<{ bytes: number; blocks: number }>): Promise<PeerAnswer> {
  const beforeBytes = process.memoryUsage.rss()
  let peakBytes = beforeBytes
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
  }, 500)
  const startMs = performance.now()
  const startCpu = process.cpuUsage()
  const done = await work()
  const { user, system } = process.cpuUsage(startCpu)
  clearInterval(timer)
  return {
    ...done,
    ms: performance.now() - startMs,
    cpuMs: (user + system) / 1000,
    rssBytes: beforeBytes,
    rssGrowthBytes: peakBytes - beforeBytes
  }
}

/** Incompressible, no two chunks alike, and made faster than anything here can send it. */
async function* noise(bytes: number, pieceBytes: number, seed: number): AsyncGenerator<Uint8Array> {
  const pattern = crypto.getRandomValues(new Uint8Array(65_536))
  for (let sent = 0; sent < bytes; sent += pieceBytes) {
    const piece = new Uint8Array(Math.min(pieceBytes, bytes - sent))
    for (let at = 0; at < piece.byteLength; at += pattern.byteLength) {
      piece.set(pattern.subarray(0, piece.byteLength - at), at)
    }
    new DataView(piece.buffer).setUint32(0, sent / pieceBytes)
    new DataView(piece.buffer).setUint32(4, seed)
    yield piece
  }
}

async function obey(order: PeerOrder): Promise<object> {
  switch (order.type) {
    case 'connect':
      for (const address of order.addresses) {
        const { remotePeer } = await network.connect(address)
        sources.push(remotePeer)
      }
      return {}
    case 'make': {
      const { files, bytes, seed } = order
      const entries = Array.from({ length: files }, (_, at) => ({
        path: `d${at % 64}/f${at}`,
        content: noise(bytes, Math.min(bytes, CHUNK_BYTES), seed + at)
      }))
      return { root: (await importFiles(entries, own)).toString() }
    }
    case 'raw':
      return measured(async () => ({ bytes: await receiveRaw(network, sources[0]!, order.bytes), blocks: 0 }))
    case 'fetch': {
      const blockstore = await openStore(order.store)
      return measured(async () => {
        const { bytes, blocks } = await fetchDag({
          fetcher,
          root: parseContentCid(order.root),
          from: sources.slice(0, order.sources),
          blockstore
        })
        return { bytes, blocks }
      })
    }
    case 'memory':
      return { rssBytes: process.memoryUsage.rss() }
  }
}

const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`)
say({ addresses: network.addresses().map(String) })
for await (const line of createInterface({ input: process.stdin })) {
  say(await obey(JSON.parse(line) as PeerOrder).catch(err => ({ error: String(err), facts: err.facts })))
}
await network.stop()
