import { delay, linkSignals } from '../../net/wait.ts'
import {
  AGREE_ATTEMPTS_MAX,
  AGREE_PAUSE_MS,
  ENDPOINT_GRACE_MS,
  HEAD_GRACE_MS,
  HEAD_LAG_SEC_MAX,
  RPC_QUORUM,
  RPC_TIMEOUT_MS
} from '../limits.ts'
import { createEndpoint, type Endpoint } from './endpoint.ts'
import type { RpcReply } from './rpc-endpoint.ts'
import { allFailed, disagreement, type EndpointFailure, replyError, tooFew } from './rpc-errors.ts'
import { type Answer, commonBlock, type Head, isRefusal, type KeyOf, keyOfReply, vote } from './vote.ts'

export { replyErrorOf } from './rpc-errors.ts'

export interface CallOptions {
  signal?: AbortSignal | undefined
}

/** A question whose answer money depends on. */
export interface Question {
  readonly method: string
  /** The parameters when asked about one block: a number as `0x`-hex, or `latest`. */
  readonly params: (block: string) => readonly unknown[]
  /** Ask about this block instead of the newest common one. */
  readonly block?: number | undefined
  /** Makes answers that mean the same equal. Default: their JSON. */
  readonly keyOf?: KeyOf | undefined
}

/** Questions to a chain. Every one ends: with an answer, a coded error, or the signal's reason. */
export interface Rpc {
  readonly chainId: number
  readonly endpoints: number
  /** How many endpoints must say the same where money depends on it: 1 with a single endpoint. */
  readonly quorum: number
  /**
   * The `result` of a JSON-RPC call, as one endpoint gives it.
   *
   * @throws CodedError E_RPC_DOWN, E_WRONG_CHAIN, E_CHAIN_STALE; E_RPC_ERROR when the answer is an error, see
   *   {@link replyErrorOf}
   */
  request(method: string, params: readonly unknown[], options?: CallOptions): Promise<unknown>
  /**
   * What {@link Rpc.quorum} endpoints say alike about one block that they all have: all their answers, which are equal
   * under `keyOf`. With a single endpoint it is that one's answer about its newest block.
   *
   * @throws what `request` throws; E_RPC_DOWN also when too few answer, E_RPC_DISAGREE when they contradict each other
   */
  agree(question: Question, options?: CallOptions): Promise<readonly unknown[]>
  /** Every endpoint's answer; who gives none is left out. Waits no longer than others need, and a little. */
  survey(method: string, params: readonly unknown[], options?: CallOptions): Promise<readonly Answer[]>
  /** The newest block that enough endpoints have. @throws what `agree` throws */
  head(options?: CallOptions): Promise<number>
  /** From here on nobody is asked about an older block than this, which we know to exist: one reads what one wrote. */
  atLeast(block: number): void
}

export interface RpcInit {
  /** With one, it is believed. With more, two must agree where money depends on it; a third outvotes a liar. */
  rpcUrls: readonly string[]
  chainId: number
  /** For one endpoint to answer one question. {@link RPC_TIMEOUT_MS} if left out. */
  rpcTimeoutMs?: number | undefined
  /** How many must agree; never more than there are. 2 if left out; 1 makes all but one a mere reserve. */
  rpcQuorum?: number | undefined
  /** An endpoint whose newest block is older is not asked. Any age will do if left out. */
  headAgeSecMax?: number | undefined
  /** UNIX time; for tests. */
  nowMs?: (() => number) | undefined
}

/**
 * JSON-RPC over fetch. Our own and not ethers' provider, which retries for ever and prints when nobody answers; ethers
 * does the encoding.
 *
 * An endpoint is trusted with a question only after it said that it is on our chain, and with a fact about money only
 * together with another one.
 */
