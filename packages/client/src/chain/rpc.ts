import { CodedError, isCodedError } from '@archipel/protocol'
import { timeoutSignal } from '../net/wait.ts'
import { RPC_TIMEOUT_MS } from './limits.ts'
import { postRpc, type RpcReply, type RpcReplyError } from './rpc-endpoint.ts'

export interface CallOptions {
  signal?: AbortSignal | undefined
}

/** Questions to a chain. Every one ends: with an answer, a coded error, or the signal's reason. */
export interface Rpc {
  readonly chainId: number
  /**
   * The `result` of a JSON-RPC call.
   *
   * @throws CodedError E_RPC_DOWN, E_WRONG_CHAIN; E_RPC_ERROR when the answer is an error, see {@link replyErrorOf}
   */
  request(method: string, params: readonly unknown[], options?: CallOptions): Promise<unknown>
}

export interface RpcInit {
  /** Tried in this order; the one that answered last is asked first. */
  rpcUrls: readonly string[]
  chainId: number
  /** For one endpoint to answer one question. {@link RPC_TIMEOUT_MS} if left out. */
  rpcTimeoutMs?: number | undefined
}

interface Endpoint {
  readonly url: string
  /** It said that it is on our chain. Asked again after it failed: another node may answer at the same address. */
  verified: boolean
}

/**
 * JSON-RPC over fetch, with other endpoints to fall back on. Our own and not ethers' provider, which retries for ever
 * and prints when nobody answers; ethers does the encoding.
 *
 * An endpoint is trusted with a question only after it said that it is on our chain.
 */
export function createRpc({ rpcUrls, chainId, rpcTimeoutMs = RPC_TIMEOUT_MS }: RpcInit): Rpc {
  const endpoints: Endpoint[] = rpcUrls.map(url => ({ url, verified: false }))
  let preferred = 0

  async function ask(
    endpoint: Endpoint,
    method: string,
    params: readonly unknown[],
    signal?: AbortSignal
  ): Promise<RpcReply> {
    const post = () => postRpc(endpoint.url, method, params, timeoutSignal(rpcTimeoutMs, signal))
    if (endpoint.verified) {
      // A kept-alive connection that the endpoint closed meanwhile fails on its next use, with nothing being wrong.
      return post().catch(err => (signal?.aborted || !isDropped(err) ? Promise.reject(err) : post()))
    }
    const actual = await readChainId(endpoint.url, timeoutSignal(rpcTimeoutMs, signal))
    if (actual !== BigInt(chainId)) throw wrongChain(endpoint.url, chainId, actual)
    endpoint.verified = true
    return post()
  }

  return {
    chainId,
    async request(method, params, { signal } = {}) {
      const failures: { endpoint: string; error: unknown }[] = []
      for (let i = 0; i < endpoints.length; i++) {
        const index = (preferred + i) % endpoints.length
        const endpoint = endpoints[index]!
        signal?.throwIfAborted()
        let reply: RpcReply
        try {
          reply = await ask(endpoint, method, params, signal)
        } catch (error) {
          signal?.throwIfAborted()
          endpoint.verified = false
          failures.push({ endpoint: originOf(endpoint.url), error })
          continue
        }
        preferred = index
        if ('error' in reply) throw replyError(method, reply.error)
        return reply.result
      }
      throw allFailed(failures, chainId)
    }
  }
}

/** The endpoint's own error inside an E_RPC_ERROR, or undefined for any other error. */
export function replyErrorOf(err: unknown): RpcReplyError | undefined {
  return isCodedError(err) && err.code === 'E_RPC_ERROR' ? (err.facts.error as RpcReplyError) : undefined
}

async function readChainId(url: string, signal: AbortSignal): Promise<bigint> {
  const reply = await postRpc(url, 'eth_chainId', [], signal)
  if ('error' in reply) throw replyError('eth_chainId', reply.error)
  if (typeof reply.result !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(reply.result)) {
    throw new CodedError('E_RPC_BAD_REPLY', 'the RPC endpoint gave no chain id')
  }
  return BigInt(reply.result)
}

function replyError(method: string, error: RpcReplyError): CodedError {
  return new CodedError('E_RPC_ERROR', `${method}: ${error.message.slice(0, 300)}`, { facts: { method, error } })
}

function wrongChain(url: string, expected: number, actual: bigint): CodedError {
  return new CodedError('E_WRONG_CHAIN', `the RPC endpoint is on chain ${actual}, not ${expected}`, {
    facts: { endpoint: originOf(url), expected, actual },
    hint: 'use an RPC URL of the right chain, or the network descriptor of the right network'
  })
}

/** A wrong chain outranks silence: it is what somebody can put right. */
function allFailed(failures: readonly { endpoint: string; error: unknown }[], chainId: number): CodedError {
  const wrong = failures.map(({ error }) => error).find(error => isCodedError(error) && error.code === 'E_WRONG_CHAIN')
  if (wrong !== undefined) return wrong as CodedError
  const reasons = failures.map(({ endpoint, error }) => ({ endpoint, reason: reasonOf(error) }))
  return new CodedError('E_RPC_DOWN', `no RPC endpoint of chain ${chainId} answers`, {
    facts: { chainId, endpoints: reasons },
    hint: 'check the network and the RPC URLs; jobs go on inside what is already paid for',
    cause: failures[0]?.error
  })
}

/** The connection broke: neither a timeout nor an answer we could not read. */
function isDropped(error: unknown): boolean {
  return error instanceof TypeError
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // fetch says "fetch failed" and hides why underneath.
  return error.cause instanceof Error
    ? `${error.message}: ${error.cause.message || String((error.cause as { code?: unknown }).code)}`
    : error.message
}

/** An RPC URL without path and query, which is where vendors put the customer's key. */
function originOf(url: string): string {
  try {
    const { protocol, host } = new URL(url)
    return `${protocol}//${host}`
  } catch {
    return 'unreadable URL'
  }
}
