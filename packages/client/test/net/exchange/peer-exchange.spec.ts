import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { encodeCanonical } from '../../../src/net/canonical-cbor.ts'
import {
  ANSWERS_PER_PEER,
  PEER_RECORD_BYTES_MAX,
  PEERS_ANSWER_BYTES_MAX,
  PEERS_TOLD_MAX,
  RECORD_ADDRESSES_MAX
} from '../../../src/net/exchange/limits.ts'
import { createPeerExchange } from '../../../src/net/exchange/peer-exchange.ts'
import { nameInRecord } from '../../../src/net/exchange/peer-record.ts'
import { encodeLengthPrefix } from '../../../src/net/frame-reader.ts'
import { createMessageStream, type Network, type ProtocolHandler, peersProtocol } from '../../../src/net/index.ts'
import { KNOWN_PER_PREFIX_MAX } from '../../../src/net/limits.ts'
import { rejection, startPeer, until } from '../peers.ts'

const PROTOCOL = peersProtocol('test')

describe('peer exchange', () => {
  it('brings peers that meet one together to know each other, without the DHT', async () => {
    const middle = await startPeer()
    const bootstrap = [String(middle.addresses()[0])]
    const others = await Promise.all(
      Array.from({ length: 6 }, () => startPeer({ bootstrap, connectionsMin: 4, dht: 'client' }))
    )
    await until(() => others.every(each => each.libp2p.getPeers().length >= 4), 'everybody to have four peers')
  })

  it('tells of peers by their own records, and not of those that only call', async () => {
    const { asker, server, ask } = await startAsker()
    const dialable = await startPeer()
    const onlyCalls = await startPeer({ listen: [], dht: 'client' })
    await dialable.connect(server.addresses())
    await onlyCalls.connect(server.addresses())
    await until(async () => (await envelopeOf(server, dialable)) !== undefined, 'identify')
    expect((await ask()).map(String)).toEqual([dialable.peerId.toString()])
    const known = await asker.libp2p.peerStore.get(dialable.peerId)
    expect(known.addresses.every(({ isCertified }) => isCertified)).toBe(true)
    expect(await envelopeOf(asker, onlyCalls)).toBeUndefined()
    // Nothing is new the second time.
    expect(await ask()).toEqual([])
  })

  it('answers a peer only so often', async () => {
    const { ask } = await startAsker()
    for (let i = 0; i < ANSWERS_PER_PEER.capacity; i++) expect(await ask()).toEqual([])
    expect(await rejection(ask())).toMatchObject({ code: 'E_STREAM_RESET' })
  })

  it('takes as many records as are allowed, and nothing from who sends one more', async () => {
    const records = await Promise.all(Array.from({ length: PEERS_TOLD_MAX + 1 }, (_, i) => recordAt(`6.6.${i}.1`)))
    expect(await answering(records.slice(1))).toHaveLength(PEERS_TOLD_MAX)
    expect(await rejection(answering(records))).toMatchObject({ code: 'E_PEERS_INVALID' })
  })

  it.each([
    ['a record that somebody else signed', async () => forge(await recordAt('6.6.6.6'))],
    ['bytes that are no record', async () => new Uint8Array(40).fill(7)],
    ['a record that is too large', async () => new Uint8Array(PEER_RECORD_BYTES_MAX + 1)],
    ['text', async () => '/ip4/6.6.6.6/tcp/1'],
    ['a record with one address too many', () => recordAt(...addresses(RECORD_ADDRESSES_MAX + 1))]
  ])('believes nothing of who sends %s', async (_, make) => {
    const good = await recordAt('7.7.7.7')
    expect(await rejection(answering([await make(), good]))).toMatchObject({ code: 'E_PEERS_INVALID' })
  })

  it('takes a record with as many addresses as are allowed', async () => {
    expect(await answering([await recordAt(...addresses(RECORD_ADDRESSES_MAX))])).toHaveLength(1)
  })

  it('reads no record of a peer that nobody wants to know more of, by its name alone', async () => {
    const { asker, server } = await startAsker()
    const key = await generateKeyPair('secp256k1')
    const name = peerIdFromPrivateKey(key).toString()
    const record = await seal(key, ['6.6.6.6'])
    expect(nameInRecord(record)).toBe(name)
    expect(nameInRecord(new Uint8Array(8))).toBeUndefined()
    await replace(server, async stream => sendAll(stream, [forge(record), await recordAt('7.7.7.7')]))
    const exchange = createPeerExchange({
      network: asker,
      isDialable: () => true,
      isWanted: each => each !== name,
      hasRoom: () => true,
      isDiverse: false
    })
    expect(await exchange.ask(asker.connectionTo(server.peerId)!)).toHaveLength(1)
  })

  it('keeps the newer of two records, whichever comes last', async () => {
    const key = await generateKeyPair('secp256k1')
    const [older, newer] = await Promise.all([seal(key, ['6.6.6.1'], 1n), seal(key, ['6.6.6.2'], 2n)])
    const { asker, server } = await startAsker()
    let answer: unknown[] = [newer]
    await replace(server, async stream => sendAll(stream, answer))
    const exchange = exchangeOf(asker)
    const connection = asker.connectionTo(server.peerId)!
    expect(await exchange.ask(connection)).toHaveLength(1)
    answer = [older]
    expect(await exchange.ask(connection)).toHaveLength(0)
    const known = await asker.libp2p.peerStore.get(peerIdFromPrivateKey(key))
    expect(known.addresses.map(({ multiaddr }) => multiaddr.toString())).toEqual(['/ip4/6.6.6.2/tcp/4001'])
  })

  it('leaves out who cannot be dialled, itself, and the surplus of a prefix', async () => {
    const { asker, server } = await startAsker()
    const own = await RecordEnvelope.seal(
      new PeerRecord({ peerId: asker.peerId, multiaddrs: [multiaddr('/ip4/6.6.6.6/tcp/1')] }),
      (asker.libp2p as unknown as { components: { privateKey: PrivateKey } }).components.privateKey
    )
    const answer = [own.marshal(), await recordAt('7.7.7.7'), await recordAt(), await recordAt('6.6.6.9')]
    await replace(server, async stream => sendAll(stream, answer))
    const exchange = createPeerExchange({
      network: asker,
      isDialable: ({ addresses }) => addresses.length > 0,
      isWanted: () => true,
      hasRoom: prefix => prefix !== '6.6.6.0/24',
      isDiverse: true
    })
    const kept = await exchange.ask(asker.connectionTo(server.peerId)!)
    expect(kept).toHaveLength(1)
  })

  it.each([
    ['claims a frame above the bound', (stream: Raw) => stream.send(encodeLengthPrefix(PEERS_ANSWER_BYTES_MAX + 1))],
    ['names thousands', (stream: Raw) => stream.send(framed(Array.from({ length: 5_000 }, () => null)))],
    ['sends nonsense', (stream: Raw) => stream.send(new Uint8Array(64).fill(0xff))]
  ])('is over with a peer that %s', async (_, misbehave) => {
    const { asker, server } = await startAsker()
    await replace(server, async stream => {
      misbehave(stream)
      await new Promise(resolve => stream.addEventListener('close', resolve, { once: true }))
    })
    const exchange = exchangeOf(asker)
    const connection = asker.connectionTo(server.peerId)!
    expect(await rejection(exchange.ask(connection))).toMatchObject({ code: 'E_PEERS_INVALID' })
    expect(connection.status).toBe('open')
  })

  it('reads one answer of an endless stream', async () => {
    const { asker, server } = await startAsker()
    let isReset = false
    await replace(server, async stream => {
      const frame = framed([await recordAt('7.7.7.7')])
      stream.addEventListener('close', () => {
        isReset = true
      })
      while (!isReset) {
        if (stream.status === 'open') stream.send(frame)
        await new Promise(resolve => setTimeout(resolve, 1))
      }
    })
    expect(await exchangeOf(asker).ask(asker.connectionTo(server.peerId)!)).toHaveLength(1)
    await until(() => isReset, 'the stream to be reset')
  })

  it('remembers no more of one prefix than its share, and forgets those it never met first', async () => {
    const { asker, server } = await startAsker({ isDiverse: true, connectionsMin: 0 })
    for (let round = 0; round < 3; round++) {
      const records = await Promise.all(Array.from({ length: PEERS_TOLD_MAX }, () => recordAt('6.6.6.6')))
      await replace(server, async stream => sendAll(stream, records))
      await exchangeOf(asker).ask(asker.connectionTo(server.peerId)!)
    }
    const { createKnownPeers } = await import('../../../src/net/join/known-peers.ts')
    const known = createKnownPeers(asker.libp2p, { isDiverse: true })
    await known.start()
    await known.tidy()
    const left = known.list()
    expect(left.filter(({ prefix }) => prefix === '6.6.6.0/24')).toHaveLength(KNOWN_PER_PREFIX_MAX)
    expect(known.hasRoom('6.6.6.0/24')).toBe(false)
    expect(known.hasRoom('6.6.7.0/24')).toBe(true)
  })
})

