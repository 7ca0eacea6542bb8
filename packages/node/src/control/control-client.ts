import { type Agent, type RequestOptions, request } from 'node:http'
import { CodedError } from '@archipel/protocol'
import { withSocketPath } from './socket-path.ts'

/** A status is a few kB; more than this comes from something that is no node. */
const STATUS_BYTES_MAX = 1 << 20
const TIMEOUT_MS = 6_000
/** What a socket says when no process is behind it. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR'])

export interface AskOptions {
  signal?: AbortSignal | undefined
  timeoutMs?: number | undefined
}

export interface AskControlOptions extends AskOptions {
  /** Longest answer taken. */
  bytesMax: number
  /** Bounds how many questions are asked at once. */
  agent?: Agent
}

export interface ControlReply {
  readonly statusCode: number
  readonly bytes: Buffer
}

/**
 * Asks the process behind a control socket.
 *
 * @param url path and query
 * @returns undefined when there is no such process
 * @throws what went wrong on the way, or the signal's reason
 */
export async function askControl(
  path: string,
  url: string,
  { signal, timeoutMs = TIMEOUT_MS, bytesMax, agent }: AskControlOptions
): Promise<ControlReply | undefined> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    return await withSocketPath(path, socketPath =>
      get({ socketPath, path: url, signal: either, agent: agent ?? false }, bytesMax)
    )
  } catch (cause) {
    signal?.throwIfAborted()
    if (NOBODY.has((cause as NodeJS.ErrnoException).code ?? '')) return undefined
    throw timeout.aborted ? new Error(`it did not answer within ${timeoutMs} ms`, { cause }) : cause
  }
}

/**
 * Asks the node behind a control socket for its status.
 *
 * @returns JSON as sent: amounts are decimal strings
 * @throws CodedError E_NODE_NOT_RUNNING, E_NODE_NO_STATUS
 */
export const askStatus = (path: string, options: AskOptions = {}): Promise<unknown> => askNode(path, '/status', options)

/**
 * Asks the node behind a control socket.
 *
 * @returns JSON as sent: amounts are decimal strings
 * @throws CodedError E_NODE_NOT_RUNNING, E_NODE_NO_STATUS
 */
export async function askNode(path: string, url: string, options: AskOptions = {}): Promise<unknown> {
  let reply: ControlReply | undefined
  try {
    reply = await askControl(path, url, { ...options, bytesMax: STATUS_BYTES_MAX })
    if (reply !== undefined) return parseStatus(reply)
  } catch (cause) {
    options.signal?.throwIfAborted()
    throw new CodedError('E_NODE_NO_STATUS', `the node gave no answer: ${(cause as Error).message}`, {
      facts: { path },
      cause
    })
  }
  throw new CodedError('E_NODE_NOT_RUNNING', 'no node is running here', {
    facts: { path },
    hint: 'archipel node start runs it'
  })
}

function parseStatus({ statusCode, bytes }: ControlReply): unknown {
  const answer = JSON.parse(bytes.toString('utf8')) as { error?: string }
  if (statusCode === 200) return answer
  throw new Error(answer.error ?? `status code ${statusCode}`)
}

function get(options: RequestOptions, bytesMax: number): Promise<ControlReply> {
  return new Promise((resolve, reject) => {
    const req = request(options, res => {
      const chunks: Buffer[] = []
      let length = 0
      res.on('data', (chunk: Buffer) => {
        length += chunk.length
        chunks.push(chunk)
        if (length > bytesMax) res.destroy(new Error(`an answer of more than ${bytesMax} bytes`))
      })
      res.on('error', reject)
      res.on('end', () => resolve({ statusCode: res.statusCode ?? 0, bytes: Buffer.concat(chunks) }))
    })
    req.on('error', reject)
    req.end()
  })
}
