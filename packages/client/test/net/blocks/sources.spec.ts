import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stream } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createFsBlockStore } from '../../../src/content/block-store-node.ts'
import {
  type BlockStore,
  CHUNK_BYTES,
  createMemoryBlockStore,
  exportFiles,
  importBytes,
  importFiles
} from '../../../src/content/index.ts'
import { SOURCES_MAX } from '../../../src/net/blocks/limits.ts'
import { encodeLengthPrefix } from '../../../src/net/frame-reader.ts'
import {
  type BlockSource,
  blocksProtocol,
  createBlockFetcher,
  createBlockServer,
  type FetchProgress,
  fetchDag,
  type Network,
  peerIdFromPrivate,
  privateKeyFromBytes
} from '../../../src/net/index.ts'
import { someBytes } from '../../content/build.ts'
import { startPeer } from '../peers.ts'

const FILES = 300
const FILE_BYTES = 20_000

interface Giver {
  readonly network: Network
  /** Blocks it handed out. */
  served(): number
}

async function startGiver(blockstore: Pick<BlockStore, 'get'>): Promise<Giver> {
  const network = await startPeer()
  const server = createBlockServer({ network, blockstore })
  onTestFinished(() => server.stop())
  await server.start()
  return { network, served: () => server.stats().blocks }
}

/** A peer that takes wants and does what it likes with them. */
async function startRogue(misbehave: (stream: Stream) => void): Promise<Network> {
  const network = await startPeer()
  const over = Promise.withResolvers<void>()
  onTestFinished(() => over.resolve())
  const serve = (stream: Stream) => {
    stream.addEventListener('message', () => misbehave(stream), { once: true })
    return over.promise
  }
  await network.handle(blocksProtocol('test'), serve, { streamsPerPeerMax: 8, streamsMax: 8 })
  return network
}

async function startTaker(givers: readonly Network[]) {
  const network = await startPeer()
  for (const giver of givers) await network.connect(giver.addresses())
  const fetcher = createBlockFetcher(network)
  onTestFinished(() => fetcher.stop())
  const here = createMemoryBlockStore()
  const fetch = (root: CID, from: readonly BlockSource[], found?: Promise<readonly BlockSource[]>) =>
    fetchDag({ fetcher, root, from, blockstore: here, found })
  const isWhole = async (root: CID) => {
    let bytes = 0
    for await (const entry of exportFiles(root, here)) {
      if (entry.type === 'file') for await (const piece of entry.content()) bytes += piece.byteLength
    }
    return bytes === FILES * FILE_BYTES
  }
  return { fetch, isWhole }
}

async function someContent() {
  const whole = createMemoryBlockStore()
  const files = Array.from({ length: FILES }, (_, i) => ({
    path: `d${i % 9}/f${i}`,
    content: someBytes(FILE_BYTES, i)
  }))
  return { whole, root: await importFiles(files, whole) }
}

