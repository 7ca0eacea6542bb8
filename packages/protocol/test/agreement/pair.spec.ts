import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check } from '../helpers/check.ts'
import { createPair, type PairEvent } from './pair.ts'

const just = <T extends PairEvent['type']>(type: T) => fc.constant({ type } as PairEvent)
const events: fc.Arbitrary<PairEvent> = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 30_000 }).map((ms): PairEvent => ({ type: 'work', ms })) },
  { weight: 6, arbitrary: just('hear') },
  { weight: 6, arbitrary: just('listen') },
  { weight: 2, arbitrary: just('reconnect') },
  { weight: 1, arbitrary: just('restart') },
  { weight: 1, arbitrary: just('finish') },
  { weight: 1, arbitrary: just('confirm') }
)

function expectInvariants({
  buying,
  providing,
  payer,
  payee,
  priceMax
}: ReturnType<ReturnType<typeof createPair>['state']>) {
  // The provider believes in no more than the buyer has signed, the buyer signs no more than it agreed to.
  expect(payee.cumulative <= payer.cumulative && payer.cumulative <= priceMax).toBe(true)
  expect(payer.cumulative).toBe(buying.paid)
  expect(payee.cumulative).toBe(providing.paid)
  expect(providing.receipts.slice(0, buying.receipts.length)).toEqual(buying.receipts.map(({ body }) => body))
  if (providing.phase.code === 'settled') expect(['paid']).toContain(buying.phase.code)
}

describe('a buyer and a provider that keep losing each other', () => {
  it('end with the same books, and a result that is fully paid', () => {
    let settled = 0
    check(
      fc.property(fc.array(events, { maxLength: 60 }), list => {
        const pair = createPair()
        for (const event of list) {
          pair.apply(event)
          expectInvariants(pair.state())
        }
        pair.settle()
        pair.apply({ type: 'finish' })
        pair.settle()
        pair.apply({ type: 'confirm' })
        pair.settle()
        const { buying, providing, payer, payee } = pair.state()
        expectInvariants(pair.state())
        expect(payee.cumulative).toBe(payer.cumulative)
        expect(payee.log).toEqual(payer.log)
        expect(payer.unacknowledged).toEqual([])
        if (providing.phase.code === 'failed') {
          expect(buying.phase).toEqual({ code: 'failed', failure: providing.phase.failure })
          return
        }
        settled++
        expect(providing.phase.code).toBe('settled')
        expect(buying.phase.code).toBe('paid')
        expect(buying.paid).toBe(providing.receipts.at(-1)?.amount)
      }),
      300
    )
    expect(settled).toBeGreaterThan(100)
  })

  it('end with the same books when the buyer cancels in between', () => {
    const withCancel = fc.oneof({ weight: 9, arbitrary: events }, { weight: 1, arbitrary: just('cancel') })
    check(
      fc.property(fc.array(withCancel, { maxLength: 40 }), list => {
        const pair = createPair()
        for (const event of list) {
          pair.apply(event)
          expectInvariants(pair.state())
        }
        pair.settle()
        const { payer, payee } = pair.state()
        expect(payee.cumulative).toBe(payer.cumulative)
      }),
      300
    )
  })
})

it('a buyer that pays each tick as it hears it is never cut off', () => {
  const pair = createPair()
  for (let i = 0; i < 50; i++) {
    pair.apply({ type: 'work', ms: 30_000 })
    pair.apply({ type: 'hear' })
    pair.apply({ type: 'listen' })
    pair.apply({ type: 'hear' })
  }
  expect(pair.state().providing.phase.code).toBe('running')
})

it('a buyer that goes away costs the provider one credit and no more', () => {
  const pair = createPair()
  for (let i = 0; i < 50; i++) pair.apply({ type: 'work', ms: 30_000 })
  const { providing } = pair.state()
  expect(providing.phase).toMatchObject({ code: 'failed', failure: { code: 'E_UNPAID' } })
  const { startup, rate, tickSec } = providing.bid.body
  expect((providing.receipts.at(-1)?.amount ?? 0n) <= startup + rate * BigInt(tickSec)).toBe(true)
})
