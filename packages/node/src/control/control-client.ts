import { request } from 'node:http'
import { CodedError } from '@archipel/protocol'
import { withSocketPath } from './socket-path.ts'

/** A status is a few kB; more than this comes from something that is no node. */
const ANSWER_BYTES_MAX = 1 << 20
const TIMEOUT_MS = 6_000
/** What a socket says when no process is behind it. */
const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTDIR'])

export interface AskOptions {
  signal?: AbortSignal
  timeoutMs?: number
}

/**
 * Asks the node behind a control socket for its status.
 *
 * @returns JSON as sent: amounts are decimal strings
 * @throws CodedError E_NODE_NOT_RUNNING, E_NODE_NO_STATUS
 */
export async function askStatus(path: string, { signal, timeoutMs = TIMEOUT_MS }: AskOptions = {}): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    return await withSocketPath(path, short => get(short, signal ? AbortSignal.any([signal, timeout]) : timeout))
  } catch (cause) {
    signal?.throwIfAborted()
    if (NOBODY.has((cause as NodeJS.ErrnoException).code ?? '')) {
      throw new CodedError('E_NODE_NOT_RUNNING', 'no node is running here', {
        facts: { path },
        hint: 'archipel node start runs it'
      })
    }
    const why = timeout.aborted ? `it did not answer within ${timeoutMs} ms` : (cause as Error).message
    throw new CodedError('E_NODE_NO_STATUS', `the node gave no status: ${why}`, { facts: { path }, cause })
  }
}

function get(socketPath: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, path: '/status', signal, agent: false }, res => {
      const chunks: Buffer[] = []
      let bytes = 0
      res.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > ANSWER_BYTES_MAX) res.destroy(new Error(`an answer of more than ${ANSWER_BYTES_MAX} bytes`))
      })
      res.on('error', reject)
      res.on('end', () => {
        try {
          const answer = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { error?: string }
          if (res.statusCode === 200) resolve(answer)
          else reject(new Error(answer.error ?? `status code ${res.statusCode}`))
        } catch (err) {
          reject(err as Error)
        }
      })
    })
    req.on('error', reject)
    req.end()
  })
}
