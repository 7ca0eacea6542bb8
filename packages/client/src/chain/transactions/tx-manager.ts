import { CodedError, fromHex, type Hex, type Signer, toHex } from '@archipel/protocol'
import { Signature, Transaction } from 'ethers'
import { failpoint } from '../../failpoint.ts'
import { delay } from '../../net/wait.ts'
import {
  ACCOUNT_LOOK_INTERVAL_MS,
  RECEIPT_POLL_MS_MAX,
  RECEIPT_POLL_MS_MIN,
  SEND_ATTEMPTS_MAX,
  TXS_MAX
} from '../limits.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import { isSilence } from '../rpc/rpc-errors.ts'
import { aboveCeiling, type FeeMarket, type Fees, feesFor, raiseFees, readFeeMarket } from './fees.ts'
import { openAccount, type TxAccount, type TxOutcome } from './tx-account.ts'
import { broadcast, type Refusal } from './tx-broadcast.ts'
import { lookAtAll, lookAtCounts, lookAtMined } from './tx-look.ts'
import type { Attempt, Tx, TxAction, TxBody } from './tx-state.ts'
import { freeNonce } from './tx-step.ts'

/** The key that pays for transactions. */
export type TransactionSigner = Pick<Signer, 'address' | 'sign'>

/** Forms of a transaction asked about at each look between those at everything. */
const QUICK_LOOK_FORMS = 3

export interface TxOrder {
  /** What it does, for messages. */
  readonly operation: string
  readonly body: TxBody
  readonly market: FeeMarket
  /** Most that is ever offered for a unit of gas, in wei. */
  readonly ceiling: bigint | undefined
  /** One with the same body that is under way is as good as another. */
  readonly isIdempotent?: boolean | undefined
}

/** Gets transactions of one account mined, whatever becomes of them on the way. */
export interface TxManager {
  /**
   * Gives a transaction a nonce and sends it, after those that were submitted before it.
   *
   * @returns what to follow it by
   * @throws CodedError E_TX_QUEUE_FULL, E_FEE_CEILING and E_TX_REFUSED, with the endpoint's words: nothing was sent then
   */
  submit(order: TxOrder, options?: CallOptions): Promise<SubmittedTx>
  /** One that is under way and does the same, which may now cost up to `ceiling`. */
  join(
    body: Pick<TxBody, 'to' | 'data'>,
    ceiling: bigint | undefined,
    options?: CallOptions
  ): Promise<SubmittedTx | undefined>
  /**
   * Waits until a transaction is mined as deep as asked for, and meanwhile does for all of the account what that takes.
   * Endpoints that do not answer are asked again.
   *
   * @throws CodedError E_TX_TIMEOUT, E_RPC_DISAGREE: it may still be mined later
   */
  follow(tx: SubmittedTx, options: CallOptions & { timeoutMs: number }): Promise<TxOutcome>
}

export interface SubmittedTx {
  readonly id: number
  /** Of its first form; it is mined under another one if its fees had to rise. */
  readonly hash: Hex
}

export interface TxManagerInit {
  rpc: Rpc
  signer: TransactionSigner
  /** Blocks, its own included, that a transaction must lie under to count as mined. At least 1. */
  confirmations: number
  /** Milliseconds from any start. */
  nowMs: () => number
}

