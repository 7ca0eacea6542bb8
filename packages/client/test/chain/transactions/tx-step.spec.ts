import { describe, expect, it } from 'vitest'
import {
  DISPLACED_MS_MIN,
  GAP_MS_MIN,
  REPLACE_BLOCKS_MIN,
  REPLACE_MS_MIN,
  RESEND_MS_MAX,
  RESEND_MS_MIN,
  STRANGER_BLOCKS_MIN,
  STRANGER_MS_MIN,
  STRANGERS_MAX,
  TX_ATTEMPTS_MAX
} from '../../../src/chain/limits.ts'
import { NO_TXS, type Tx, type TxEvent, type TxState } from '../../../src/chain/transactions/tx-state.ts'
import { ceilingOf, freeNonce, stepTxs, type TxStep } from '../../../src/chain/transactions/tx-step.ts'
import { fees, GWEI, hashOf, lookOf, market, receiptOf, txOf } from './tx-fixture.ts'

const stateOf = (...txs: Tx[]): TxState => ({ ...NO_TXS, txs })
/** Applies events in order; what the last one led to. */
function after(state: TxState, events: readonly TxEvent[], confirmations = 1) {
  const start: TxStep = { state, actions: [] }
  return events.reduce((step, event) => stepTxs(step.state, event, confirmations), start)
}

describe('a transaction that is mined', () => {
  const [tx, receipt] = [txOf(1, 5), receiptOf(hashOf(1, 0), 100)]
  const found = (block: number, mined = receipt) => lookOf([tx], 0, { block, minedCount: 6 }, new Map([[1, mined]]))

  it('ends, and is kept no longer', () => {
    expect(after(stateOf(tx), [found(100)])).toEqual({ state: NO_TXS, actions: [{ type: 'mined', id: 1, receipt }] })
  })

  it('ends only under as many blocks as asked for', () => {
    const early = after(stateOf(tx), [found(100), found(102)], 4)
    expect(early.actions).toEqual([])
    expect(after(early.state, [found(103)], 4).actions).toEqual([{ type: 'mined', id: 1, receipt }])
  })

  it('is sent again at once when a re-organisation took it out, and may be mined elsewhere', () => {
    const gone = after(stateOf(tx), [found(100), lookOf([tx], 1, { block: 101, minedCount: 5 })], 4)
    expect(gone.actions).toEqual([{ type: 'send', id: 1 }])
    const elsewhere = receiptOf(hashOf(1, 0), 102)
    expect(after(gone.state, [found(104, elsewhere)], 4).actions).toEqual([])
    expect(after(gone.state, [found(105, elsewhere)], 4).actions).toMatchObject([{ type: 'mined', receipt: elsewhere }])
  })

  it('is not judged while endpoints contradict each other about its receipt', () => {
    const look = lookOf([], 60_000, { minedCount: 6, known: new Set() })
    expect(after(stateOf(tx), [look, { ...look, nowMs: 120_000 }]).actions).toEqual([])
  })
})

describe('a transaction whose receipt endpoints contradict each other about', () => {
  it('is kept alive all the same', () => {
    const look = { ...lookOf([], RESEND_MS_MIN, { minedCount: 5, known: new Set<number>() }) }
    expect(after(stateOf(txOf(1, 5)), [look]).actions).toEqual([{ type: 'send', id: 1 }])
  })
})

describe('a transaction whose nonce another one used', () => {
  const tx = txOf(1, 5)
  const look = (nowMs: number, block = 100) => lookOf([tx], nowMs, { block, minedCount: 6 })

  it('is displaced after a while, in which its receipt could still show', () => {
    expect(after(stateOf(tx), [look(0), look(DISPLACED_MS_MIN - 1)]).actions).toEqual([])
    const gone = after(stateOf(tx), [look(0), look(DISPLACED_MS_MIN)])
    expect(gone).toEqual({ state: NO_TXS, actions: [{ type: 'displaced', id: 1 }] })
  })

  it('is displaced only once the other one is as deep as asked for', () => {
    expect(after(stateOf(tx), [look(0), look(60_000, 102)], 4).actions).toEqual([])
    expect(after(stateOf(tx), [look(0), look(60_000, 103)], 4).actions).toEqual([{ type: 'displaced', id: 1 }])
  })

  it('has its nonce back when that one is taken out again', () => {
    const back = lookOf([tx], 3_000, { minedCount: 5 })
    expect(after(stateOf(tx), [look(0), back, look(DISPLACED_MS_MIN + 3_000)]).actions).toEqual([])
  })
})

