import type { Hex } from '@archipel/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FeeMarket, type Fees, feesFor, maxFeeOf } from '../../../src/chain/transactions/fees.ts'
import type { MinedTx } from '../../../src/chain/transactions/receipt.ts'
import { NO_TXS, type Tx, type TxAction, type TxState } from '../../../src/chain/transactions/tx-state.ts'
import { freeNonce, stepTxs } from '../../../src/chain/transactions/tx-step.ts'
import { GWEI, hashOf, lookOf, receiptOf, txOf } from './tx-fixture.ts'

const CONFIRMATIONS = 4
const LOOK_MS = 2_000
const OURS_MAX = 6

interface Pooled {
  readonly nonce: number
  readonly hash: Hex
  readonly maxFee: bigint
  /** Undefined: not ours. */
  readonly id?: number
}

/** Just enough of a chain: one account, a pool that forgets, blocks that are replaced, and somebody else with our key. */
function createWorld() {
  let blocks: Pooled[][] = [[]]
  let pool: Pooled[] = []
  let baseFee = 10n * GWEI
  let nowMs = 0
  let state: TxState = NO_TXS
  let ids = 0
  let strangers = 0
  const ended = new Map<number, 'mined' | 'displaced'>()
  const fees = new Map<number, Fees[]>()
  const mined = () => blocks.flat()
  const market = (): FeeMarket => ({ baseFee, tip: GWEI, isLegacy: false })

  /** What a node does with a transaction that it is given. */
  function give(tx: Pooled): void {
    if (tx.nonce < mined().length) return
    const held = pool.find(({ nonce }) => nonce === tx.nonce)
    if (held !== undefined && tx.maxFee * 10n < held.maxFee * 11n) return
    pool = [...pool.filter(one => one !== held), tx]
  }

  function giveOurs({ id, nonce, attempts }: Tx): void {
    const newest = attempts.at(-1)!
    give({ nonce, id, hash: newest.hash, maxFee: maxFeeOf(newest.fees) })
  }

  function add(nonce: number, isFiller = false): void {
    const offered = feesFor(market())
    const id = ++ids
    const attempt = { hash: hashOf(id, 0), fees: offered, atMs: nowMs, atBlock: undefined }
    const tx = txOf(id, nonce, { attempts: [attempt], sentAtMs: nowMs, isFiller })
    fees.set(id, [offered])
    state = stepTxs(state, { type: 'added', tx }, CONFIRMATIONS).state
    giveOurs(tx)
  }

  function act(action: TxAction): void {
    if (action.type === 'mined' || action.type === 'displaced') {
      expect(ended.has(action.id)).toBe(false)
      ended.set(action.id, action.type)
      return
    }
    if (action.type === 'fill') {
      add(action.nonce, true)
      return
    }
    const tx = state.txs.find(({ id }) => id === action.id)!
    if (action.type === 'send') {
      giveOurs(tx)
      return
    }
    const attempt = { hash: hashOf(tx.id, tx.attempts.length), fees: action.fees, atMs: nowMs, atBlock: blocks.length }
    fees.get(tx.id)!.push(action.fees)
    state = stepTxs(state, { type: 'replaced', id: tx.id, attempt }, CONFIRMATIONS).state
    giveOurs(state.txs.find(({ id }) => id === action.id)!)
  }

  const world = {
    ended,
    fees,
    get ids() {
      return ids
    },
    get state() {
      return state
    },
    mined,
    pay(): void {
      if (state.txs.length < OURS_MAX)
        add(freeNonce(state, { minedCount: mined().length, pendingCount: world.pending() }))
    },
    pending(): number {
      let count = mined().length
      while (pool.some(({ nonce }) => nonce === count)) count++
      return count
    },
    mine(): void {
      const block: Pooled[] = []
      for (;;) {
        const next = pool.find(({ nonce, maxFee }) => nonce === mined().length + block.length && maxFee >= baseFee)
        if (next === undefined) break
        block.push(next)
      }
      blocks.push(block)
      pool = pool.filter(({ nonce }) => nonce >= mined().length)
    },
    /** Shallower than what counts as final. What was mined may be remembered, or not. */
    reorg(depth: number, isRemembered: boolean): void {
      const cut = Math.max(1, blocks.length - depth)
      const out = blocks.slice(cut).flat()
      blocks = blocks.slice(0, cut)
      if (isRemembered) for (const tx of out) give(tx)
      for (let i = 0; i < depth; i++) world.mine()
    },
    drop(at: number): void {
      pool = pool.filter((_, i) => i !== at % Math.max(1, pool.length))
    },
    stranger(): void {
      give({ nonce: world.pending(), hash: hashOf(0, ++strangers), maxFee: baseFee })
    },
    price(gwei: number): void {
      baseFee = BigInt(gwei) * GWEI
    },
    look(): void {
      nowMs += LOOK_MS
      const receipts = new Map<number, MinedTx | undefined>()
      for (const { id, attempts } of state.txs) {
        const block = blocks.findIndex(txs => txs.some(({ hash }) => attempts.some(form => form.hash === hash)))
        const form = blocks[block]?.find(({ hash }) => attempts.some(form => form.hash === hash))
        receipts.set(id, form === undefined ? undefined : receiptOf(form.hash, block))
      }
      const known = new Set(
        pool.flatMap(({ id, hash }) => {
          const tx = state.txs.find(one => one.id === id)
          return tx !== undefined && tx.attempts.at(-1)!.hash === hash ? [tx.id] : []
        })
      )
      const view = { block: blocks.length - 1, minedCount: mined().length, pendingCount: world.pending(), known }
      const step = stepTxs(state, lookOf(state.txs, nowMs, { ...view, market: market() }, receipts), CONFIRMATIONS)
      state = step.state
      for (const action of step.actions) act(action)
    }
  }
  return world
}

