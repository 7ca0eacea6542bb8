import { CodedError, fromHex, type Hex, type Signer, toHex } from '@archipel/protocol'
import { Signature, Transaction } from 'ethers'
import { failpoint } from '../failpoint.ts'
import { waitFor } from '../net/wait.ts'
import { decodeRevert } from './decode-revert.ts'
import { readFees } from './fees.ts'
import { SEND_ATTEMPTS_MAX, TX_GAS_MAX, TX_TIMEOUT_MS } from './limits.ts'
import { type TxReceipt, waitForReceipt } from './receipt.ts'
import { type CallOptions, type Rpc, replyErrorOf } from './rpc.ts'

/** The key that pays for transactions. */
export type TransactionSigner = Pick<Signer, 'address' | 'sign'>

export interface Call {
  /** What it does, for messages: `redeem`. */
  readonly operation: string
  /** Left out, `data` is the code of a new contract. */
  readonly to?: Hex
  readonly data: Hex
}

export interface Sender {
  readonly address: Hex
  /**
   * Simulates, signs, sends and waits until it is mined.
   *
   * @throws CodedError what {@link decodeRevert} gives, before anything is sent where the chain can tell; E_NO_GAS,
   *   E_TX_REJECTED, E_TX_TIMEOUT, and what {@link Rpc.request} throws
   */
  send(call: Call, options?: CallOptions): Promise<TxReceipt>
}

export interface SenderInit {
  rpc: Rpc
  signer: TransactionSigner
  /** {@link TX_TIMEOUT_MS} if left out. */
  txTimeoutMs?: number | undefined
}

/**
 * Turns of one account on one chain, for the whole process: two transactions must not be given the same nonce, whoever
 * sends them. Waiting for receipts happens outside the turn.
 */
const turns = new Map<string, Promise<unknown>>()

export function createSender({ rpc, signer, txTimeoutMs = TX_TIMEOUT_MS }: SenderInit): Sender {
  const { address } = signer
  const account = `${rpc.chainId}:${address.toLowerCase()}`

  async function submit(call: Call, options: CallOptions): Promise<Hex> {
    const gasLimit = await simulate(rpc, address, call, options)
    const fees = await readFees(rpc, options)
    const sent: Hex[] = []
    for (let attempt = 1; ; attempt++) {
      // Asked anew each time: a count of our own would go on above a nonce that the chain dropped, and never be mined.
      const nonce = Number(await rpc.request('eth_getTransactionCount', [address, 'pending'], options))
      const body = { chainId: rpc.chainId, nonce, data: call.data, gasLimit, value: 0n, ...fees }
      const tx = Transaction.from(call.to === undefined ? body : { ...body, to: call.to })
      tx.signature = Signature.from(toHex(signer.sign(fromHex(tx.unsignedHash))))
      const hash = tx.hash as Hex
      sent.push(hash)
      try {
        await rpc.request('eth_sendRawTransaction', [tx.serialized], options)
        failpoint('transaction.sent')
        return hash
      } catch (err) {
        // Nobody says whether it was taken. Only the chain can, and whoever sends it again may pay twice: wait for it.
        if ((err as { code?: unknown }).code === 'E_RPC_DOWN') return hash
        const taken = await findKnown(rpc, sent, options)
        if (taken !== undefined) return taken
        if (!/nonce|underpriced/i.test(replyErrorOf(err)?.message ?? '') || attempt === SEND_ATTEMPTS_MAX) {
          throw rejected(err, call, address)
        }
      }
    }
  }

  return {
    address,
    async send(call, options = {}) {
      const hash = await inTurn(account, () => submit(call, options), options.signal)
      const { succeeded, ...receipt } = await waitForReceipt(rpc, hash, {
        timeoutMs: txTimeoutMs,
        signal: options.signal
      })
      if (!succeeded) throw await explain(rpc, address, call, receipt, options)
      return receipt
    }
  }
}

/** Runs `task` after all earlier ones of the same account, whether they succeeded or not. */
function inTurn<T>(account: string, task: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const before = turns.get(account) ?? Promise.resolve()
  const turn = before.then(() => {
    signal?.throwIfAborted()
    return task()
  })
  const settled = turn.then(
    () => {},
    () => {}
  )
  turns.set(account, settled)
  void settled.then(() => {
    if (turns.get(account) === settled) turns.delete(account)
  })
  // Whoever gives up while others are ahead need not wait for them; the turn itself sees the signal when it comes.
  return waitFor(turn, signal)
}

/**
 * @returns the gas limit: what it takes now and a quarter more, because other transactions may come first; but no more
 *   than chains take, which would refuse it for the margin alone
 */
async function simulate(rpc: Rpc, from: Hex, call: Call, options: CallOptions): Promise<bigint> {
  try {
    const gas = BigInt(String(await rpc.request('eth_estimateGas', [requestOf(from, call)], options)))
    const wanted = gas + gas / 4n
    return wanted > TX_GAS_MAX && gas <= TX_GAS_MAX ? TX_GAS_MAX : wanted
  } catch (err) {
    throw (await revertOf(err, rpc, from, call, 'latest', options)) ?? rejected(err, call, from)
  }
}

/** Why a transaction that looked good failed once mined: asks again on top of the block that it was mined in. */
async function explain(rpc: Rpc, from: Hex, call: Call, receipt: TxReceipt, options: CallOptions): Promise<CodedError> {
  let cause: CodedError | undefined
  try {
    await rpc.request('eth_call', [requestOf(from, call), toHexQuantity(receipt.blockNumber)], options)
  } catch (err) {
    cause = await revertOf(err, rpc, from, call, toHexQuantity(receipt.blockNumber), options)
  }
  const { hash, gasUsed, feeWei } = receipt
  return new CodedError(cause?.code ?? 'E_TX_REVERTED', cause?.message ?? `${call.operation}: the transaction failed`, {
    facts: { ...cause?.facts, operation: call.operation, hash, gasUsed, feeWei },
    ...(cause?.hint === undefined ? {} : { hint: cause.hint })
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
  if (data !== undefined) return decodeRevert(data, call.operation)
  if (!/revert/i.test(reply.message)) return undefined
  // Some endpoints say why only when called, not when asked for an estimate.
  const second = await rpc
    .request('eth_call', [requestOf(from, call), block], options)
    .then(() => undefined, replyErrorOf)
  return decodeRevert(revertDataOf(second?.data), call.operation)
}

/** Endpoints disagree on where revert data goes: `data`, `data.data`, or after a word in a string. */
function revertDataOf(data: unknown): string | undefined {
  if (typeof data === 'string') return /0x[0-9a-f]{8,}/i.exec(data)?.[0]
  return typeof data === 'object' && data !== null && 'data' in data ? revertDataOf(data.data) : undefined
}

function rejected(err: unknown, { operation }: Call, from: Hex): unknown {
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

function requestOf(from: Hex, { to, data }: Call): Record<string, unknown> {
  return to === undefined ? { from, data } : { from, to, data }
}

/**
 * The one of these transactions that the chain has after all. An endpoint that took it and fell silent makes the next
 * one refuse it, as known or as of a used nonce; signing another with a fresh nonce would then do everything twice.
 */
async function findKnown(rpc: Rpc, hashes: readonly Hex[], options: CallOptions): Promise<Hex | undefined> {
  for (const hash of hashes) {
    if ((await rpc.request('eth_getTransactionByHash', [hash], options)) !== null) return hash
  }
  return undefined
}

function toHexQuantity(value: number): string {
  return `0x${value.toString(16)}`
}
