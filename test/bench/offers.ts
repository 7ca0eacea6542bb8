import { createBook, createNetwork, fetchBook, type Network, serveBook } from '@archipel/client'
import {
  createNativeSigner,
  installKeccak,
  LOOPBACK_LISTEN,
  nodeTransports,
  recoverNative
} from '@archipel/client/node'
import {
  type Address,
  createSigningDomain,
  encode,
  type Offer,
  offerType,
  sign,
  signedOfferType
} from '@archipel/protocol'
import { keyOf } from '../fixtures/keys.ts'
import { round, spreadOf } from './statistics.ts'

export interface OffersReport {
  /** Offers that one core decodes, verifies and puts into a book in a second of its own time. */
  readonly verifiedPerSec: number
  /** What a bare signature recovery takes of that, the same ones on the same core. */
  readonly recoverShare: number
  /** A query by region and price among as many offers. */
  readonly query: { readonly offers: number; readonly found: number; readonly ms: ReturnType<typeof spreadOf> }
  readonly syncs: readonly SyncReport[]
}

export interface SyncReport {
  readonly what: string
  readonly offers: number
  readonly news: number
  readonly kib: number
  /** Of what a first fetch of all of them takes. */
  readonly ofWhole: number
  readonly ms: number
}

const TOKEN: Address = `0x${'70'.repeat(20)}`
const domain = createSigningDomain(31_337, `0x${'e0'.repeat(20)}`)
const nowSec = () => 1_800_000_000

/** What offers cost whoever takes part in a network: being checked, being looked through, being compared. */
export async function measureOffers(isQuick: boolean, log: (line: string) => void): Promise<OffersReport> {
  log('offers: checking …')
  await installKeccak()
  const checked = measureChecks(isQuick ? 1_000 : 5_000)
  log('offers: looking through …')
  const query = measureQuery(isQuick ? 10_000 : 100_000)
  log('offers: comparing books …')
  return { ...checked, query, syncs: await measureSyncs(isQuick ? 1_000 : 5_000) }
}

function newBook(recover = recoverNative) {
  return createBook({ domain, recover, token: TOKEN, nowSec, bytesMax: 1 << 30 })
}

function measureChecks(count: number): Pick<OffersReport, 'verifiedPerSec' | 'recoverShare'> {
  const offers = offersOf(count)
  const rounds = Array.from({ length: 5 }, () => {
    const book = newBook()
    const addUs = cpuUsOf(() => {
      for (const data of offers) book.add(data)
    })
    if (book.size !== count) throw new Error('an honest offer was not taken')
    const digest = new Uint8Array(32).fill(7)
    const signatures = book.offers().map(({ offer }) => offer.signature)
    const recoverUs = cpuUsOf(() => {
      for (const signature of signatures) recoverNative(digest, signature)
    })
    return { addUs, recoverUs }
  })
  // The best of them: others on the machine only make it slower.
  const { addUs, recoverUs } = rounds.reduce((best, one) => (one.addUs < best.addUs ? one : best))
  return { verifiedPerSec: Math.round((count * 1e6) / addUs), recoverShare: round(recoverUs / addUs) }
}

function measureQuery(count: number): OffersReport['query'] {
  // Signatures are not what is measured here, and take longest to make.
  const book = newBook(() => ({ address, publicKey: new Uint8Array(33) }))
  let address: Address = TOKEN
  for (let n = 0; n < count; n++) {
    address = `0x${n.toString(16).padStart(40, '0')}`
    book.add(encode(signedOfferType, { body: offerOf(n, address), signature: new Uint8Array(64) }))
  }
  const filter = { runtime: 'wasm', regions: ['region-7'], cpuMillis: 4_000, cpuSec: 2n * 10n ** 12n }
  let found = 0
  const ms = Array.from({ length: 200 }, () => {
    const startedMs = performance.now()
    found = book.offers(filter).length
    return performance.now() - startedMs
  })
  return { offers: book.size, found, ms: spreadOf(ms) }
}