export function createRpc(init: RpcInit): Rpc {
  const { rpcUrls, chainId, rpcTimeoutMs = RPC_TIMEOUT_MS, headAgeSecMax, nowMs = Date.now } = init
  const endpoints = rpcUrls.map(url => createEndpoint({ url, chainId, timeoutMs: rpcTimeoutMs, headAgeSecMax, nowMs }))
  const quorum = Math.max(1, Math.min(init.rpcQuorum ?? RPC_QUORUM, endpoints.length))
  let preferred = 0
  let floor = 0

  /** Healthy ones first, in turn from the one that answered last; then the others, in case they are back. */
  function inOrder(): Endpoint[] {
    const turned = [...endpoints.slice(preferred), ...endpoints.slice(0, preferred)]
    return [...turned.filter(one => !one.isResting()), ...turned.filter(one => one.isResting())]
  }

  async function request(method: string, params: readonly unknown[], { signal }: CallOptions = {}) {
    const failures: EndpointFailure[] = []
    for (const endpoint of inOrder()) {
      signal?.throwIfAborted()
      let reply: RpcReply
      try {
        reply = await endpoint.ask(method, params, signal)
      } catch (error) {
        signal?.throwIfAborted()
        failures.push({ endpoint: endpoint.origin, error })
        continue
      }
      preferred = endpoints.indexOf(endpoint)
      if ('error' in reply) throw replyError(method, reply.error)
      return reply.result
    }
    throw allFailed(failures, chainId)
  }

  /**
   * Asks all healthy endpoints at once until `isEnough`, and those that failed lately only when it takes them. The others
   * are waited for `graceMs` longer.
   */
  async function gather(
    method: string,
    params: readonly unknown[],
    isEnough: (answers: readonly Answer[]) => boolean,
    graceMs: number,
    signal: AbortSignal | undefined
  ): Promise<{ answers: Answer[]; failures: EndpointFailure[] }> {
    const answers: Answer[] = []
    const failures: EndpointFailure[] = []
    const enough = new AbortController()
    const linked = linkSignals([signal, enough.signal])
    let grace: ReturnType<typeof setTimeout> | undefined
    const askOne = async (endpoint: Endpoint) => {
      try {
        answers.push({ endpoint: endpoint.origin, reply: await endpoint.ask(method, params, linked.signal) })
        if (!isEnough(answers)) return
        if (graceMs === 0) enough.abort()
        else grace ??= setTimeout(() => enough.abort(), graceMs)
      } catch (error) {
        if (!linked.signal.aborted) failures.push({ endpoint: endpoint.origin, error })
      }
    }
    try {
      const healthy = endpoints.filter(endpoint => !endpoint.isResting())
      const resting = endpoints.filter(endpoint => !healthy.includes(endpoint))
      await Promise.all(healthy.map(askOne))
      if (!isEnough(answers)) await Promise.all(resting.map(askOne))
      signal?.throwIfAborted()
    } finally {
      clearTimeout(grace)
      linked.unlink()
    }
    return { answers, failures }
  }

  /** @throws E_RPC_DISAGREE when no two know the same living chain */
  async function newestCommon(signal: AbortSignal | undefined): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const common = (answers: readonly Answer[]) =>
        commonBlock(
          answers.flatMap(({ reply }) => headOf(reply)),
          quorum,
          HEAD_LAG_SEC_MAX
        )
      const { answers, failures } = await gather(
        'eth_getBlockByNumber',
        ['latest', false],
        soFar => (common(soFar) ?? -1) >= floor,
        HEAD_GRACE_MS,
        signal
      )
      const heads = answers.filter(({ reply }) => headOf(reply).length > 0)
      const block = common(heads)
      const isLast = attempt === AGREE_ATTEMPTS_MAX
      // At last, a chain that became shorter is believed: a re-organisation, or a local chain that was wound back.
      if (block !== undefined && (block >= floor || isLast)) {
        floor = block
        return block
      }
      if (isLast) {
        if (heads.length < quorum) throw tooFew(failures, chainId, heads.length, quorum)
        const said = heads.map(({ endpoint, reply }) => ({ endpoint, answer: JSON.stringify(headOf(reply)[0]) }))
        throw disagreement('the newest block', said, { chainId, lagSecMax: HEAD_LAG_SEC_MAX })
      }
      await delay(AGREE_PAUSE_MS * attempt * (0.5 + Math.random()), signal)
    }
  }

  return {
    chainId,
    endpoints: endpoints.length,
    quorum,
    request,
    async agree({ method, params, block, keyOf }, { signal } = {}) {
      if (quorum === 1) {
        return [await request(method, params(block === undefined ? 'latest' : toQuantity(block)), { signal })]
      }
      for (let attempt = 1; ; attempt++) {
        const at = block ?? (await newestCommon(signal))
        const isAgreed = (soFar: readonly Answer[]) => vote(soFar, quorum, keyOf).type === 'agreed'
        const { answers, failures } = await gather(method, params(toQuantity(at)), isAgreed, 0, signal)
        const verdict = vote(answers, quorum, keyOf)
        if (verdict.type === 'agreed') {
          return verdict.replies.map(reply => {
            if ('error' in reply) throw replyError(method, reply.error)
            return reply.result
          })
        }
        // Honest ones contradict each other for a moment, while a new block or a re-organisation spreads.
        if (attempt < AGREE_ATTEMPTS_MAX) {
          await delay(AGREE_PAUSE_MS * attempt * (0.5 + Math.random()), signal)
          continue
        }
        if (answers.length < quorum) throw tooFew(failures, chainId, answers.length, quorum)
        const keys = new Set(
          answers.filter(({ reply }) => !isRefusal(reply)).map(({ reply }) => keyOfReply(reply, keyOf))
        )
        const refused = answers.find(({ reply }) => isRefusal(reply))?.reply
        if (keys.size <= 1 && refused !== undefined && 'error' in refused) throw replyError(method, refused.error)
        const said = answers.map(({ endpoint, reply }) => ({ endpoint, answer: keyOfReply(reply, keyOf) }))
        throw disagreement(method, said, { chainId, block: at })
      }
    },
    async survey(method, params, { signal } = {}) {
      const isEnough = (answers: readonly Answer[]) => answers.length >= quorum
      const { answers, failures } = await gather(method, params, isEnough, ENDPOINT_GRACE_MS, signal)
      if (answers.length === 0) throw allFailed(failures, chainId)
      return answers
    },
    async head({ signal } = {}) {
      if (quorum > 1) return newestCommon(signal)
      return Number(await request('eth_blockNumber', [], { signal }))
    },
    atLeast(block) {
      floor = Math.max(floor, block)
    }
  }
}

function headOf(reply: RpcReply): Head[] {
  if ('error' in reply || typeof reply.result !== 'object' || reply.result === null) return []
  const { number, timestamp } = reply.result as { number?: unknown; timestamp?: unknown }
  const head = { number: Number(number), timestampSec: Number(timestamp) }
  return Number.isSafeInteger(head.number) && Number.isSafeInteger(head.timestampSec) ? [head] : []
}

export function toQuantity(value: number | bigint): `0x${string}` {
  return `0x${value.toString(16)}`
}
