import type { Hex } from '@archipel/protocol'
import { waitFor } from '../../net/wait.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import type { MinedTx } from './receipt.ts'
import { NO_TXS, type TxAction, type TxEvent, type TxState } from './tx-state.ts'
import { stepTxs } from './tx-step.ts'

/** How a transaction ended: mined, or never to be mined because another one used its nonce. */
export type TxOutcome = { readonly type: 'mined'; readonly receipt: MinedTx } | { readonly type: 'displaced' }

/** One account on one chain, for the whole process: two transactions must not be given one nonce, whoever sends them. */
export interface TxAccount {
  readonly state: TxState
  /** When everything is looked at again, by `performance.now()`. */
  lookAtMs: number
  newId(): number
  /** Applies an event. Whoever waits for a transaction that ended by it is told; the other actions are returned. */
  apply(event: TxEvent, confirmations: number): readonly TxAction[]
  /** Calls back once, when the transaction ends. @returns stops that */
  onOutcome(id: number, tell: (outcome: TxOutcome) => void): () => void
  /** Runs `task` after all earlier ones of this account, whether they succeeded or not. */
  inTurn<T>(task: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>
}

/**
 * By chain, first block and address. The first block tells a local chain from the one that ran at its place before, whose
 * transactions nobody should send again. An entry stays small: what ended is not kept.
 */
const accounts = new Map<string, TxAccount>()

/** @throws what {@link Rpc.agree} throws */
export async function openAccount(rpc: Rpc, address: Hex, options?: CallOptions): Promise<TxAccount> {
  const keyOf = (block: unknown) => String((block as { hash: unknown }).hash)
  const question = { method: 'eth_getBlockByNumber', params: () => ['0x0', false], block: 0, keyOf }
  const [first] = await rpc.agree(question, options)
  const key = `${rpc.chainId}:${keyOf(first)}:${address}`.toLowerCase()
  const known = accounts.get(key)
  if (known !== undefined) return known
  const account = createAccount()
  accounts.set(key, account)
  return account
}

function createAccount(): TxAccount {
  let state = NO_TXS
  let ids = 0
  let lastTurn: Promise<unknown> = Promise.resolve()
  const listeners = new Map<number, Set<(outcome: TxOutcome) => void>>()

  function end(id: number, outcome: TxOutcome): void {
    for (const tell of listeners.get(id) ?? []) tell(outcome)
    listeners.delete(id)
  }

  return {
    get state() {
      return state
    },
    lookAtMs: 0,
    newId: () => ++ids,
    apply(event, confirmations) {
      const next = stepTxs(state, event, confirmations)
      state = next.state
      const rest: TxAction[] = []
      for (const action of next.actions) {
        if (action.type === 'mined') end(action.id, { type: 'mined', receipt: action.receipt })
        else if (action.type === 'displaced') end(action.id, { type: 'displaced' })
        else rest.push(action)
      }
      return rest
    },
    onOutcome(id, tell) {
      const all = listeners.get(id) ?? new Set()
      listeners.set(id, all.add(tell))
      return () => {
        all.delete(tell)
        if (all.size === 0 && listeners.get(id) === all) listeners.delete(id)
      }
    },
    inTurn(task, signal) {
      const turn = lastTurn.then(() => {
        signal?.throwIfAborted()
        return task()
      })
      lastTurn = turn.then(
        () => {},
        () => {}
      )
      // Whoever gives up while others are ahead need not wait for them; the turn itself sees the signal when it comes.
      return waitFor(turn, signal)
    }
  }
}