export function createTxManager({ rpc, signer, confirmations, nowMs }: TxManagerInit): TxManager {
  const { address } = signer
  let opened: Promise<TxAccount> | undefined

  function open(options?: CallOptions): Promise<TxAccount> {
    opened ??= openAccount(rpc, address, options).catch(err => {
      opened = undefined
      throw err
    })
    return opened
  }

  function signed({ to, ...body }: TxBody, nonce: number, fees: Fees): { hash: Hex; raw: Hex } {
    const fields = { chainId: rpc.chainId, nonce, value: 0n, ...body, ...fees }
    const tx = Transaction.from(to === undefined ? fields : { ...fields, to })
    tx.signature = Signature.from(toHex(signer.sign(fromHex(tx.unsignedHash))))
    return { hash: tx.hash as Hex, raw: tx.serialized as Hex }
  }

  function add(
    account: TxAccount,
    nonce: number,
    fees: Fees,
    order: Pick<TxOrder, 'body' | 'ceiling'>,
    isFiller = false
  ): Tx {
    const { body, ceiling } = order
    const atMs = nowMs()
    const attempt: Attempt = { hash: signed(body, nonce, fees).hash, fees, atMs, atBlock: undefined }
    const tx: Tx = {
      id: account.newId(),
      nonce,
      body,
      ceiling,
      attempts: [attempt],
      sentAtMs: atMs,
      sends: 1,
      isUnderpriced: false,
      mined: undefined,
      displaced: undefined,
      isFiller
    }
    if (account.state.txs.length === 0) account.lookAtMs = performance.now() + ACCOUNT_LOOK_INTERVAL_MS
    account.apply({ type: 'added', tx }, confirmations)
    return tx
  }

  /** Gives the endpoints the newest form of a transaction. */
  async function send(account: TxAccount, id: number, options: CallOptions): Promise<Refusal | undefined> {
    const tx = account.state.txs.find(one => one.id === id)
    if (tx === undefined) return undefined
    const { raw, hash } = signed(tx.body, tx.nonce, tx.attempts.at(-1)!.fees)
    const refusal = await broadcast(rpc, raw, hash, options)
    if (refusal?.reason === 'underpriced') account.apply({ type: 'underpriced', id }, confirmations)
    return refusal
  }

  function join(account: TxAccount, body: Pick<TxBody, 'to' | 'data'>, ceiling: bigint | undefined) {
    const same = account.state.txs.find(tx => isSame(tx.body, body))
    if (same === undefined) return undefined
    account.apply({ type: 'joined', id: same.id, ceiling }, confirmations)
    return { id: same.id, hash: same.attempts[0].hash }
  }

  async function submitInTurn(account: TxAccount, order: TxOrder, options: CallOptions): Promise<SubmittedTx> {
    const same = order.isIdempotent ? join(account, order.body, order.ceiling) : undefined
    if (same !== undefined) return same
    if (account.state.txs.length >= TXS_MAX) throw queueFull(order.operation, address)
    let fees = feesFor(order.market, order.ceiling)
    for (let attempt = 1; ; attempt++) {
      const tx = add(account, freeNonce(account.state, await lookAtCounts(rpc, address, options)), fees, order)
      const refusal = await send(account, tx.id, options)
      if (refusal === undefined) {
        failpoint('transaction.sent')
        return { id: tx.id, hash: tx.attempts[0].hash }
      }
      const isHeldByStranger = refusal.reason === 'nonce-held'
      account.apply({ type: 'removed', id: tx.id, isHeldByStranger }, confirmations)
      if (attempt === SEND_ATTEMPTS_MAX || refusal.reason === 'other') throw refused(order.operation, refusal)
      if (refusal.reason !== 'underpriced') continue
      const market = await readFeeMarket(rpc, options)
      const raised = raiseFees(fees, market, order.ceiling)
      if (raised === undefined) throw aboveCeiling(order.operation, market, order.ceiling ?? 0n)
      fees = raised
    }
  }

  async function act(account: TxAccount, action: TxAction, market: FeeMarket, block: number, options: CallOptions) {
    switch (action.type) {
      case 'send':
        await send(account, action.id, options)
        return
      case 'replace': {
        const tx = account.state.txs.find(({ id }) => id === action.id)
        if (tx === undefined) return
        const { hash } = signed(tx.body, tx.nonce, action.fees)
        const attempt: Attempt = { hash, fees: action.fees, atMs: nowMs(), atBlock: block }
        account.apply({ type: 'replaced', id: tx.id, attempt }, confirmations)
        await send(account, tx.id, options)
        return
      }
      case 'fill': {
        const { nonce, ceiling } = action
        const call = { from: address, to: address, value: '0x0' }
        const gasLimit = BigInt(String(await rpc.request('eth_estimateGas', [call], options)))
        if (account.state.txs.some(tx => tx.nonce === nonce)) return
        const body = { to: address, data: '0x' as Hex, gasLimit }
        await send(account, add(account, nonce, feesFor(market, ceiling), { body, ceiling }, true).id, options)
      }
    }
  }

  /** Looks at one transaction, or now and then at everything, and does what follows from it. */
  async function look(account: TxAccount, id: number, options: CallOptions): Promise<void> {
    const isDue = performance.now() >= account.lookAtMs
    if (!isDue) {
      const tx = account.state.txs.filter(one => one.id === id)
      const mined = await lookAtMined(rpc, tx, options, QUICK_LOOK_FORMS)
      const block = confirmations > 1 ? await rpc.head(options) : undefined
      const actions = account.apply({ type: 'looked', nowMs: nowMs(), mined, block }, confirmations)
      // Without a look at the market there is nothing but sending again.
      for (const action of actions) if (action.type === 'send') await send(account, action.id, options)
      return
    }
    account.lookAtMs = performance.now() + ACCOUNT_LOOK_INTERVAL_MS * (0.75 + Math.random() / 2)
    const { mined, view } = await lookAtAll(rpc, address, account.state, options)
    const actions = account.apply({ type: 'looked', nowMs: nowMs(), mined, account: view }, confirmations)
    // All at once: what they change at first, they change before anybody else looks.
    await Promise.all(actions.map(action => act(account, action, view.market, view.block, options)))
  }

  return {
    async join(body, ceiling, options) {
      return join(await open(options), body, ceiling)
    },
    async submit(order, options = {}) {
      const account = await open(options)
      return account.inTurn(() => submitInTurn(account, order, options), options.signal)
    },
    async follow({ id, hash }, { timeoutMs, signal }) {
      const account = await open({ signal })
      let outcome: TxOutcome | undefined
      let trouble: unknown
      const forget = account.onOutcome(id, told => {
        outcome = told
      })
      const giveUpAt = performance.now() + timeoutMs
      try {
        for (let pauseMs = RECEIPT_POLL_MS_MIN; ; pauseMs = Math.min(pauseMs * 2, RECEIPT_POLL_MS_MAX)) {
          try {
            await look(account, id, { signal })
            trouble = undefined
          } catch (err) {
            signal?.throwIfAborted()
            // The money may be on its way: silence now, or nonsense, says nothing about it.
            if (!isSilence(err) && (err as { code?: unknown }).code === undefined) throw err
            trouble = err
          }
          if (outcome !== undefined) return outcome
          if (performance.now() + pauseMs > giveUpAt) throw timedOut(hash, timeoutMs, trouble)
          await delay(pauseMs * (0.75 + Math.random() / 4), signal)
        }
      } finally {
        forget()
      }
    }
  }
}

function isSame(a: TxBody, b: Pick<TxBody, 'to' | 'data'>): boolean {
  return a.to?.toLowerCase() === b.to?.toLowerCase() && a.data.toLowerCase() === b.data.toLowerCase()
}

function queueFull(operation: string, address: Hex): CodedError {
  return new CodedError('E_TX_QUEUE_FULL', `${operation}: too many transactions of ${address} wait to be mined`, {
    facts: { operation, address, max: TXS_MAX },
    hint: 'wait until some of them are mined'
  })
}

function refused(operation: string, { error }: Refusal): CodedError {
  return new CodedError('E_TX_REFUSED', `${operation}: ${error.message.slice(0, 300)}`, { facts: { operation, error } })
}

function timedOut(hash: Hex, timeoutMs: number, cause: unknown): CodedError {
  if ((cause as { code?: unknown } | undefined)?.code === 'E_RPC_DISAGREE') return cause as CodedError
  return new CodedError('E_TX_TIMEOUT', `transaction ${hash} was not mined within ${timeoutMs} ms`, {
    facts: { hash, timeoutMs },
    hint: 'it may still be: look at the channel again before sending another',
    cause
  })
}