type Raw = Parameters<ProtocolHandler>[0]

/** Two connected peers, and a way to ask the second with the exchange of the first. */
async function startAsker(init: Parameters<typeof startPeer>[0] = {}) {
  const [asker, server] = await Promise.all([startPeer(init), startPeer()])
  const connection = await asker.connect(server.addresses())
  await until(() => server.connectionTo(asker.peerId), 'the connection')
  return { asker, server, ask: () => exchangeOf(asker).ask(connection) }
}

const exchangeOf = (network: Network) =>
  createPeerExchange({
    network,
    isDialable: ({ addresses }) => addresses.length > 0,
    isWanted: () => true,
    hasRoom: () => true,
    isDiverse: false
  })

/** Serves the protocol in place of the peer's own exchange. */
async function replace(server: Network, handler: ProtocolHandler): Promise<void> {
  await server.libp2p.unhandle(PROTOCOL)
  await server.handle(PROTOCOL, handler, { streamsPerPeerMax: 4, streamsMax: 4 })
}

async function sendAll(stream: Raw, answer: unknown): Promise<void> {
  const messages = createMessageStream(stream, { outboundMessageBytesMax: 1 << 20 })
  await messages.send(answer)
  await messages.close()
}

/** What an asker makes of an answer. */
async function answering(answer: unknown[]) {
  const { asker, server } = await startAsker()
  await replace(server, async stream => sendAll(stream, answer))
  return exchangeOf(asker).ask(asker.connectionTo(server.peerId)!)
}

const framed = (message: unknown) => {
  const bytes = encodeCanonical(message)
  return Buffer.concat([encodeLengthPrefix(bytes.byteLength), bytes])
}

const addresses = (count: number) => Array.from({ length: count }, (_, i) => `6.6.6.${i}`)

async function recordAt(...hosts: string[]): Promise<Uint8Array> {
  return seal(await generateKeyPair('secp256k1'), hosts)
}

async function seal(key: PrivateKey, hosts: string[], seqNumber = 1n) {
  const multiaddrs = hosts.map(host => multiaddr(`/ip4/${host}/tcp/4001`))
  const record = new PeerRecord({ peerId: peerIdFromPrivateKey(key), multiaddrs, seqNumber })
  return (await RecordEnvelope.seal(record, key)).marshal()
}

/** The same record with another signature. */
function forge(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[copy.length - 1]! ^= 1
  return copy
}

async function envelopeOf(network: Network, peer: Network): Promise<Uint8Array | undefined> {
  const known = await network.libp2p.peerStore.get(peer.peerId).catch(() => undefined)
  return known?.peerRecordEnvelope
}
