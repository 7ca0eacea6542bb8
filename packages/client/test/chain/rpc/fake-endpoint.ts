import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Question {
  readonly method: string
  readonly params: readonly unknown[]
}

export interface FakeEndpoint {
  readonly url: string
  /** Everything it was asked, in order. */
  readonly asked: readonly Question[]
  stop(): Promise<void>
}

/** Answers with a JSON-RPC `result` or `error`; by itself with raw HTTP; or, with undefined, never. */
export type Answer = { result: unknown } | { error: unknown } | ((response: ServerResponse) => void) | undefined

/**
 * An HTTP server that behaves like an RPC endpoint, as badly as a test wants it to. Chain 31337 unless told
 * otherwise.
 */
export async function startEndpoint(answer: (question: Question) => Answer | Promise<Answer>): Promise<FakeEndpoint> {
  const asked: Question[] = []
  const server = createServer(async (request, response) => {
    const question = JSON.parse(await readBody(request)) as Question
    asked.push(question)
    const given = (await answer(question)) ?? (question.method === 'eth_chainId' ? { result: '0x7a69' } : undefined)
    if (given === undefined) return
    if (typeof given === 'function') given(response)
    else response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...given }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop() {
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    }
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return body
}

/** Passes a question on to a real chain. */
export async function forward(url: string, { method, params }: Question): Promise<Answer> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return (await response.json()) as Answer
}
