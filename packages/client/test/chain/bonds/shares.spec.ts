import { faultOf, proveKeyPossession } from '@archipel/protocol'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { exposedMax, sharesOf } from '../../../src/chain/index.ts'
import { type BondsMarket, startBondsMarket, TOKEN } from './bonds-fixture.ts'

let market: BondsMarket
beforeAll(async () => {
  market = await startBondsMarket()
  const { olga, node, bondsDomain } = market
  await olga.registerKey(proveKeyPossession(node, olga.address!, bondsDomain))
})
afterAll(() => market.anvil.stop())

/** What was bonded and exposed before, and what the harmed lost. */
const CASES: [bond: bigint, exposed: 'nothing' | 'most', lost: bigint][] = [
  [100n * TOKEN, 'nothing', 0n],
  [0n, 'nothing', 5n * TOKEN],
  [0n, 'most', 7n],
  [3n, 'most', 30n * TOKEN],
  [1n, 'nothing', 1n],
  [10n * TOKEN + 7n, 'most', 3n * TOKEN + 1n]
]

it('what an equivocation will bring is what the contract pays, to the last unit', async () => {
  const { olga, rita, arbiter, harm, receipts } = market
  const owner = olga.address!
  for (const [index, [bond, exposed, lost]] of CASES.entries()) {
    if (bond > 0n) await olga.bond(bond)
    const { amount } = await olga.bondOf(owner)
    const before = await olga.exposedOf(owner)
    if (exposed === 'most' && exposedMax(amount) > before) await olga.expose(arbiter, exposedMax(amount))
    const shown = harm(lost, index)
    const proof = receipts(shown)
    // Reported without the harmed first in every second case.
    const tries = index % 2 === 0 ? [undefined, shown] : [shown]
    for (const one of tries) {
      const [{ amount: held }, exposedNow, state] = await Promise.all([
        rita.bondOf(owner),
        rita.exposedOf(owner),
        rita.faultOf(faultOf(proof))
      ])
      const expected = sharesOf({ amount: held, exposed: exposedNow, ...state }, one === undefined ? 0n : lost)
      const slashed = await rita.slashEquivocation(proof, { harm: one }).catch((err: { code: string }) => err.code)
      if (expected.burned === 0n) {
        expect(['E_FAULT_PUNISHED', 'E_BOND_TOO_SMALL']).toContain(slashed)
        continue
      }
      expect(slashed).toMatchObject(expected)
      const { paidHarmed, paidReporter, burned } = expected
      expect((await rita.bondOf(owner)).amount).toBe(held - paidHarmed - paidReporter - burned)
    }
  }
})