describe('a transaction that waits', () => {
  const tx = txOf(1, 0)
  const look = (nowMs: number, block: number, more = {}) => lookOf([tx], nowMs, { block, ...more })
  const unknown = { known: new Set<number>() }

  it('is sent again when pools lost it, less and less often', () => {
    const at = (ms: number) => look(ms, 100, unknown)
    expect(after(stateOf(tx), [at(RESEND_MS_MIN - 1)]).actions).toEqual([])
    const first = after(stateOf(tx), [at(RESEND_MS_MIN)])
    expect(first.actions).toEqual([{ type: 'send', id: 1 }])
    expect(after(first.state, [at(3 * RESEND_MS_MIN - 1)]).actions).toEqual([])
    expect(after(first.state, [at(3 * RESEND_MS_MIN)]).actions).toEqual([{ type: 'send', id: 1 }])
    const often = stateOf({ ...tx, sends: 50, sentAtMs: 0 })
    expect(after(often, [at(RESEND_MS_MAX - 1)]).actions).toEqual([])
    expect(after(often, [at(RESEND_MS_MAX)]).actions).toEqual([{ type: 'send', id: 1 }])
  })

  it('offers an eighth more once it is passed over for long enough by enough blocks', () => {
    const events = (ms: number, blocks: number) => [look(0, 100), look(ms, 100 + blocks)]
    expect(after(stateOf(tx), events(REPLACE_MS_MIN - 1, REPLACE_BLOCKS_MIN)).actions).toEqual([])
    expect(after(stateOf(tx), events(REPLACE_MS_MIN, REPLACE_BLOCKS_MIN - 1)).actions).toEqual([])
    expect(after(stateOf(tx), events(REPLACE_MS_MIN, REPLACE_BLOCKS_MIN)).actions).toEqual([
      {
        type: 'replace',
        id: 1,
        fees: { type: 2, maxFeePerGas: (21n * GWEI * 9n) / 8n, maxPriorityFeePerGas: (GWEI * 9n) / 8n }
      }
    ])
  })

  it('offers no more while the chain stands still, however long', () => {
    const halted = after(stateOf(tx), [look(0, 100), look(33 * 60_000, 100)])
    expect(halted.actions).toEqual([])
  })

  it('offers no more while it waits behind another one', () => {
    const behind = txOf(2, 1)
    const both = (ms: number, block: number) => lookOf([tx, behind], ms, { block })
    const { actions } = after(stateOf(tx, behind), [both(0, 100), both(60_000, 200)])
    expect(actions).toMatchObject([{ type: 'replace', id: 1 }])
  })

  it('offers what the market asks for at once when the base fee passed it, next or not', () => {
    const dear = { ...market, baseFee: 100n * GWEI }
    const second = txOf(2, 1)
    const look = lookOf([tx, second], 0, { market: dear })
    const asked = { type: 2, maxFeePerGas: 201n * GWEI, maxPriorityFeePerGas: (GWEI * 9n) / 8n }
    expect(after(stateOf(tx, second), [look]).actions).toEqual([
      { type: 'replace', id: 1, fees: asked },
      { type: 'replace', id: 2, fees: asked }
    ])
  })

  it('offers more when pools found it too cheap', () => {
    const { actions } = after(stateOf(tx), [{ type: 'underpriced', id: 1 }, look(0, 100)])
    expect(actions).toMatchObject([{ type: 'replace', id: 1 }])
  })

  it('offers never more than the ceiling, and no step to it that pools would refuse', () => {
    const dear = { market: { ...market, baseFee: 20n * GWEI } }
    const events = [look(0, 100, dear), look(REPLACE_MS_MIN, 110, dear)]
    expect(after(stateOf({ ...tx, ceiling: 24n * GWEI }), events).actions).toMatchObject([
      { type: 'replace', fees: { maxFeePerGas: 24n * GWEI } }
    ])
    expect(after(stateOf({ ...tx, ceiling: 23n * GWEI }), events).actions).toEqual([])
    const dearer = { market: { ...market, baseFee: 25n * GWEI } }
    expect(after(stateOf({ ...tx, ceiling: 24n * GWEI }), [look(0, 100, dearer)]).actions).toEqual([])
  })

  it('grows to ten times its first fees without a ceiling', () => {
    expect(ceilingOf(stateOf(tx), 0)).toBe(210n * GWEI)
    expect(ceilingOf(NO_TXS, 0)).toBeUndefined()
  })

  it('may offer as much as one that waits behind it, so that a cheap one holds up no dear one', () => {
    const cheap = { ...tx, ceiling: 22n * GWEI }
    const urgent = txOf(2, 1, { ceiling: 1_000n * GWEI })
    expect(ceilingOf(stateOf(cheap, urgent), 0)).toBe(1_000n * GWEI)
    const dear = { market: { ...market, baseFee: 100n * GWEI } }
    expect(after(stateOf(cheap), [lookOf([cheap], 0, dear)]).actions).toEqual([])
    const { actions } = after(stateOf(cheap, urgent), [lookOf([cheap, urgent], 0, dear)])
    expect(actions).toMatchObject([
      { type: 'replace', id: 1 },
      { type: 'replace', id: 2 }
    ])
  })

  it('has so many forms and not one more', () => {
    const attempts = (count: number): Tx['attempts'] => [
      { ...tx.attempts[0], atBlock: 0 },
      ...Array(count - 1).fill({ ...tx.attempts[0], atBlock: 0 })
    ]
    const at = (count: number) =>
      after(stateOf({ ...tx, attempts: attempts(count) }), [look(REPLACE_MS_MIN, 100)]).actions
    expect(at(TX_ATTEMPTS_MAX - 1)).toMatchObject([{ type: 'replace' }])
    expect(at(TX_ATTEMPTS_MAX)).toEqual([])
  })

  it('counts its time anew from each form', () => {
    const attempt = { hash: hashOf(1, 1), fees, atMs: 50_000, atBlock: 110 }
    const { state } = after(stateOf(tx), [look(0, 100), { type: 'replaced', id: 1, attempt }])
    expect(state.txs[0]).toMatchObject({ sentAtMs: 50_000, sends: 1, attempts: [{}, attempt] })
    expect(after(state, [look(50_000 + REPLACE_MS_MIN - 1, 200)]).actions).toEqual([])
    expect(after(state, [look(50_000 + REPLACE_MS_MIN, 200)]).actions).toMatchObject([{ type: 'replace' }])
  })
})