describe('several sources', () => {
  it('share the work, and nothing comes twice', async () => {
    const { whole, root } = await someContent()
    const givers = await Promise.all([1, 2, 3].map(() => startGiver(whole)))
    const { fetch, isWhole } = await startTaker(givers.map(({ network }) => network))
    const report = await fetch(
      root,
      givers.map(({ network }) => network.peerId)
    )
    expect(await isWhole(root)).toBe(true)
    for (const giver of givers) expect(giver.served()).toBeGreaterThan(FILES / 10)
    expect(givers.reduce((sum, giver) => sum + giver.served(), 0)).toBe(report.blocks)
    expect(report.sources.map(({ cut }) => cut)).toEqual([undefined, undefined, undefined])
  })

  it.each([
    ['says nothing', (_: Stream) => {}],
    [
      'begins a block and never ends it',
      (stream: Stream) => void stream.send(Uint8Array.of(...encodeLengthPrefix(CHUNK_BYTES + 1), 0, 1, 2, 3))
    ]
  ])('do not wait for one that %s, and leave it for good', async (_, misbehave) => {
    const { whole, root } = await someContent()
    const rogue = await startRogue(misbehave)
    const { network: honest } = await startGiver(whole)
    const { fetch, isWhole } = await startTaker([rogue, honest])
    const { sources } = await fetch(root, [rogue.peerId, honest.peerId])
    expect(await isWhole(root)).toBe(true)
    expect(sources.map(({ cut }) => cut)).toEqual(['slow', undefined])
  })

  it('cut off one that lies, and say so', async () => {
    const { whole, root } = await someContent()
    let asked = 0
    const liar = await startGiver({
      get: async cid => (++asked > 3 ? someBytes(1_000, asked) : whole.get(cid))
    })
    const { network: honest } = await startGiver(whole)
    const { fetch, isWhole } = await startTaker([liar.network, honest])
    const { sources } = await fetch(root, [liar.network.peerId, honest.peerId])
    expect(await isWhole(root)).toBe(true)
    expect(sources.map(({ cut }) => cut)).toEqual(['corrupt', undefined])
  })

  it('go on without one that dies in the middle', async () => {
    const { whole, root } = await someContent()
    let asked = 0
    const mortal = await startGiver({
      async get(cid) {
        if (++asked === 4) for (const each of mortal.network.libp2p.getConnections()) each.abort(new Error('killed'))
        return whole.get(cid)
      }
    })
    const { network: honest } = await startGiver(whole)
    const { fetch, isWhole } = await startTaker([mortal.network, honest])
    const { sources } = await fetch(root, [mortal.network.peerId, honest.peerId])
    expect(await isWhole(root)).toBe(true)
    expect(sources[1]).toMatchObject({ cut: undefined })
    expect(asked).toBeGreaterThanOrEqual(4)
  })

  it('fail in a way that may pass when one that may have a block is away, whatever the others say', async () => {
    const { root } = await someContent()
    const liar = await startGiver({ get: async () => someBytes(1_000) })
    const poor = await startGiver(createMemoryBlockStore())
    const away = await startPeer()
    const { fetch } = await startTaker([liar.network, poor.network, away])
    await away.stop()
    const failed = fetch(root, [liar.network.peerId, poor.network.peerId, away.peerId])
    await expect(failed).rejects.toMatchObject({ code: 'E_BLOCK_FETCH_FAILED', facts: { asked: 3 } })
    const lacked = fetch(root, [liar.network.peerId, poor.network.peerId])
    await expect(lacked).rejects.toMatchObject({ code: 'E_BLOCK_MISSING' })
  })

  it('ask one that has only a part for little more than that', async () => {
    const { whole, root } = await someContent()
    let lacking = 0
    const partial = await startGiver({
      get: async cid => ((cid.multihash.digest[0]! & 3) === 0 ? whole.get(cid) : void lacking++)
    })
    const { network: honest } = await startGiver(whole)
    const { fetch, isWhole } = await startTaker([partial.network, honest])
    const report = await fetch(root, [partial.network.peerId, honest.peerId])
    expect(await isWhole(root)).toBe(true)
    expect(report.sources[0]).toMatchObject({ lacking, cut: undefined })
    expect(lacking).toBeLessThan(report.blocks)
  })

  it('give only what is not here when the fetching process died in the middle and comes back', async () => {
    const { whole, root } = await someContent()
    const giver = await startGiver(whole)
    const directory = await mkdtemp(join(tmpdir(), 'archipel-restart-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const network = await startPeer()
    await network.connect(giver.network.addresses())
    // Each life has a fetcher and a store of its own; what they share is the folder.
    const live = async (signal?: AbortSignal, onProgress?: (progress: FetchProgress) => void) => {
      const fetcher = createBlockFetcher(network)
      const blockstore = await createFsBlockStore({ directory })
      const from = [giver.network.peerId]
      const init = { fetcher, root, from, blockstore, signal, ...(onProgress === undefined ? {} : { onProgress }) }
      return fetchDag(init).finally(() => fetcher.stop())
    }
    const death = new AbortController()
    const dying = live(death.signal, ({ blocks }) => blocks === 100 && death.abort(new Error('killed')))
    await expect(dying).rejects.toThrow('killed')
    const report = await live()
    expect(report.present).toBeGreaterThanOrEqual(100)
    expect(report.present + report.blocks).toBe(report.known)
    expect(await live()).toMatchObject({ blocks: 0, bytes: 0, present: report.known })
  })

  it('may be found when the fetch has begun', async () => {
    const { whole, root } = await someContent()
    const { network } = await startGiver(whole)
    const { fetch, isWhole } = await startTaker([network])
    const found = Promise.withResolvers<readonly BlockSource[]>()
    const fetching = fetch(root, [], found.promise)
    found.resolve([network.peerId])
    await fetching
    expect(await isWhole(root)).toBe(true)
    await expect(fetch(root, [], Promise.reject(new Error('nobody answers')))).resolves.toMatchObject({ blocks: 0 })
    const lost = await importBytes(someBytes(3), createMemoryBlockStore())
    await expect(fetch(lost, [], Promise.resolve([]))).rejects.toMatchObject({ code: 'E_BLOCK_FETCH_FAILED' })
  })

  it('are at most so many', async () => {
    const { whole, root } = await someContent()
    const { network } = await startGiver(whole)
    const { fetch } = await startTaker([network])
    const nobody = () => peerIdFromPrivate(privateKeyFromBytes(crypto.getRandomValues(new Uint8Array(32))))
    const absent = Array.from({ length: SOURCES_MAX }, nobody)
    await expect(fetch(root, [...absent, network.peerId])).rejects.toMatchObject({
      code: 'E_BLOCK_FETCH_FAILED',
      facts: { asked: SOURCES_MAX }
    })
    const { sources } = await fetch(root, [...absent.slice(1), network.peerId])
    expect(sources.filter(({ cut }) => cut === 'failed')).toHaveLength(SOURCES_MAX - 1)
  })
})
