import type { ChannelId } from '@archipel/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costOf } from '../../src/redeem/economy.ts'
import { BATCH_MAX, FLIGHTS_MAX, LIMITS, type RedeemFault, type RedeemRules } from '../../src/redeem/state.ts'
import { candidate, GWEI, machine, NOW_SEC, some } from './machine.ts'

describe('any history', () => {
  const FAULTS: readonly RedeemFault[] = ['chain', 'fee', 'unknown', 'nothing', 'batch']
  const channel = fc.record({
    id: fc.integer({ min: 0, max: 30 }),
    parties: fc.constantFrom('a', 'b'),
    payable: fc.bigInt({ min: 1n, max: 10n ** 18n }),
    dueSince: fc.integer({ min: NOW_SEC - 10_000, max: NOW_SEC }),
    closeAt: fc.constantFrom(0, 0, 0, NOW_SEC + 600)
  })
  const look = fc.record({
    type: fc.constant('look' as const),
    candidates: fc.uniqueArray(channel, { selector: ({ id }) => id, maxLength: 30 }),
    fee: fc.option(fc.bigInt({ min: 1n, max: 1000n * GWEI }), { nil: undefined })
  })
  const end = fc.record({
    type: fc.constant('end' as const),
    which: fc.nat(20),
    fault: fc.option(fc.constantFrom(...FAULTS), { nil: undefined }),
    skip: fc.boolean()
  })
  const wait = fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 100_000 }) })
  const moves = fc.array(fc.oneof(look, end, wait), { maxLength: 60 })
  const rules = fc.record({
    coinPrice: fc.option(fc.bigInt({ min: 1n, max: 10n ** 22n }), { nil: undefined }),
    amountMin: fc.bigInt({ min: 1n, max: 10n ** 18n }),
    feeShareMax: fc.constantFrom(0.01, 0.1, 1)
  })

  it('sends no channel twice in one lane, wastes no money, and holds up nothing that is closing', () => {
    fc.assert(
      fc.property(rules, moves, (chosen, script) => {
        const run = machine(chosen)
        const flying = new Map<number, { lane: string; ids: readonly ChannelId[] }>()
        let readyAtMs = 0
        let nowMs = 0
        for (const move of script) {
          if (move.type === 'wait') {
            run.wait(move.ms)
            nowMs += move.ms
          } else if (move.type === 'end') {
            const [flight, one] = [...flying][move.which % Math.max(1, flying.size)] ?? []
            if (flight === undefined || one === undefined) continue
            flying.delete(flight)
            if (move.fault === undefined) run.mine(flight, move.skip ? one.ids.slice(0, 1) : [])
            else run.fail(flight, move.fault)
            readyAtMs = nowMs + Math.max(LIMITS.TROUBLE_MS.urgent.maxMs, LIMITS.PAUSE_MS.urgent.maxMs)
          } else {
            const candidates = move.candidates.map(({ id, ...rest }) => candidate(id, rest))
            const byId = new Map(candidates.map(one => [one.id, one]))
            const before = new Map(flying)
            for (const { flight, lane, ids, feePerGasMaxWei } of run.look(candidates, move.fee)) {
              flying.set(flight, { lane, ids })
              const batch = ids.map(id => byId.get(id)!)
              expect(new Set(ids).size).toBe(ids.length)
              expect(ids.length).toBeLessThanOrEqual(BATCH_MAX)
              expect(new Set(batch.map(({ parties }) => parties)).size).toBe(1)
              for (const other of before.values())
                if (other.lane === lane) expect(other.ids.filter(id => ids.includes(id))).toEqual([])
              if (lane === 'ordinary' && chosen.coinPrice !== undefined) {
                const total = batch.reduce((sum, { payable }) => sum + payable, 0n)
                for (const fee of [move.fee!, feePerGasMaxWei!]) {
                  const cost = costOf(ids.length, fee, chosen as RedeemRules)
                  expect(Number(cost - 1n)).toBeLessThanOrEqual(Number(total) * chosen.feeShareMax * 1.000001)
                }
                expect(feePerGasMaxWei).toBeGreaterThanOrEqual(move.fee!)
              }
              expect(batch.every(({ closeAt }) => (closeAt !== 0) === (lane === 'urgent'))).toBe(true)
            }
            const perLane = (lane: string) => [...flying.values()].filter(one => one.lane === lane)
            expect(perLane('urgent').length).toBeLessThanOrEqual(FLIGHTS_MAX.urgent)
            expect(perLane('ordinary').length).toBeLessThanOrEqual(FLIGHTS_MAX.ordinary)
            // Whatever went before: with room in its lane, and after its own longest pause, a closing channel is on its way.
            if (nowMs >= readyAtMs && perLane('urgent').length < FLIGHTS_MAX.urgent) {
              const onTheirWay = new Set(perLane('urgent').flatMap(({ ids }) => ids))
              for (const { id, closeAt } of candidates) if (closeAt !== 0) expect(onTheirWay).toContain(id)
            }
          }
        }
      })
    )
  })

  it('is followed by the redemption of everything due, once the chain works', () => {
    fc.assert(
      fc.property(moves, script => {
        const run = machine()
        const flying = new Set<number>()
        for (const move of script) {
          if (move.type === 'wait') run.wait(move.ms)
          else if (move.type === 'look')
            for (const { flight } of run.look(move.candidates.map(({ id, ...rest }) => candidate(id, rest))))
              flying.add(flight)
          else {
            const [flight] = flying
            if (flight === undefined) continue
            flying.delete(flight)
            if (move.fault === undefined) run.mine(flight)
            else run.fail(flight, move.fault)
          }
        }
        // What was under way ends one way or another.
        for (const flight of flying) run.fail(flight, 'unknown')
        const open = new Map(some(31).map(one => [one.id, one]))
        for (let round = 0; round < 100 && open.size > 0; round++) {
          run.wait(LIMITS.TROUBLE_MS.ordinary.maxMs)
          for (const { flight, ids } of run.look([...open.values()])) {
            run.mine(flight)
            for (const id of ids) open.delete(id)
          }
        }
        expect([...open.keys()]).toEqual([])
        run.look([])
        expect(run.state).toMatchObject({ flights: new Map(), troubles: new Map() })
      })
    )
  })
})
