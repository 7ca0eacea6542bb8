import { CodedError } from '@archipel/protocol'
import { RPC_RESPONSE_BYTES_MAX } from '../limits.ts'

/** The endpoint answered, and the answer is an error: the same question elsewhere would get the same one. */
export interface RpcReplyError {
  readonly code: number
  readonly message: string
  /** Revert data where the endpoint gives it, in whatever place it puts it. */
  readonly data: unknown
}

export type RpcReply = { readonly result: unknown } | { readonly error: RpcReplyError }

/**
 * Asks one JSON-RPC endpoint one question.
 *
 * @param signal ends the wait; it must abort in bounded time
 * @throws CodedError E_RPC_BAD_REPLY for anything that is not a JSON-RPC answer; the transport's own error otherwise
 */
export async function postRpc(
  url: string,
  method: string,
  params: readonly unknown[],
  signal: AbortSignal
): Promise<RpcReply> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    redirect: 'error',
    signal
  })
  const text = await readText(response)
  const reply = parseReply(text)
  if (reply !== undefined) return reply
  throw badReply(response.ok ? 'not a JSON-RPC answer' : `HTTP status ${response.status}`)
}

function parseReply(text: string): RpcReply | undefined {
  let reply: unknown
  try {
    reply = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof reply !== 'object' || reply === null) return undefined
  if ('error' in reply && typeof reply.error === 'object' && reply.error !== null) {
    const { code, message, data } = reply.error as Partial<RpcReplyError>
    return { error: { code: Number(code), message: String(message), data } }
  }
  return 'result' in reply ? { result: reply.result } : undefined
}

/** The body as text, never more of it than {@link RPC_RESPONSE_BYTES_MAX}. */
async function readText(response: Response): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of chunksOf(response.body)) {
    size += chunk.length
    if (size > RPC_RESPONSE_BYTES_MAX) throw badReply(`more than ${RPC_RESPONSE_BYTES_MAX} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** Not `for await` on the stream itself: browsers cannot do that everywhere yet. Leaving early cancels the rest. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

function badReply(what: string): CodedError {
  return new CodedError('E_RPC_BAD_REPLY', `the RPC endpoint answered with ${what}`)
}
