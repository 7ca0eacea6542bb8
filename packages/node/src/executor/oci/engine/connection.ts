import { type IncomingMessage, type RequestOptions, request } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type CodedError, isCodedError } from '@archipel/protocol'
import { createExecutionError } from '../../errors.ts'
import { ANSWER_BYTES_MAX, ANSWER_TIMEOUT_MS } from '../limits.ts'

/** What is asked of the engine. */
export interface EngineRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Beginning with `/`. */
  path: string
  /** Sent as JSON, or as it is where it is a stream (an archive). */
  body?: object | Readable | undefined
  signal: AbortSignal
  /** For the whole exchange; default {@link ANSWER_TIMEOUT_MS}. */
  timeoutMs?: number
}

export interface EngineAnswer {
  status: number
  /** Parsed where it is JSON. */
  body: unknown
}

/** HTTP over the engine's socket. All of it throws E_RUNNER_DIED where the engine does not answer, and on `signal`. */
export interface EngineConnection {
  ask(init: EngineRequest): Promise<EngineAnswer>
  /** For answers that come in a long stream. */
  open(init: EngineRequest): Promise<IncomingMessage>
  /** Turns the connection into a stream in both directions. */
  upgrade(init: Pick<EngineRequest, 'path' | 'signal'>): Promise<Duplex>
  /** Asks with a body that stays open; resolves when the engine begins to read it. The returned function ends it. */
  hold(init: Pick<EngineRequest, 'method' | 'path' | 'signal'>): Promise<() => Promise<void>>
}

export function createConnection(socketPath: string): EngineConnection {
  const optionsOf = (init: Pick<EngineRequest, 'path' | 'signal'>, rest: RequestOptions = {}): RequestOptions => ({
    socketPath,
    path: init.path,
    agent: false,
    signal: init.signal,
    ...rest
  })

  async function open(init: EngineRequest): Promise<IncomingMessage> {
    const { body, signal, timeoutMs = ANSWER_TIMEOUT_MS } = init
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const isStream = body !== undefined && 'pipe' in body
    const headers = body === undefined ? {} : { 'content-type': isStream ? 'application/x-tar' : 'application/json' }
    const outgoing = request(optionsOf({ ...init, signal: bounded }, { method: init.method, headers }))
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    outgoing.on('response', resolve)
    outgoing.on('error', reject)
    // What the source of a body throws is not the engine's fault, and told as it is.
    let fault: unknown
    if (isStream) {
      body.once('error', err => {
        fault ??= err
      })
      pipeline(body, outgoing).catch(reject)
    } else outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    try {
      return await promise
    } catch (err) {
      if (signal.aborted) throw signal.reason
      throw fault ?? unreachable(socketPath, err)
    }
  }

  return {
    open,
    async ask(init) {
      const incoming = await open(init)
      try {
        const text = await readBounded(incoming)
        const isJson = incoming.headers['content-type']?.startsWith('application/json') === true
        return { status: incoming.statusCode ?? 0, body: isJson && text !== '' ? JSON.parse(text) : text }
      } catch (err) {
        if (init.signal.aborted) throw init.signal.reason
        throw unreachable(socketPath, err)
      }
    },
    async upgrade(init) {
      const bounded = AbortSignal.any([init.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)])
      const headers = { connection: 'Upgrade', upgrade: 'tcp' }
      const outgoing = request(optionsOf(init, { method: 'POST', headers }))
      const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
      outgoing.on('upgrade', (_, socket, head) => {
        socket.on('error', () => {})
        if (head.length > 0) socket.unshift(head)
        resolve(socket)
      })
      outgoing.on('response', incoming => {
        incoming.resume()
        reject(new Error(`no stream but status ${incoming.statusCode}`))
      })
      outgoing.on('error', reject)
      const onAbort = () => outgoing.destroy(new Error('no stream in time'))
      bounded.addEventListener('abort', onAbort)
      outgoing.end()
      try {
        return await promise
      } catch (err) {
        if (init.signal.aborted) throw init.signal.reason
        throw unreachable(socketPath, err)
      } finally {
        bounded.removeEventListener('abort', onAbort)
      }
    },
    async hold(init) {
      const headers = { expect: '100-continue', 'transfer-encoding': 'chunked', 'content-type': 'application/x-tar' }
      const outgoing = request(optionsOf(init, { method: init.method, headers }))
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const { promise: over, resolve: end } = Promise.withResolvers<void>()
      outgoing.on('close', end)
      outgoing.on('continue', resolve)
      outgoing.on('response', incoming => {
        incoming.resume()
        reject(new Error(`nothing held but status ${incoming.statusCode}`))
      })
      outgoing.on('error', reject)
      const timer = setTimeout(() => outgoing.destroy(new Error('nothing held in time')), ANSWER_TIMEOUT_MS)
      outgoing.flushHeaders()
      try {
        await promise
        return async () => {
          const patience = setTimeout(() => outgoing.destroy(), ANSWER_TIMEOUT_MS)
          outgoing.end()
          await over
          clearTimeout(patience)
        }
      } catch (err) {
        outgoing.destroy()
        if (init.signal.aborted) throw init.signal.reason
        throw unreachable(socketPath, err)
      } finally {
        clearTimeout(timer)
      }
    }
  }
}

/** An engine that refuses what it should not: told with what it says, as a fault of this machine. */
export function refused(what: string, { status, body }: EngineAnswer) {
  return createExecutionError('E_RUNNER_DIED', `the container engine refused to ${what}: ${messageOf(body)}`, {
    facts: { status }
  })
}

/** Whether an engine answered, and would not do it. */
export function isRefusal(err: unknown): err is CodedError {
  return isCodedError(err) && err.code === 'E_RUNNER_DIED' && err.facts.status !== undefined
}

/** What an engine says of an error. */
export function messageOf(body: unknown): string {
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : body
  return String(message).trim().slice(0, MESSAGE_CHARS_MAX)
}

const MESSAGE_CHARS_MAX = 500

function unreachable(socketPath: string, cause: unknown) {
  return createExecutionError('E_RUNNER_DIED', 'the container engine does not answer', {
    facts: { socketPath },
    hint: 'see whether the engine runs and this user may use its socket',
    cause
  })
}

async function readBounded(stream: Readable): Promise<string> {
  const parts: Buffer[] = []
  let total = 0
  for await (const part of stream as AsyncIterable<Buffer>) {
    total += part.length
    if (total > ANSWER_BYTES_MAX) throw new RangeError('the answer is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}
