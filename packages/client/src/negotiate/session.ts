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
  type WaitOptions,
  waitFor
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
  /** Where to dial, asked each time: a provider that was away may be somewhere else now. */
  target: () => DialTarget
  /** Called for each stream right after it was opened. */
  onOpened: () => void
  /** Called for each message, in order. */
  onMessage: (message: ToBuyer) => void
  /** Called once for each stream that ends, whatever the reason. */
  onLost: (error: CodedError) => void
}

/** How long a slow peer may hold up what we send before the stream is given up. */
const SEND_STALL_TIMEOUT_MS = 10_000

export function createSession({ network, target, onOpened, onMessage, onLost }: SessionInit): Session {
  let current: Promise<MessageStream> | undefined
  /** What `current` came to, so that a message on an open stream waits for nothing. */
  let ready: MessageStream | undefined
  let closed = false

  /** Bounded by the network's own time-outs and by no caller's signal: all callers share the stream. */
  async function open(): Promise<MessageStream> {
    const stream = await network.openStream(target(), negotiateProtocol(network.name))
    const messages = createMessageStream(stream, { messageBytesMax: NEGOTIATE_FRAME_BYTES_MAX })
    if (closed) {
      messages.abort(closedError())
      throw closedError()
    }
    ready = messages
    void read(messages)
    queueMicrotask(onOpened)
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
    ready = undefined
    if (!closed) onLost(lost(reason))
  }

  function stream({ signal }: WaitOptions): Promise<MessageStream> {
    if (closed) return Promise.reject(closedError())
    if (current === undefined) {
      const opening = open()
      current = opening
      opening.catch(() => {
        if (current === opening) current = undefined
      })
    }
    return waitFor(current, signal)
  }

  return {
    async connect(options = {}) {
      if (ready === undefined) await stream(options)
    },
    async send(message, options = {}) {
      const messages = ready ?? (await stream(options))
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

function closedError(): CodedError {
  return new CodedError('E_SESSION_CLOSED', 'the client is stopping')
}

function lost(cause: unknown): CodedError {
  return new CodedError('E_PROVIDER_LOST', 'the connection to the provider was lost', {
    ...(cause === undefined ? {} : { cause })
  })
}
