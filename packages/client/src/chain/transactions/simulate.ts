import { CodedError, type Hex } from '@archipel/protocol'
import type { Interface } from 'ethers'
import { decodeRevert } from '../contract/decode-revert.ts'
import { TX_GAS_MAX } from '../limits.ts'
import { type CallOptions, type Rpc, toQuantity } from '../rpc/rpc.ts'
import type { RpcReplyError } from '../rpc/rpc-endpoint.ts'
import { replyErrorOf } from '../rpc/rpc-errors.ts'
import type { TxReceipt } from './receipt.ts'

export interface Call {
  /** What it does, for messages: `redeem`. */
  readonly operation: string
  /** Left out, `data` is the code of a new contract. */
  readonly to?: Hex
  readonly data: Hex
  /** The contract that is called, where its errors look like others' and mean something else. */
  readonly via?: Interface | undefined
  /** What it may take beyond what it takes now, where others' transactions that come first give it more to do. */
  readonly spareGas?: bigint | undefined
  /** Doing it twice is doing it once, so whoever sends it while it is under way waits for that. */
  readonly isIdempotent?: boolean | undefined
}

/**
 * Tries a call without sending it. Two endpoints must agree on whether it can succeed; the higher estimate counts.
 *
 * @returns the gas that it takes now
 * @throws CodedError what {@link decodeRevert} gives, E_NO_GAS, E_TX_REJECTED, and what {@link Rpc.agree} throws
 */
export async function estimateGas(rpc: Rpc, from: Hex, call: Call, options: CallOptions): Promise<bigint> {
  // Asked without a block where there is one endpoint only: not all take it.
  const params = (block: string) => [requestOf(from, call), ...(block === 'latest' ? [] : [block])]
  try {
    const answers = await rpc.agree({ method: 'eth_estimateGas', params, keyOf: gas => typeof gas }, options)
    return answers.map(gas => BigInt(String(gas))).reduce((most, gas) => (gas > most ? gas : most))
  } catch (err) {
    throw (await revertOf(err, rpc, from, call, 'latest', options)) ?? rejected(err, call, from)
  }
}

/**
 * The gas limit for what takes so much gas now: a quarter more, because other transactions may come first; but no more
 * than chains take, which would refuse it for the margin alone.
 *
 * @param spareGas what others that come first may add to it by themselves
 */
export function gasLimitOf(gas: bigint, spareGas = 0n): bigint {
  const wanted = gas + gas / 4n + spareGas
  return wanted > TX_GAS_MAX && gas <= TX_GAS_MAX ? TX_GAS_MAX : wanted
}

/** Why a transaction that looked good failed once mined: asks again on top of the block that it was mined in. */
export async function explain(
  rpc: Rpc,
  from: Hex,
  call: Call,
  receipt: TxReceipt,
  options: CallOptions
): Promise<CodedError> {
  let cause: CodedError | undefined
  const block = toQuantity(receipt.blockNumber)
  try {
    await rpc.request('eth_call', [requestOf(from, call), block], options)
  } catch (err) {
    cause = await revertOf(err, rpc, from, call, block, options)
  }
  const { hash, gasUsed, feeWei } = receipt
  return new CodedError(cause?.code ?? 'E_TX_REVERTED', cause?.message ?? `${call.operation}: the transaction failed`, {
    facts: { ...cause?.facts, operation: call.operation, hash, gasUsed, feeWei },
    ...(cause?.hint === undefined ? {} : { hint: cause.hint })
  })
}

/** What an endpoint meant by refusing a transaction; any other error as it is. */
export function rejected(err: unknown, { operation }: Pick<Call, 'operation'>, from: Hex): unknown {
  const reply = replyErrorOf(err)
  if (reply === undefined) return err
  if (/insufficient funds|insufficient balance/i.test(reply.message)) {
    return new CodedError('E_NO_GAS', `${operation}: ${from} cannot pay for gas`, {
      facts: { operation, from },
      hint: `send some of the chain's native coin to ${from}`,
      cause: err
    })
  }
  return new CodedError('E_TX_REJECTED', `${operation}: ${reply.message.slice(0, 300)}`, {
    facts: { operation, from },
    cause: err
  })
}

/** The coded error for a reverting call, or undefined when `err` is about something else. */
async function revertOf(
  err: unknown,
  rpc: Rpc,
  from: Hex,
  call: Call,
  block: string,
  options: CallOptions
): Promise<CodedError | undefined> {
  const reply = replyErrorOf(err)
  if (reply === undefined || /insufficient funds/i.test(reply.message)) return undefined
  const data = revertDataOf(reply.data)
  if (data !== undefined) return decodeRevert(data, call.operation, call.via)
  if (!/revert/i.test(reply.message)) return undefined
  // Some endpoints say why only when called, not when asked for an estimate.
  const second = await rpc
    .request('eth_call', [requestOf(from, call), block], options)
    .then((): RpcReplyError | undefined => undefined, replyErrorOf)
  return decodeRevert(revertDataOf(second?.data), call.operation, call.via)
}

/** Endpoints disagree on where revert data goes: `data`, `data.data`, or after a word in a string. */
function revertDataOf(data: unknown): string | undefined {
  if (typeof data === 'string') return /0x[0-9a-f]{8,}/i.exec(data)?.[0]
  return typeof data === 'object' && data !== null && 'data' in data ? revertDataOf(data.data) : undefined
}

function requestOf(from: Hex, { to, data }: Call): Record<string, unknown> {
  return to === undefined ? { from, data } : { from, to, data }
}