async function measureSyncs(count: number): Promise<SyncReport[]> {
  const [giver, taker] = await Promise.all([startPeer('giver'), startPeer('taker')])
  try {
    const [before, after] = [newBook(), newBook()]
    const changed = Math.ceil(count / 100)
    for (const data of offersOf(count)) before.add(data)
    for (const data of [...offersOf(count).slice(changed), ...offersOf(changed, 1)]) after.add(data)
    await serveBook(giver, after)
    const whole = await fetched(taker, giver, newBook())
    const same = await fetched(taker, giver, after)
    const one = await fetched(taker, giver, before)
    return [
      { what: 'the first time', ...whole },
      { what: 'again, a hundredth has changed', ...one },
      { what: 'again, nothing has changed', ...same }
    ].map(({ bytes, ...rest }) => ({
      ...rest,
      offers: count,
      kib: round(bytes / 1024),
      ofWhole: round(bytes / whole.bytes)
    }))
  } finally {
    await Promise.all([giver.stop(), taker.stop()])
  }
}

async function fetched(taker: Network, giver: Network, book: ReturnType<typeof newBook>) {
  const connection = await taker.connect(giver.addresses())
  let bytes = 0
  const counting: Network = {
    ...taker,
    async openStream(...target) {
      const stream = await taker.openStream(...target)
      const { send } = stream
      stream.send = data => {
        bytes += data.byteLength
        return send.call(stream, data)
      }
      stream.addEventListener('message', ({ data }) => {
        bytes += data.byteLength
      })
      return stream
    }
  }
  const startedMs = performance.now()
  const news = await fetchBook(counting, connection.remotePeer, book)
  return { news, bytes, ms: round(performance.now() - startedMs) }
}

async function startPeer(name: string): Promise<Network> {
  const peer = await createNetwork({
    network: 'bench',
    privateKey: keyOf(`bench ${name}`).privateKey,
    transports: nodeTransports(),
    listen: LOOPBACK_LISTEN,
    allowPrivateAddresses: true,
    connectionsMin: 0
  })
  await peer.start()
  return peer
}

function offersOf(count: number, later = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => {
    const privateKey = new Uint8Array(32).fill(3)
    new DataView(privateKey.buffer).setUint32(0, n + 1)
    const signer = createNativeSigner(privateKey)
    const body = { ...offerOf(n, signer.address), sequence: nowSec() + later }
    return encode(signedOfferType, sign(signer, domain, offerType, body))
  })
}

/** As a provider with two addresses would sign it. */
function offerOf(n: number, provider: Address): Offer {
  const peer = `16Uiu2HAm${String(n).padStart(44, 'x')}`
  const host = `203.0.${(n >> 8) % 256}.${n % 256}`
  return {
    provider,
    owner: `0x${(1 + (n % 997)).toString(16).padStart(40, '0')}`,
    sequence: nowSec(),
    expiresAt: nowSec() + 120,
    token: TOKEN,
    resources: { cpuMillis: 1_000 * (1 + (n % 64)), memoryBytes: 2 ** 33, diskBytes: 2 ** 36 },
    runtimes: ['wasm', ...(n % 3 === 0 ? ['oci'] : [])],
    isolation: 'hardened',
    prices: {
      startup: 10n ** 12n,
      cpuSec: BigInt(1 + (n % 100)) * 10n ** 11n,
      memGiBSec: 10n ** 11n,
      terafuel: 10n ** 13n
    },
    tickSec: 30,
    domains: { site: `site-${n % 500}`, network: `as${n % 300}`, region: `region-${n % 20}`, grid: `grid-${n % 9}` },
    multiaddrs: [`/ip4/${host}/tcp/4001/p2p/${peer}`, `/ip4/${host}/tcp/4002/ws/p2p/${peer}`],
    version: '0.1.0'
  }
}

function cpuUsOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}
