import { createServer } from 'node:net'
import type { CID } from 'multiformats/cid'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cidOf, RAW_CODE } from '../../src/content/index.ts'
import { createMessageStream, createNetwork, privateKeyFromBytes, publicKeyFromPeerId } from '../../src/net/index.ts'
import { nodeTransports } from '../../src/net/node-defaults.ts'
import { rejection, startPair, startPeer, TRANSPORTS, until } from './peers.ts'

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i + 1)

const create = (init = {}) =>
  createNetwork({
    network: 'test',
    privateKey: KEY,
    transports: nodeTransports(),
    allowPrivateAddresses: true,
    ...init
  })

describe('network', () => {
  it('has the identity of its key', async () => {
    const network = await create()
    onTestFinished(() => network.stop())
    expect(publicKeyFromPeerId(network.peerId)).toEqual(privateKeyFromBytes(KEY).publicKey.raw)
  })

  it.each([
    ['a bad name', { network: 'A/B' }, 'E_NETWORK_NAME'],
    ['a bad key', { privateKey: new Uint8Array(32) }, 'E_KEY_INVALID'],
    ['a bad bootstrap address', { bootstrap: ['127.0.0.1:4001'] }, 'E_MULTIADDR_INVALID']
  ])('is not made with %s', async (_, init, code) => {
    expect(await rejection(create(init))).toMatchObject({ code })
  })

  it('starts and stops once, however often and in whatever order it is asked to', async () => {
    const network = await create({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    await Promise.all([network.start(), network.start()])
    expect(network.addresses()).toHaveLength(1)
    await Promise.all([network.stop(), network.stop(), network.stop()])
    await network.stop()
    expect(await rejection(network.start())).toMatchObject({ code: 'E_NETWORK_STOPPED' })
    const never = await create()
    await never.stop()
    const hasty = await create({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    const starting = hasty.start().catch(err => err)
    await hasty.stop()
    await starting
    expect(hasty.libp2p.getConnections()).toEqual([])
  })

  it('says that it can not start where it can not listen', async () => {
    const blocker = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void blocker.close())
    await until(() => blocker.listening, 'the port to be taken')
    const { port } = blocker.address() as { port: number }
    const network = await create({ listen: [`/ip4/127.0.0.1/tcp/${port}`] })
    onTestFinished(() => network.stop())
    expect(await rejection(network.start())).toMatchObject({ code: 'E_NETWORK_START' })
  })

  it.each(TRANSPORTS)('connects over %s, and either side can open a stream', async transport => {
    const { client, server, connection } = await startPair(transport)
    for (const network of [client, server]) {
      await network.handle(
        '/test/whoami/1.0.0',
        async (stream, { peerId }) => {
          const messages = createMessageStream(stream)
          await messages.send(peerId.toString())
          await messages.close()
        },
        { streamsPerPeerMax: 1, streamsMax: 1 }
      )
    }
    const asked = createMessageStream(await client.openStream(connection, '/test/whoami/1.0.0'))
    expect(await asked.next()).toBe(client.peerId.toString())
    await asked.close()
    await until(() => server.connectionTo(client.peerId), 'the server to know the connection')
    const back = createMessageStream(await server.openStream(server.connectionTo(client.peerId)!, '/test/whoami/1.0.0'))
    expect(await back.next()).toBe(server.peerId.toString())
    await back.close()
  })

  it('says why a peer could not be reached', async () => {
    const client = await startPeer()
    const gone = await startPeer()
    const [address] = gone.addresses()
    await gone.stop()
    expect(await rejection(client.connect(address!))).toMatchObject({ code: 'E_DIAL_FAILED' })
    expect(await rejection(client.connect('nonsense'))).toMatchObject({ code: 'E_MULTIADDR_INVALID' })
    const reason = new Error('no time')
    expect(await rejection(client.connect(address!, { signal: AbortSignal.abort(reason) }))).toBe(reason)
  })

  it('is not fooled by an address whose peer has another key', async () => {
    const client = await startPeer()
    const server = await startPeer()
    const other = await create()
    onTestFinished(() => other.stop())
    const [address] = server.addresses()
    const forged = address!.toString().replace(/\/p2p\/.*/, `/p2p/${other.peerId}`)
    expect(await rejection(client.connect(forged))).toMatchObject({ code: 'E_DIAL_FAILED' })
  })

  it('says when a peer does not speak a protocol', async () => {
    const { client, connection } = await startPair()
    expect(await rejection(client.openStream(connection, '/test/none/1.0.0'))).toMatchObject({
      code: 'E_PROTOCOL_UNSUPPORTED'
    })
  })

  it('notices a killed connection and a stopped peer', async () => {
    const { client, server } = await startPair()
    await until(() => server.connectionTo(client.peerId), 'the connection')
    await client.stop()
    await until(() => server.connectionTo(client.peerId) === undefined, 'the server to notice')
  })

  it('finds who provides something, through a third peer that knows both', async () => {
    const middle = await startPeer()
    const [address] = middle.addresses()
    const bootstrap = [address!.toString()]
    const provider = await startPeer({ bootstrap, connectionsMin: 1 })
    const seeker = await startPeer({ bootstrap, connectionsMin: 1, dht: 'client' })
    const key = await cidOf(RAW_CODE, new TextEncoder().encode('runtime=wasm'))
    await until(async () => {
      await provider.libp2p.contentRouting.provide(key, { signal: AbortSignal.timeout(3_000) })
      return (await findProviders(seeker, key)).includes(provider.peerId.toString())
    }, 'the provider to be found')
  })

  it('keeps two networks of different names apart', async () => {
    const here = await startPeer({ network: 'here' })
    const there = await startPeer({ network: 'there' })
    await here.handle('/archipel/here/book/1.0.0', () => {}, { streamsPerPeerMax: 1, streamsMax: 1 })
    const connection = await there.connect(here.addresses())
    expect(await rejection(there.openStream(connection, '/archipel/there/book/1.0.0'))).toMatchObject({
      code: 'E_PROTOCOL_UNSUPPORTED'
    })
    const protocolsOf = async () => (await there.libp2p.peerStore.get(here.peerId)).protocols
    await until(async () => (await protocolsOf()).includes('/archipel/here/kad/1.0.0'), 'identify')
    const protocols = await protocolsOf()
    expect(protocols.some(protocol => protocol.includes('/there/'))).toBe(false)
  })
})

async function findProviders(network: Awaited<ReturnType<typeof startPeer>>, key: CID): Promise<string[]> {
  const found: string[] = []
  const signal = AbortSignal.timeout(3_000)
  for await (const provider of network.libp2p.contentRouting.findProviders(key, { signal })) {
    found.push(provider.id.toString())
  }
  return found
}
