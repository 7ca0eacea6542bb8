import { CodedError, isCodedError } from '@archipel/protocol'
import type { RpcReplyError } from './rpc-endpoint.ts'

/** Why an endpoint gave no answer. */
export interface EndpointFailure {
  /** Without path and query, which is where vendors put the customer's key. */
  readonly endpoint: string
  readonly error: unknown
}

/** The endpoint's own error inside an E_RPC_ERROR, or undefined for any other error. */
export function replyErrorOf(err: unknown): RpcReplyError | undefined {
  return isCodedError(err) && err.code === 'E_RPC_ERROR' ? (err.facts.error as RpcReplyError) : undefined
}

/** Nobody gave an answer that counts: it says nothing about the chain, and asking again later is right. */
export function isSilence(err: unknown): boolean {
  return isCodedError(err) && ['E_RPC_DOWN', 'E_CHAIN_STALE', 'E_RPC_DISAGREE'].includes(err.code)
}

export function replyError(method: string, error: RpcReplyError): CodedError {
  return new CodedError('E_RPC_ERROR', `${method}: ${error.message.slice(0, 300)}`, { facts: { method, error } })
}

export function wrongChain(endpoint: string, expected: number, actual: bigint): CodedError {
  return new CodedError('E_WRONG_CHAIN', `the RPC endpoint is on chain ${actual}, not ${expected}`, {
    facts: { endpoint, expected, actual },
    hint: 'use an RPC URL of the right chain, or the network descriptor of the right network'
  })
}

export function staleHead(endpoint: string, headAgeSec: number, headAgeSecMax: number): CodedError {
  return new CodedError('E_CHAIN_STALE', `the newest block that the RPC endpoint knows is ${headAgeSec} s old`, {
    facts: { endpoint, headAgeSec, headAgeSecMax }
  })
}

/** A wrong chain outranks staleness, and that silence: it is what somebody can put right. */
export function allFailed(failures: readonly EndpointFailure[], chainId: number): CodedError {
  const coded = (code: string) =>
    failures.map(({ error }) => error).find(error => isCodedError(error) && error.code === code) as
      | CodedError
      | undefined
  const wrong = coded('E_WRONG_CHAIN')
  if (wrong !== undefined) return wrong
  const endpoints = failures.map(({ endpoint, error }) => ({ endpoint, reason: reasonOf(error) }))
  const stale = coded('E_CHAIN_STALE')
  if (stale !== undefined) {
    return new CodedError('E_CHAIN_STALE', `no RPC endpoint knows a recent block of chain ${chainId}`, {
      facts: { ...stale.facts, chainId, endpoints },
      hint: "the chain or the endpoints are halted, or this computer's clock is wrong; nothing is lost by waiting",
      cause: stale
    })
  }
  return new CodedError('E_RPC_DOWN', `no RPC endpoint of chain ${chainId} answers`, {
    facts: { chainId, endpoints },
    hint: 'check the network and the RPC URLs; jobs go on inside what is already paid for',
    cause: failures[0]?.error
  })
}

/** Too few answered to believe them. */
export function tooFew(failures: readonly EndpointFailure[], chainId: number, answered: number, needed: number) {
  if (answered === 0) return allFailed(failures, chainId)
  const endpoints = failures.map(({ endpoint, error }) => ({ endpoint, reason: reasonOf(error) }))
  return new CodedError('E_RPC_DOWN', `only ${answered} of the ${needed} RPC endpoints that must agree answer`, {
    facts: { chainId, answered, needed, endpoints },
    hint: 'add another RPC URL; with three, one may fail',
    cause: failures[0]?.error
  })
}

/** What each endpoint said where they should all have said the same. */
export function disagreement(
  method: string,
  answers: readonly { endpoint: string; answer: string }[],
  facts: Record<string, unknown>
): CodedError {
  return new CodedError('E_RPC_DISAGREE', `the RPC endpoints disagree on ${method}`, {
    facts: {
      method,
      ...facts,
      answers: answers.map(({ endpoint, answer }) => ({ endpoint, answer: answer.slice(0, 200) }))
    },
    hint: 'one of them is wrong: add a third RPC URL to tell which, or remove the one that you do not trust'
  })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // fetch says "fetch failed" and hides why underneath.
  return error.cause instanceof Error
    ? `${error.message}: ${error.cause.message || String((error.cause as { code?: unknown }).code)}`
    : error.message
}
