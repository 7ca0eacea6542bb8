import {
  buyerMessages,
  CodedError,
  isCodedError,
  NEGOTIATE_FRAME_BYTES_MAX,
  providerMessages,
  type ToBuyer,
  type ToProvider
} from '@archipel/protocol'
import {
  createMessageStream,
  type DialTarget,
  type MessageStream,
  type Network,
  negotiateProtocol,
  type WaitOptions
} from '../net/index.ts'

/** A buyer's conversation with one provider: one stream for all their jobs, opened again when it was lost. */
export interface Session {
  /** Opens the stream unless it is open. */
  connect(options?: WaitOptions): Promise<void>
  /** Rejects with E_PROVIDER_UNREACHABLE or the stream's error; never retries by itself. */
  send(message: ToProvider, options?: WaitOptions): Promise<void>
  close(): Promise<void>
}

export interface SessionInit {
  network: Network
  target: DialTarget
  /** Called for each message, in order. */
  onMessage: (message: ToBuyer) => void
  /** Called once for each stream that ends, whatever the reason. */
  onLost: (error: CodedError) => void
}

/** How long a slow peer may hold up what we send before the stream is given up. */
const SEND_STALL_TIMEOUT_MS = 10_000

export function createSession({ network, target, onMessage, onLost }: SessionInit): Session {
  let current: Promise<MessageStream> | undefined
  let closed = false

  async function open(options: WaitOptions): Promise<MessageStream> {
    const stream = await network.openStream(target, negotiateProtocol(network.name), options)
    const messages = createMessageStream(stream, { messageBytesMax: NEGOTIATE_FRAME_BYTES_MAX })
    void read(messages)
    return messages
  }

  async function read(messages: MessageStream): Promise<void> {
    let reason: unknown
    try {
      for await (const data of messages.receive()) onMessage(buyerMessages.fromWire(data))
    } catch (err) {
      reason = err
      if (isCodedError(err)) messages.abort(err)
    }
    current = undefined
    if (!closed) onLost(lost(reason))
  }

  function stream(options: WaitOptions): Promise<MessageStream> {
    if (closed) return Promise.reject(new CodedError('E_SESSION_CLOSED', 'the client is stopping'))
    if (current === undefined) {
      const opening = open(options)
      current = opening
      opening.catch(() => {
        if (current === opening) current = undefined
      })
    }
    return current
  }

  return {
    async connect(options = {}) {
      await stream(options)
    },
    async send(message, options = {}) {
      const messages = await stream(options)
      const signal = AbortSignal.any([
        AbortSignal.timeout(SEND_STALL_TIMEOUT_MS),
        ...(options.signal ? [options.signal] : [])
      ])
      await messages.send(providerMessages.toWire(message), { signal })
    },
    async close() {
      closed = true
      await current?.then(
        messages => messages.close(),
        () => {}
      )
    }
  }
}

function lost(cause: unknown): CodedError {
  return new CodedError('E_PROVIDER_LOST', 'the connection to the provider was lost', {
    ...(cause === undefined ? {} : { cause })
  })
}