describe('a nonce below ours that none of ours has', () => {
  const tx = txOf(1, 7)
  const look = (nowMs: number, block: number, account = {}) =>
    lookOf([tx], nowMs, { block, minedCount: 6, pendingCount: 6, ...account })

  it('is used up when nobody has it', () => {
    expect(after(stateOf(tx), [look(0, 100), look(GAP_MS_MIN - 1, 100)]).actions).toEqual([])
    expect(after(stateOf(tx), [look(0, 100), look(GAP_MS_MIN, 100)]).actions).toEqual([
      { type: 'fill', nonce: 6, ceiling: 210n * GWEI }
    ])
  })

  it('is left to a transaction of an earlier process for a while, and then used up', () => {
    const pending = { pendingCount: 8 }
    const at = (ms: number, blocks: number) =>
      after(stateOf(tx), [look(0, 100, pending), look(ms, 100 + blocks, pending)])
    expect(at(STRANGER_MS_MIN - 1, STRANGER_BLOCKS_MIN).actions).toEqual([])
    expect(at(STRANGER_MS_MIN, STRANGER_BLOCKS_MIN - 1).actions).toEqual([])
    expect(at(STRANGER_MS_MIN, STRANGER_BLOCKS_MIN).actions).toMatchObject([{ type: 'fill', nonce: 6 }])
  })

  it('is left for as long to one that pools refused ours for', () => {
    const events: TxEvent[] = [
      { type: 'added', tx: txOf(2, 6) },
      { type: 'removed', id: 2, isHeldByStranger: true },
      look(0, 100)
    ]
    const { state } = after(stateOf(tx), events)
    expect(after(state, [look(GAP_MS_MIN, 100)]).actions).toEqual([])
    expect(after(state, [look(STRANGER_MS_MIN, 110)]).actions).toMatchObject([{ type: 'fill', nonce: 6 }])
    expect(after(state, [look(0, 100, { minedCount: 7 })]).state.strangers.size).toBe(0)
  })

  it('is not looked for beyond a bound', () => {
    const far = txOf(1, 100)
    const at = (ms: number) => lookOf([far], ms, { minedCount: 6, pendingCount: 6 })
    expect(after(stateOf(far), [at(0), at(GAP_MS_MIN)]).actions).toHaveLength(STRANGERS_MAX)
  })
})

describe('the nonce for a new transaction', () => {
  const counts = (minedCount: number, pendingCount = minedCount) => ({ minedCount, pendingCount })

  it('is the first that nobody has', () => {
    expect(freeNonce(NO_TXS, counts(3))).toBe(3)
    expect(freeNonce(stateOf(txOf(1, 3), txOf(2, 4)), counts(3))).toBe(5)
    expect(freeNonce(stateOf(txOf(1, 4)), counts(3))).toBe(3)
    expect(freeNonce(stateOf(txOf(1, 3)), counts(4))).toBe(4)
  })

  it('is above those of an earlier process that wait, up to a bound', () => {
    expect(freeNonce(NO_TXS, counts(3, 5))).toBe(5)
    expect(freeNonce(NO_TXS, counts(3, 3 + STRANGERS_MAX))).toBe(3 + STRANGERS_MAX)
    expect(freeNonce(NO_TXS, counts(3, 4 + STRANGERS_MAX))).toBe(3)
    expect(freeNonce({ ...NO_TXS, strangers: new Set([3, 4]) }, counts(3))).toBe(5)
  })
})
