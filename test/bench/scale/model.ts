import { CALIBRATION } from './calibration.ts'
import { createMesh, type Hop, spread } from './mesh.ts'
import { createRandom } from './random.ts'

/** A network to work out. */
export interface Scenario {
  readonly providers: number
  /** Clients that listen to gossip, as shares of the providers. */
  readonly buyersPerProvider: number
  /** Topics that offers are spread over. */
  readonly shards: number
  /** Between two offers of one provider, seconds. */
  readonly renewSec: number
  /** How long an offer stands, seconds. */
  readonly ttlSec: number
  /** Topics that a buyer listens to. */
  readonly shardsPerBuyer: number
  /** Share of peers that are replaced by others in an hour. */
  readonly churnPerHour: number
  readonly hop: Hop
  readonly seed: number
}

/** What it comes to for one provider, sending and receiving taken together. */
export interface Cost {
  /** Topic members. */
  readonly members: number
  /** Offers that pass through a topic in a second. */
  readonly offersPerSec: number
  /** Copies of each offer that a member gets, 1 being the least. */
  readonly copies: number
  readonly messagesPerSec: number
  readonly gossipBytesPerSec: number
  /** Neighbours, pings, heartbeats, look-ups: what it takes to be there at all. */
  readonly idleBytesPerSec: number
  /** Books given to newcomers and those that come back. */
  readonly booksBytesPerSec: number
  readonly bytesPerSec: number
  /** From publishing to being heard, milliseconds. */
  readonly heardMs: { readonly p50: number; readonly p95: number; readonly p99: number }
  /** A newcomer's first book: round trips, transfer at 1 MiB/s, checking. */
  readonly firstBookMs: number
  /** Share of a book's offers whose provider has gone or changed, as a newcomer finds it. */
  readonly stale: number
}

const MESSAGES = 12
/** Half of a link's heartbeats pass before gossipsub has another in its place. */
const REPLACE_SEC = 2
const HISTORY_HEARTBEATS = 3
const LAZY_PEERS = 6
const NEWCOMER_BYTES_PER_MS = (1024 * 1024) / 1000

/** Works a network out: one of its topics message by message, everything else by rates. */
export function cost(scenario: Scenario): Cost {
  const { providers, buyersPerProvider, shards, renewSec, ttlSec, shardsPerBuyer, churnPerHour, hop, seed } = scenario
  const random = createRandom(seed)
  const inShard = providers / shards
  const buyers = (providers * buyersPerProvider * Math.min(shardsPerBuyer, shards)) / shards
  const members = Math.max(2, Math.round(inShard + buyers))
  const mesh = createMesh(members, random, (churnPerHour / 3600) * REPLACE_SEC)
  const heard: number[] = []
  let copies = 0
  for (let i = 0; i < MESSAGES; i++) {
    const one = spread(mesh, Math.floor(random() * members), hop, random)
    copies += one.copies
    for (const ms of one.heardMs) if (ms > 0 && Number.isFinite(ms)) heard.push(ms)
  }
  heard.sort((a, b) => a - b)
  const quantile = (share: number) => heard[Math.min(heard.length - 1, Math.floor(share * heard.length))] ?? 0

  const { offerBytes, copyOverheadBytes, idleBytesPerSec, idleMessagesPerSec, announcedBytes } = CALIBRATION
  const offersPerSec = inShard / renewSec
  const copiesEach = copies / MESSAGES / (members - 1)
  // Each copy is sent by one and received by another: both count.
  const copyBytes = 2 * copiesEach * offersPerSec * (offerBytes + copyOverheadBytes)
  const announced = 2 * LAZY_PEERS * HISTORY_HEARTBEATS * offersPerSec * announcedBytes
  const gossipBytesPerSec = copyBytes + announced

  const arrivalsPerSec = ((1 + buyersPerProvider) * churnPerHour) / 3600
  const bookOffers = Math.min(inShard * Math.max(1, Math.min(shardsPerBuyer, shards)), CALIBRATION.bookOffersMax)
  const bookBytes = bookOffers * offerBytes
  // A newcomer takes one book and digests of two more, each newcomer once for each provider that is there.
  const booksBytesPerSec = 2 * arrivalsPerSec * bookBytes * (1 + 2 * CALIBRATION.comparedShare)
  return {
    members,
    offersPerSec,
    copies: copiesEach,
    messagesPerSec: 2 * copiesEach * offersPerSec + idleMessagesPerSec,
    gossipBytesPerSec,
    idleBytesPerSec,
    booksBytesPerSec,
    bytesPerSec: gossipBytesPerSec + idleBytesPerSec + booksBytesPerSec,
    heardMs: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) },
    firstBookMs:
      4 * 2 * hop.medianMs + bookBytes / NEWCOMER_BYTES_PER_MS + (1000 * bookOffers) / CALIBRATION.verifiedPerSec,
    // Who goes is in books until its offer ends: half of the time that it stands, on average.
    stale: (churnPerHour / 3600) * (ttlSec - renewSec / 2) + quantile(0.95) / 1000 / renewSec
  }
}
