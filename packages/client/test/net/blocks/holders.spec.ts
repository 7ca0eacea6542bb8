import { describe, expect, it, onTestFinished } from 'vitest'
import { createMemoryBlockStore, importFiles } from '../../../src/content/index.ts'
import { createAskers } from '../../../src/net/blocks/holders.ts'
import {
  HOLDER_ADDRESS_BYTES_MAX,
  HOLDER_ADDRESSES_MAX,
  HOLDER_KNOWN_MS,
  HOLDERS_BYTES_MAX,
  HOLDERS_PER_ROOT_MAX,
  HOLDERS_ROOTS_MAX,
  HOLDERS_TOLD_MAX
} from '../../../src/net/blocks/limits.ts'
import {
  createBlockFetcher,
  createBlockServer,
  createHolders,
  fetchDag,
  holdersProtocol,
  type Network,
  peerIdFromPrivate,
  privateKeyFromBytes
} from '../../../src/net/index.ts'
import { createMessageStream } from '../../../src/net/message-stream.ts'
import { someBytes } from '../../content/build.ts'
import { rejection, startPair, startPeer } from '../peers.ts'

async function startParty(network: Network) {
  const blockstore = createMemoryBlockStore()
  const server = createBlockServer({ network, blockstore })
  const holders = createHolders({ network, blockstore })
  const fetcher = createBlockFetcher(network)
  await Promise.all([server.start(), holders.start()])
  onTestFinished(async () => {
    fetcher.stop()
    await Promise.all([server.stop(), holders.stop(), holders.stop()])
  })
  return { network, blockstore, server, holders, fetcher }
}

const someFiles = () => Array.from({ length: 40 }, (_, i) => ({ path: `f${i}`, content: someBytes(9_000, i) }))
const aPeer = () => peerIdFromPrivate(privateKeyFromBytes(crypto.getRandomValues(new Uint8Array(32))))
const rootOf = (seed: number) =>
  importFiles([{ path: `${seed}`, content: someBytes(10, seed) }], createMemoryBlockStore())

describe('who has some content', () => {
  it('is told by the peer that gave it to them, so that providers of a job help each other', async () => {
    const [buyer, first, second] = await Promise.all([1, 2, 3].map(async () => startParty(await startPeer())))
    const root = await importFiles(someFiles(), buyer!.blockstore)
    const { peerId } = buyer!.network
    for (const provider of [first!, second!]) await provider.network.connect(buyer!.network.addresses())
    expect(await first!.holders.find(peerId, root)).toEqual([])
    await fetchDag({ fetcher: first!.fetcher, root, from: [peerId], blockstore: first!.blockstore })
    expect(String(await second!.holders.find(peerId, root))).toBe(String([first!.network.peerId]))
    // The buyer goes as soon as it has named the other provider; what it has not given by then comes from there.
    const found = second!.holders.find(peerId, root).then(async others => {
      await buyer!.server.stop()
      return others
    })
    await fetchDag({ fetcher: second!.fetcher, root, from: [], found, blockstore: second!.blockstore })
    expect(first!.server.stats().blocks).toBe(41)
  })

  it('is not told about content that is not here, whoever asked before', async () => {
    const { client, server } = await startPair()
    const [asking, asked] = [await startParty(client), await startParty(server)]
    const root = await rootOf(1)
    for (let i = 0; i < 2; i++) expect(await asking.holders.find(asked.network.peerId, root)).toEqual([])
  })

  it('is forgotten within bounds, the oldest first', async () => {
    let nowMs = 0
    const askers = createAskers(() => nowMs)
    const root = await rootOf(1)
    const peers = Array.from({ length: HOLDERS_PER_ROOT_MAX + 1 }, aPeer)
    for (const peer of peers) askers.note(root, peer)
    const told = askers.note(root, aPeer()).map(({ peerId }) => peerId.toString())
    expect(told).toEqual(peers.slice(-HOLDERS_TOLD_MAX).reverse().map(String))
    expect(askers.note(root, peers[0]!)).toHaveLength(HOLDERS_TOLD_MAX)
    nowMs = HOLDER_KNOWN_MS + 1
    expect(askers.note(root, aPeer())).toEqual([])
    for (let seed = 0; seed <= HOLDERS_ROOTS_MAX; seed++) askers.note(await rootOf(seed), peers[0]!)
    expect(askers.roots).toBe(HOLDERS_ROOTS_MAX)
  })

  const address = (peer = aPeer()) => `/ip4/127.0.0.1/tcp/9/p2p/${peer}`
  it.each([
    ['nothing', null],
    ['too many peers', Array.from({ length: HOLDERS_TOLD_MAX + 1 }, () => [address()])],
    ['a peer with too many addresses', [Array(HOLDER_ADDRESSES_MAX + 1).fill(address())]],
    ['a peer without addresses', [[]]],
    ['an address that is too long', [[`${address()}${'/http'.repeat(HOLDER_ADDRESS_BYTES_MAX / 5)}`]]],
    ['an address without a name', [['/ip4/127.0.0.1/tcp/9']]],
    ['the addresses of two peers as one', [[address(), address()]]],
    ['an answer of one byte too many', new Uint8Array(HOLDERS_BYTES_MAX - 2)]
  ])('is not believed from who answers with %s', async (_, answer) => {
    const { client, server } = await startPair()
    await server.handle(
      holdersProtocol('test'),
      async stream => {
        const messages = createMessageStream(stream, { outboundMessageBytesMax: 2 * HOLDERS_BYTES_MAX })
        await messages.next()
        await messages.send(answer)
        await messages.close()
      },
      { streamsPerPeerMax: 1, streamsMax: 1 }
    )
    const { holders } = await startParty(client)
    const { code } = await rejection(holders.find(server.peerId, await rootOf(1)))
    expect(['E_HOLDERS_INVALID', 'E_FRAME_TOO_LARGE']).toContain(code)
  })

  it('is waited for no longer than the caller wants, and asked about content only', async () => {
    const { client, server } = await startPair()
    const silence = Promise.withResolvers<void>()
    onTestFinished(() => silence.resolve())
    const controller = new AbortController()
    const reason = new Error('enough')
    const keepSilent = () => {
      controller.abort(reason)
      return silence.promise
    }
    await server.handle(holdersProtocol('test'), keepSilent, { streamsPerPeerMax: 2, streamsMax: 2 })
    const { holders } = await startParty(client)
    const { signal } = controller
    expect(await rejection(holders.find(server.peerId, await rootOf(1), { signal }))).toBe(reason)
    const asked = await startParty(await startPeer())
    await client.connect(asked.network.addresses())
    const stream = createMessageStream(await client.openStream(asked.network.peerId, holdersProtocol('test')))
    await stream.send(new Uint8Array(36))
    expect(await rejection(stream.next())).toMatchObject({ code: 'E_STREAM_RESET' })
  })
})
