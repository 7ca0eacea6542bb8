import {
  createMessageStream,
  type Failpoint,
  failpoint,
  type MessageStream,
  type Network,
  negotiateProtocol,
  publicKeyFromPeerId
} from '@archipel/client'
import { addressOfCompressedKey } from '@archipel/client/node'
import {
  type Address,
  buyerMessages,
  isCodedError,
  NEGOTIATE_FRAME_BYTES_MAX,
  providerMessages,
  RECEIPT_FINAL,
  type ToBuyer,
  type ToProvider
} from '@archipel/protocol'
import type { PeerId, Stream } from '@libp2p/interface'
import type { Logger } from '../log.ts'
import type { Negotiator } from './negotiator.ts'

/** The buyers that are connected: each has one stream on which everything is said, in both directions. */
export interface Conversations {
  start(): Promise<void>
  /** Tells a buyer something, if it is connected; if not, it asks when it is back. */
  tell(buyer: Address, message: ToBuyer): void
  peerOf(buyer: Address): PeerId | undefined
}

/** Streams a buyer may have open: one, and one more while it reconnects. */
const STREAMS_PER_BUYER_MAX = 4
const STREAMS_MAX = 4096
/** Requests of one buyer worked on at once; the next waits, and with it the buyer's stream. */
const REQUESTS_PER_STREAM_MAX = 64
/** A buyer that does not read for this long has to come again. */
const SEND_TIMEOUT_MS = 10_000

export interface ConversationsInit {
  network: Network
  negotiator: () => Negotiator
  log: Logger
}

interface Conversation {
  readonly peerId: PeerId
  readonly messages: MessageStream
}

export function createConversations({ network, negotiator, log }: ConversationsInit): Conversations {
  const current = new Map<Address, Conversation>()

  async function converse(stream: Stream, peerId: PeerId): Promise<void> {
    const buyer = addressOfCompressedKey(publicKeyFromPeerId(peerId))
    const messages = createMessageStream(stream, { messageBytesMax: NEGOTIATE_FRAME_BYTES_MAX })
    const conversation: Conversation = { peerId, messages }
    // The newest stream is the one that is read: an older one belongs to a connection that was lost.
    current.set(buyer, conversation)
    try {
      await read(buyer, messages)
    } catch (err) {
      if (isCodedError(err)) {
        log.debug({ buyer, code: err.code }, 'a buyer’s stream ended')
        messages.abort(err)
      } else {
        throw err
      }
    } finally {
      if (current.get(buyer) === conversation) current.delete(buyer)
    }
  }

  async function read(buyer: Address, messages: MessageStream): Promise<void> {
    const working = new Set<Promise<void>>()
    let payments: Promise<void> = Promise.resolve()
    for await (const data of messages.receive()) {
      const message = providerMessages.fromWire(data)
      // Payments build on each other, so they keep their order; everything else is independent.
      const work =
        message.type === 'payment'
          ? payments.then(() => answer(buyer, message, messages))
          : answer(buyer, message, messages)
      if (message.type === 'payment') payments = work
      const tracked = work.finally(() => working.delete(tracked))
      working.add(tracked)
      if (working.size >= REQUESTS_PER_STREAM_MAX) await Promise.race(working)
    }
  }

  async function answer(buyer: Address, message: ToProvider, messages: MessageStream): Promise<void> {
    const reply = await negotiator().answer(buyer, message)
    if (reply !== undefined) await send(messages, reply)
  }

  async function send(messages: MessageStream, message: ToBuyer): Promise<void> {
    // A stream that is gone is noticed by whoever reads it; what was not sent is asked for again.
    await messages.send(buyerMessages.toWire(message), { signal: AbortSignal.timeout(SEND_TIMEOUT_MS) }).catch(() => {})
    const point = failpointOf(message)
    if (point !== undefined) failpoint(point)
  }

  return {
    async start() {
      await network.handle(negotiateProtocol(network.name), (stream, { peerId }) => converse(stream, peerId), {
        streamsPerPeerMax: STREAMS_PER_BUYER_MAX,
        streamsMax: STREAMS_MAX
      })
    },
    tell(buyer, message) {
      const conversation = current.get(buyer)
      if (conversation !== undefined) void send(conversation.messages, message)
    },
    peerOf: buyer => current.get(buyer)?.peerId
  }
}

/** Where a crash test may end the process once a message was handed over. */
function failpointOf(message: ToBuyer): Failpoint | undefined {
  switch (message.type) {
    case 'acknowledgement':
      return 'provider.payment.acknowledged'
    case 'receipt':
      return message.value.receipt.body.kind === RECEIPT_FINAL ? 'provider.final.sent' : 'provider.tick.sent'
    case 'failure':
      return 'provider.failure.sent'
    default:
      return undefined
  }
}
