import { chmod, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { withSocketPath } from './socket-path.ts'

/** Answers questions about a running node to its own user, over a socket that nobody else may open. */
export interface ControlServer {
  start(): Promise<void>
  stop(): Promise<void>
}

export interface ControlServerInit {
  /** Path of the socket. The caller holds the folder's lock: a file left there is stale. */
  path: string
  /** What `GET /status` answers: anything JSON can say, and bigint as decimal strings. */
  status: () => Promise<unknown>
}

/** A status is asked for by a person or a script now and then. */
const CONNECTIONS_MAX = 16
const REQUEST_TIMEOUT_MS = 5_000
/** Status looks at the chain, which may hang: the caller must hear that it did. */
const STATUS_TIMEOUT_MS = 4_000

export function createControlServer({ path, status }: ControlServerInit): ControlServer {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (req, res) => {
      req.resume()
      if (req.url !== '/status') return reply(res, 404, { error: 'not found' })
      if (req.method !== 'GET') return reply(res, 405, { error: 'GET only' })
      withTimeout(status()).then(
        answer => reply(res, 200, answer),
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
  const text = JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
  res.writeHead(statusCode, { 'content-type': 'application/json', connection: 'close' }).end(text)
}

async function withTimeout<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no status within ${STATUS_TIMEOUT_MS} ms`)), STATUS_TIMEOUT_MS)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
