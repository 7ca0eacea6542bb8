import type { GossipsubOpts } from '@libp2p/gossipsub'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

/**
 * Largest message a peer publishes, bytes: the proof that two Offers of the largest size contradict each other. An Offer is
 * 300 to 800 bytes. Checked before publishing, because one frame over the receiver's bound silently deafens that link for
 * good.
 */
export const GOSSIP_MESSAGE_BYTES_MAX = 17 * 1024

/** Largest gossip frame accepted, bytes: many messages and control lists share a frame, so far above one message. */
export const GOSSIP_FRAME_BYTES_MAX = 1024 * 1024

/** Bytes that may wait for one slow peer before its gossip stream is reset. */
export const GOSSIP_OUTBOUND_BYTES_MAX = 8 * 1024 * 1024

/** Topics one peer may make us remember, as gossipsub counts them (about 1 KiB each): ours are fewer than forty. */
const TOPIC_BYTES_PER_PEER_MAX = 64 * 1024

/** Peers behind one address before they lose score: an office or a carrier's NAT, not a farm. */
const PEERS_PER_ADDRESS_MAX = 32

/**
 * One id per topic and content. With unsigned envelopes (docs/adr/0003-gossip-signatures.md) this is what stops a
 * message from circling, so it must be collision resistant and name the topic: otherwise a stranger could send an
 * offer's twin, or the offer itself on another topic, and the real one would be taken for a repetition.
 */
export function gossipMessageId(message: { topic: string; data: Uint8Array }): Uint8Array {
  return sha256.create().update(utf8ToBytes(message.topic)).update(SEPARATOR).update(message.data).digest()
}

/** Topics are text without NUL, so topic and data can't be shifted against each other. */
const SEPARATOR = Uint8Array.of(0)

export interface GossipSettingsInit {
  /** The only topics that are tracked and relayed. */
  topics: readonly string[]
  /** Many peers behind one address are expected (devnet, tests): don't hold it against them. */
  allowPrivateAddresses: boolean
  /** What we think of a peer beside what gossipsub counts itself. */
  score: (peer: string) => number
}

/** Options of the gossipsub service. */
export function gossipSettings(init: GossipSettingsInit): Partial<GossipsubOpts> {
  return {
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: gossipMessageId,
    // Degree of the mesh: 6 reaches 100 peers in three hops; every further peer is one more copy of each message.
    D: 6,
    Dlo: 4,
    Dhi: 8,
    floodPublish: false,
    // A lone peer may publish: its message waits in the cache and its own book still gets it.
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    maxInboundDataLength: GOSSIP_FRAME_BYTES_MAX,
    maxOutboundBufferSize: GOSSIP_OUTBOUND_BYTES_MAX,
    maxTopicBytesPerPeer: TOPIC_BYTES_PER_PEER_MAX,
    allowedTopics: [...init.topics],
    scoreParams: {
      appSpecificScore: init.score,
      appSpecificWeight: 1,
      // A few messages that were promised and did not come in time are what a busy machine looks like.
      behaviourPenaltyThreshold: BROKEN_PROMISES_MAX,
      behaviourPenaltyWeight: -10,
      behaviourPenaltyDecay: 0.9,
      IPColocationFactorWeight: init.allowPrivateAddresses ? 0 : -5,
      IPColocationFactorThreshold: PEERS_PER_ADDRESS_MAX,
      topics: Object.fromEntries(init.topics.map(topic => [topic, TOPIC_SCORE]))
    },
    scoreThresholds: { gossipThreshold: -10, publishThreshold: -50, graylistThreshold: -80 }
  }
}

/** Broken promises and floods of control messages that cost nothing; each is forgotten within some seconds. */
const BROKEN_PROMISES_MAX = 6

/**
 * Being first with a valid message earns a little; an invalid one costs a lot: after the third a peer is no longer heard,
 * for minutes, and `conduct.ts` cuts it off. Silence is not punished: a quiet topic is normal when offers change rarely.
 */
const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1_000,
  timeInMeshCap: 10,
  firstMessageDeliveriesWeight: 1,
  firstMessageDeliveriesDecay: 0.9,
  firstMessageDeliveriesCap: 10,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.9,
  meshMessageDeliveriesCap: 10,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 1_000,
  meshMessageDeliveriesActivation: 10_000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.9,
  invalidMessageDeliveriesWeight: -10,
  invalidMessageDeliveriesDecay: 0.997
}
