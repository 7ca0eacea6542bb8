import { CodedError } from '@archipel/protocol'
import type { GossipSub, Message, TopicValidatorResult } from '@libp2p/gossipsub'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Conduct } from './conduct.ts'
import { GOSSIP_MESSAGE_BYTES_MAX } from './gossip-settings.ts'

/**
 * `ignore`: not useful now (old, known, from the future). `reject`: no honest peer sends this; it costs the peer that
 * passed it on. A fault of our own is never `reject`.
 */
export type GossipVerdict = 'accept' | 'ignore' | 'reject'

export interface GossipTopic {
  /** Judges a message before it is passed on. `from` is the neighbour it came through, not its author. */
  validate(data: Uint8Array, from: PeerId): GossipVerdict | Promise<GossipVerdict>
}

export interface Gossip {
  /**
   * Listens to a topic. What `validate` accepts is passed on to others, so whatever must be done with a message is
   * done there. The returned function leaves. Throws E_TOPIC_UNKNOWN for a topic not named to the network.
   */
  join(topic: string, handling: GossipTopic): () => void
  /**
   * Sends to the topic, joined or not; resolves to the number of peers it went to, 0 when alone. The same bytes sent
   * again within two minutes go nowhere. Rejects with E_GOSSIP_TOO_LARGE, E_TOPIC_UNKNOWN or E_GOSSIP_FAILED.
   */
  publish(topic: string, data: Uint8Array): Promise<number>
  /** Connected peers known to listen to a topic. */
  subscribers(topic: string): PeerId[]
  /**
   * Counts against a neighbour that it passed on something of no use. Who does so far more than honest peers is refused
   * for a while. @param cost 1 for what was cheap to find out
   */
  blame(peer: PeerId, cost?: number): void
}

/** Messages being validated at once; more are ignored, so a flood can't pile up work. */
const VALIDATIONS_MAX = 512

export function createGossip(
  libp2p: Libp2p<{ pubsub: GossipSub }>,
  topics: readonly string[],
  conduct: Pick<Conduct, 'invalid' | 'useless'>
): Gossip {
  const { pubsub } = libp2p.services
  let validating = 0

  function checkTopic(topic: string): void {
    if (topics.includes(topic)) return
    throw new CodedError('E_TOPIC_UNKNOWN', 'the network was created without this topic', { facts: { topic } })
  }

  async function judge(data: Uint8Array, from: PeerId, validate: GossipTopic['validate']): Promise<GossipVerdict> {
    if (data.byteLength > GOSSIP_MESSAGE_BYTES_MAX) return 'reject'
    if (validating >= VALIDATIONS_MAX) return 'ignore'
    validating++
    try {
      return await validate(data, from)
    } catch {
      return 'ignore'
    } finally {
      validating--
    }
  }

  return {
    join(topic, { validate }) {
      checkTopic(topic)
      // The validator comes before the subscription: a message passed on unjudged would cost us our own score.
      pubsub.topicValidators.set(topic, async (from: PeerId, message: Message) => {
        const judged = await judge(message.data, from, validate)
        if (judged === 'reject') conduct.invalid(from.toString())
        // The verdicts are gossipsub's own words; its enum is only a type here.
        return judged as TopicValidatorResult
      })
      pubsub.subscribe(topic)
      return () => {
        pubsub.unsubscribe(topic)
        pubsub.topicValidators.delete(topic)
      }
    },
    async publish(topic, data) {
      checkTopic(topic)
      if (data.byteLength > GOSSIP_MESSAGE_BYTES_MAX) {
        throw new CodedError('E_GOSSIP_TOO_LARGE', 'this message is too large to gossip', {
          facts: { byteLength: data.byteLength, byteLengthMax: GOSSIP_MESSAGE_BYTES_MAX }
        })
      }
      try {
        return (await pubsub.publish(topic, data)).recipients.length
      } catch (cause) {
        throw new CodedError('E_GOSSIP_FAILED', 'the message was not published', { facts: { topic }, cause })
      }
    },
    subscribers: topic => pubsub.getSubscribers(topic),
    blame: (peer, cost) => conduct.useless(peer.toString(), cost)
  }
}
