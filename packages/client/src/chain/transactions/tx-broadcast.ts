import type { Hex } from '@archipel/protocol'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import type { RpcReplyError } from '../rpc/rpc-endpoint.ts'
import { isSilence } from '../rpc/rpc-errors.ts'

/** Every endpoint refused a transaction, so nobody has it. */
export interface Refusal {
  /**
   * `nonce-used`: another one with its nonce was mined. `nonce-held`: another one waits with its nonce and pays more.
   * `underpriced`: it offers less than anybody takes now.
   */
  readonly reason: 'nonce-used' | 'nonce-held' | 'underpriced' | 'other'
  readonly error: RpcReplyError
}

/**
 * Gives a signed transaction to every endpoint, so that one that swallows it does no harm. Giving it twice is once.
 *
 * @returns undefined when somebody has it, or may have it: whoever signed another one then might pay twice
 */
export async function broadcast(rpc: Rpc, raw: Hex, hash: Hex, options: CallOptions): Promise<Refusal | undefined> {
  let answers: Awaited<ReturnType<Rpc['survey']>>
  try {
    answers = await rpc.survey('eth_sendRawTransaction', [raw], options)
  } catch (err) {
    if (isSilence(err)) return undefined
    throw err
  }
  const refusals: Refusal[] = []
  for (const { reply } of answers) {
    if (
      !('error' in reply) ||
      /already known|already imported|already exists|known transaction/i.test(reply.error.message)
    )
      return undefined
    refusals.push({ reason: reasonOf(reply.error), error: reply.error })
  }
  const refusal = refusals.find(({ reason }) => reason === 'other') ?? refusals[0]
  if (refusal === undefined || refusal.reason === 'other') return refusal
  // Whoever took it and fell silent makes others refuse it, as one of a used nonce.
  if (answers.length < rpc.endpoints) return undefined
  return (await isKnown(rpc, hash, options)) ? undefined : refusal
}

/** Whether any endpoint knows a transaction, mined or waiting. */
async function isKnown(rpc: Rpc, hash: Hex, options: CallOptions): Promise<boolean> {
  const answers = await rpc.survey('eth_getTransactionByHash', [hash], options)
  return answers.some(({ reply }) => 'result' in reply && reply.result !== null)
}

function reasonOf({ message }: RpcReplyError): Refusal['reason'] {
  if (/insufficient (?:funds|balance)/i.test(message)) return 'other'
  if (/replacement|could not replace|gap.?fill/i.test(message)) return 'nonce-held'
  if (/nonce.*(?:too low|already|used|expired)|(?:old|invalid) nonce/i.test(message)) return 'nonce-used'
  if (/underpriced|less than block base fee|fee too low|gas price (?:too low|below)|maxfeepergas/i.test(message)) {
    return 'underpriced'
  }
  return /nonce/i.test(message) ? 'nonce-used' : 'other'
}
