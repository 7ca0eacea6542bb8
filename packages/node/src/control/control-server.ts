import { chmod, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { withSocketPath } from './socket-path.ts'

/** Answers questions about a running process to its own user, over a socket that nobody else may open. */
export interface ControlServer {
  start(): Promise<void>
  stop(): Promise<void>
}

export interface ControlServerInit {
  /** Path of the socket. The caller holds the folder's lock: a file left there is stale. */
  path: string
  /** What each `GET` answers, by path. */
  answers: Readonly<Record<string, ControlAnswer>>
}

/** @returns bytes as they are; anything else as JSON, bigint as decimal strings; undefined for what there is not */
export type ControlAnswer = (query: URLSearchParams) => Promise<unknown>

/** Asked by a person or a script now and then. */
const CONNECTIONS_MAX = 16
const REQUEST_TIMEOUT_MS = 5_000
/** An answer may look at the chain, which may hang: the caller must hear that it did. */
const ANSWER_TIMEOUT_MS = 4_000

export function createControlServer({ path, answers }: ControlServerInit): ControlServer {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (req, res) => {
      req.resume()
      const { pathname, searchParams } = new URL(req.url ?? '/', 'http://control')
      const answer = Object.hasOwn(answers, pathname) ? answers[pathname] : undefined
      if (answer === undefined) return reply(res, 404, { error: 'not found' })
      if (req.method !== 'GET') return reply(res, 405, { error: 'GET only' })
      withTimeout(answer(searchParams)).then(
        found => (found === undefined ? reply(res, 404, { error: 'not found' }) : reply(res, 200, found)),
        (err: Error) => reply(res, 503, { error: err.message })
      )
    }
  )
  server.maxConnections = CONNECTIONS_MAX
  let isStarted = false
  return {
    async start() {
      if (isStarted) return
      isStarted = true
      await rm(path, { force: true })
      await withSocketPath(
        path,
        short =>
          new Promise<void>((resolve, reject) => {
            server.once('error', reject)
            server.listen(short, () => {
              server.off('error', reject)
              resolve()
            })
          })
      )
      await chmod(path, 0o600)
    },
    async stop() {
      if (!isStarted) return
      isStarted = false
      server.closeAllConnections()
      await new Promise<void>(resolve => server.close(() => resolve()))
      await rm(path, { force: true })
    }
  }
}

function reply(res: ServerResponse, statusCode: number, body: unknown): void {
  const [type, bytes] =
    body instanceof Uint8Array
      ? ['application/octet-stream', body]
      : ['application/json', JSON.stringify(body, (_, value) => (typeof value === 'bigint' ? value.toString() : value))]
  res.writeHead(statusCode, { 'content-type': type, connection: 'close' }).end(bytes)
}

async function withTimeout<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)), ANSWER_TIMEOUT_MS)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
