import fc from 'fast-check'
import { it } from 'vitest'
import { token } from '../../scripts/vector-files/keys.ts'
import { check } from '../helpers/check.ts'
import { createExchange } from './exchange.ts'

/** What may happen between a buyer and a provider, in any order. Numbers pick one of what there is to pick from. */
const events = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('work' as const), agreement: fc.nat(3), amount: fc.nat(50) }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('pay' as const), agreements: fc.array(fc.nat(3), { maxLength: 4 }) })
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('deliver' as const), pick: fc.nat(), keep: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('lose' as const), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('resend' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('acknowledge' as const), pick: fc.nat(), keep: fc.boolean() })
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('topUp' as const), amount: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('readChain' as const) }) }
)

it('ends with both sides equal after any loss, repetition and reordering', () => {
  check(
    fc.property(fc.array(events, { maxLength: 60 }), list => {
      const exchange = createExchange({ token, deposit: 200n })
      for (const event of list) {
        exchange.apply(event)
        exchange.expectInvariants()
      }
      exchange.heal()
      exchange.expectInvariants()
      exchange.expectEqual()
    }),
    400
  )
})
