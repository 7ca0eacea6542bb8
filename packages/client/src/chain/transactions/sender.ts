import { CodedError, type Hex } from '@archipel/protocol'
import { delay } from '../../net/wait.ts'
import { FEE_WAIT_INTERVAL_MS, SEND_ATTEMPTS_MAX, TX_TIMEOUT_MS } from '../limits.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import {
  aboveCeiling,
  type CostEstimate,
  type FeeMarket,
  type FeePolicy,
  feesFor,
  maxFeeOf,
  priceNow,
  readFeeMarket
} from './fees.ts'
import type { TxReceipt } from './receipt.ts'
import { type Call, estimateGas, explain, gasLimitOf, rejected } from './simulate.ts'
import { createTxManager, type SubmittedTx, type TransactionSigner } from './tx-manager.ts'

export type { Call } from './simulate.ts'
export type { TransactionSigner } from './tx-manager.ts'

export interface SendOptions extends CallOptions {
  /** What this one may cost, in place of what the sender was made with. */
  fees?: FeePolicy | undefined
}

export interface Sender {
  readonly address: Hex
  /**
   * Simulates, signs, sends and waits until it is mined as deep as asked for. It takes effect once, however often it must
   * be sent: all forms of it have one nonce. Only when another transaction used that nonce for good, as one of another
   * process with the same key can, it is simulated and sent anew.
   *
   * @throws CodedError what {@link decodeRevert} gives, before anything is sent where the chain can tell; E_NO_GAS,
   *   E_FEE_CEILING, E_TX_QUEUE_FULL, E_TX_REJECTED, where nothing was sent; E_TX_TIMEOUT and E_RPC_DISAGREE, where it
   *   may still be mined; and what {@link Rpc.agree} throws
   */
  send(call: Call, options?: SendOptions): Promise<TxReceipt>
  /**
   * What a call would cost now.
   *
   * @throws what {@link Sender.send} throws before anything is sent
   */
  estimateCost(call: Call, options?: SendOptions): Promise<CostEstimate>
}

export interface SenderInit {
  rpc: Rpc
  signer: TransactionSigner
  /** {@link TX_TIMEOUT_MS} if left out. */
  txTimeoutMs?: number | undefined
  /** Blocks, its own included, that a transaction must lie under to count as mined. 1 if left out. */
  confirmations?: number | undefined
  /** What transactions may cost where the call does not say. */
  fees?: FeePolicy | undefined
  /** Milliseconds from any start; for tests. */
  nowMs?: (() => number) | undefined
}

/** Not the time of day, which somebody may set. */
const monotonicMs = () => performance.now()

export function createSender(init: SenderInit): Sender {
  const { rpc, signer, txTimeoutMs = TX_TIMEOUT_MS, confirmations = 1, nowMs = monotonicMs } = init
  const { address } = signer
  const manager = createTxManager({ rpc, signer, confirmations, nowMs })

  /** The market once it asks for no more than may be paid. */
  async function affordableMarket(
    call: Call,
    { maxFeePerGas, whenAbove }: FeePolicy,
    giveUpAt: number,
    options: CallOptions
  ) {
    for (;;) {
      const market: FeeMarket = await readFeeMarket(rpc, options)
      if (maxFeePerGas === undefined || priceNow(market) <= maxFeePerGas) return market
      if (whenAbove === 'fail' || performance.now() + FEE_WAIT_INTERVAL_MS > giveUpAt) {
        throw aboveCeiling(call.operation, market, maxFeePerGas)
      }
      await delay(FEE_WAIT_INTERVAL_MS * (0.75 + Math.random() / 4), options.signal)
    }
  }

  async function submit(call: Call, fees: FeePolicy, giveUpAt: number, options: CallOptions): Promise<SubmittedTx> {
    const { operation, to, data, isIdempotent } = call
    // Before it is simulated: endpoints that look at what waits in the pool would say that it is done already.
    const same = isIdempotent ? await manager.join({ to, data }, fees.maxFeePerGas, options) : undefined
    if (same !== undefined) return same
    const gasLimit = gasLimitOf(await estimateGas(rpc, address, call, options), call.spareGas)
    const market = await affordableMarket(call, fees, giveUpAt, options)
    const order = { operation, body: { to, data, gasLimit }, market, isIdempotent, ceiling: fees.maxFeePerGas }
    return manager.submit(order, options).catch(err => {
      throw refusalOf(err, call, address)
    })
  }

  return {
    address,
    async send(call, { fees = init.fees ?? {}, signal } = {}) {
      const giveUpAt = performance.now() + txTimeoutMs
      for (let attempt = 1; ; attempt++) {
        const tx = await submit(call, fees, giveUpAt, { signal })
        const timeoutMs = Math.max(0, giveUpAt - performance.now())
        const outcome = await manager.follow(tx, { timeoutMs, signal })
        if (outcome.type === 'mined') {
          const { succeeded, ...receipt } = outcome.receipt
          if (!succeeded) throw await explain(rpc, address, call, receipt, { signal })
          return receipt
        }
        if (attempt === SEND_ATTEMPTS_MAX) throw displaced(call, tx.hash)
      }
    },
    async estimateCost(call, { fees = init.fees ?? {}, signal } = {}) {
      const gas = await estimateGas(rpc, address, call, { signal })
      const market = await readFeeMarket(rpc, { signal })
      const feesAtFirst = feesFor(market, fees.maxFeePerGas)
      return {
        gas,
        costWei: gas * priceNow(market),
        costMaxWei: gasLimitOf(gas, call.spareGas) * maxFeeOf(feesAtFirst)
      }
    }
  }
}

function refusalOf(err: unknown, call: Call, address: Hex): unknown {
  if ((err as { code?: unknown }).code !== 'E_TX_REFUSED') return err
  const { error } = (err as CodedError).facts
  return rejected(new CodedError('E_RPC_ERROR', (err as Error).message, { facts: { error } }), call, address)
}

function displaced({ operation }: Call, hash: Hex): CodedError {
  return new CodedError('E_TX_REJECTED', `${operation}: other transactions of this account keep using its nonces`, {
    facts: { operation, hash },
    hint: 'is the same key used by another process?'
  })
}