const happening = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ type: 'look' } as const) },
  { weight: 4, arbitrary: fc.constant({ type: 'mine' } as const) },
  { weight: 3, arbitrary: fc.constant({ type: 'pay' } as const) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('drop' as const), at: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('price' as const), gwei: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 1, arbitrary: fc.constant({ type: 'stranger' } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('reorg' as const),
      depth: fc.integer({ min: 1, max: CONFIRMATIONS - 1 }),
      isRemembered: fc.boolean()
    })
  }
)

describe('transactions through whatever happens', () => {
  it('end once each, mined or displaced, and none is stuck once it stops happening', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80, size: 'max' }), happenings => {
        const world = createWorld()
        for (const what of happenings) {
          if (what.type === 'drop') world.drop(what.at)
          else if (what.type === 'price') world.price(what.gwei)
          else if (what.type === 'reorg') world.reorg(what.depth, what.isRemembered)
          else world[what.type]()
        }
        world.price(10)
        for (let i = 0; i < 120 && world.state.txs.length > 0; i++) {
          world.look()
          world.mine()
        }
        expect(world.state.txs).toEqual([])
        expect(world.ended.size).toBe(world.ids)
        const mined = world.mined()
        expect(new Set(mined.map(({ nonce }) => nonce)).size).toBe(mined.length)
        for (const [id, outcome] of world.ended) {
          expect(mined.filter(tx => tx.id === id)).toHaveLength(outcome === 'mined' ? 1 : 0)
        }
        for (const forms of world.fees.values()) {
          for (let i = 1; i < forms.length; i++) {
            expect(maxFeeOf(forms[i]!) * 8n).toBeGreaterThanOrEqual(maxFeeOf(forms[i - 1]!) * 9n)
          }
          expect(maxFeeOf(forms.at(-1)!)).toBeLessThanOrEqual(6_000n * GWEI)
        }
      }),
      { numRuns: Math.max(300, fc.readConfigureGlobal()?.numRuns ?? 0) }
    )
  })
})
