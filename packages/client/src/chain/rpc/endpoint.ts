import { CodedError, isCodedError } from '@archipel/protocol'
import { timeoutSignal } from '../../net/wait.ts'
import { ENDPOINT_REST_MS_MAX, ENDPOINT_REST_MS_MIN, HEAD_CHECK_INTERVAL_MS } from '../limits.ts'
import { postRpc, type RpcReply } from './rpc-endpoint.ts'
import { replyError, staleHead, wrongChain } from './rpc-errors.ts'

/** One JSON-RPC endpoint and what we know of its health. */
export interface Endpoint {
  /** The URL without path and query, which is where vendors put the customer's key. */
  readonly origin: string
  /** It failed lately: others are asked first. */
  isResting(): boolean
  /**
   * Asks it one question, after it said that it is on our chain and, where that is asked for, knows a recent block.
   *
   * @throws CodedError E_WRONG_CHAIN, E_CHAIN_STALE, E_RPC_BAD_REPLY; the transport's own error
   */
  ask(method: string, params: readonly unknown[], signal: AbortSignal | undefined): Promise<RpcReply>
}

export interface EndpointInit {
  url: string
  chainId: number
  timeoutMs: number
  /** Seconds; undefined: blocks may be of any age, as on a chain that makes them on demand. */
  headAgeSecMax: number | undefined
  /** UNIX time, against which blocks are as old as they are. */
  nowMs: () => number
}

export function createEndpoint({ url, chainId, timeoutMs, headAgeSecMax, nowMs }: EndpointInit): Endpoint {
  const origin = originOf(url)
  /** It said that it is on our chain. Asked again after it failed: another node may answer at the same address. */
  let verified = false
  let headCheckAtMs = Number.NEGATIVE_INFINITY
  let failures = 0
  let restUntilMs = 0

  const post = (method: string, params: readonly unknown[], signal: AbortSignal | undefined) =>
    postRpc(url, method, params, timeoutSignal(timeoutMs, signal))

  async function checkHead(signal: AbortSignal | undefined): Promise<void> {
    if (headAgeSecMax === undefined || performance.now() < headCheckAtMs) return
    const reply = await post('eth_getBlockByNumber', ['latest', false], signal)
    if ('error' in reply) throw replyError('eth_getBlockByNumber', reply.error)
    const ageSec = Math.floor(nowMs() / 1000) - Number((reply.result as { timestamp?: unknown } | null)?.timestamp)
    if (!(ageSec <= headAgeSecMax)) throw staleHead(origin, ageSec, headAgeSecMax)
    headCheckAtMs = performance.now() + HEAD_CHECK_INTERVAL_MS
  }

  async function answer(method: string, params: readonly unknown[], signal: AbortSignal | undefined) {
    const wasVerified = verified
    if (!verified) {
      const actual = await readChainId(url, timeoutSignal(timeoutMs, signal))
      if (actual !== BigInt(chainId)) throw wrongChain(origin, chainId, actual)
      verified = true
    }
    await checkHead(signal)
    return post(method, params, signal).catch(err => {
      // A kept-alive connection that the endpoint closed meanwhile fails on its next use, with nothing being wrong.
      if (signal?.aborted || !wasVerified || !isDropped(err)) throw err
      return post(method, params, signal)
    })
  }

  function rest(): void {
    const restMs = Math.min(ENDPOINT_REST_MS_MIN * 2 ** Math.min(failures++, 16), ENDPOINT_REST_MS_MAX)
    // Everybody's endpoint comes back at one moment; the questions to it should not.
    restUntilMs = performance.now() + restMs * (0.5 + Math.random() / 2)
  }

  return {
    origin,
    isResting: () => performance.now() < restUntilMs,
    async ask(method, params, signal) {
      try {
        const reply = await answer(method, params, signal)
        failures = 0
        restUntilMs = 0
        return reply
      } catch (err) {
        // Who stopped asking says nothing about the endpoint.
        if (signal?.aborted) throw err
        verified = verified && isCodedError(err) && err.code === 'E_CHAIN_STALE'
        headCheckAtMs = Number.NEGATIVE_INFINITY
        rest()
        throw err
      }
    }
  }
}

async function readChainId(url: string, signal: AbortSignal): Promise<bigint> {
  const reply = await postRpc(url, 'eth_chainId', [], signal)
  if ('error' in reply) throw replyError('eth_chainId', reply.error)
  if (typeof reply.result !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(reply.result)) {
    throw new CodedError('E_RPC_BAD_REPLY', 'the RPC endpoint gave no chain id')
  }
  return BigInt(reply.result)
}

/** The connection broke: neither a timeout nor an answer we could not read. */
function isDropped(error: unknown): boolean {
  return error instanceof TypeError
}

function originOf(url: string): string {
  try {
    const { protocol, host } = new URL(url)
    return `${protocol}//${host}`
  } catch {
    return 'unreadable URL'
  }
}
