import type { ChannelId } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { costOf, GAS_BASE, GAS_PER_CHANNEL } from '../../src/redeem/economy.ts'
import {
  BATCH_MAX,
  type Candidate,
  FLIGHTS_MAX,
  LIMITS,
  type RedeemFault,
  type RedeemRules
} from '../../src/redeem/state.ts'
import { COIN, candidate, GWEI, machine, NOW_SEC, some } from './machine.ts'

describe('what is due', () => {
  it.each<[string, Partial<Candidate>, boolean]>([
    ['below the amount and fresh', { payable: 99n }, false],
    ['the amount', { payable: 100n }, true],
    ['below the amount and a second too young', { payable: 1n, dueSince: NOW_SEC - 3599 }, false],
    ['old enough, however small', { payable: 1n, dueSince: NOW_SEC - 3600 }, true],
    ['of unknown age, as after a payment was taken back', { payable: 1n, dueSince: 0 }, true],
    ['small, fresh, and its channel is closing', { payable: 1n, closeAt: NOW_SEC + 9999 }, true]
  ])('%s', (_, over, isDue) => {
    expect(machine().look([candidate(1, over)])).toHaveLength(isDue ? 1 : 0)
  })
})

describe('costs', () => {
  // One coin is 2,000 tokens of 18 decimals.
  const weighing = { coinPrice: 2000n * COIN, amountMin: 1n }
  const feePerGasWei = 10n * GWEI
  const cost = costOf(1, feePerGasWei, { coinPrice: weighing.coinPrice, feeShareMax: 0.1 })

  it('are gas times its price times the price of the coin', () => {
    expect(cost).toBe((GAS_BASE + GAS_PER_CHANNEL) * feePerGasWei * 2000n)
  })

  it.each<[string, Partial<Candidate>, bigint | undefined, boolean]>([
    ['ten times the cost is worth it', { payable: cost * 10n }, feePerGasWei, true],
    ['a unit less is not', { payable: cost * 10n - 1n }, feePerGasWei, false],
    ['not even when it is old', { payable: cost * 10n - 1n, dueSince: 1 }, feePerGasWei, false],
    ['it waits while nobody knows the price of gas', { payable: cost * 1000n }, undefined, false],
    ['a closing channel is redeemed at any cost', { payable: 1n, closeAt: NOW_SEC + 1 }, feePerGasWei, true],
    ['also where the price is not known', { payable: 1n, closeAt: NOW_SEC + 1 }, undefined, true]
  ])('%s', (_, over, fee, isSent) => {
    expect(machine(weighing).look([candidate(1, over)], fee)).toHaveLength(isSent ? 1 : 0)
  })

  it('bound what may be offered for gas, so that rising fees eat no more than the share', () => {
    const [sent] = machine(weighing).look([candidate(1, { payable: cost * 20n })], feePerGasWei)
    expect(sent).toMatchObject({ feePerGasMaxWei: feePerGasWei * 2n })
    const [urgent] = machine(weighing).look([candidate(1, { closeAt: NOW_SEC + 1 })], feePerGasWei)
    expect(urgent).toMatchObject({ feePerGasMaxWei: undefined })
    expect(machine().look([candidate(1)])).toMatchObject([{ feePerGasMaxWei: undefined }])
  })

  it('are shared: many small ones are worth it together', () => {
    const marginal = GAS_PER_CHANNEL * feePerGasWei * 2000n
    const each = marginal * 11n
    expect(machine(weighing).look([candidate(1, { payable: each })], feePerGasWei)).toEqual([])
    expect(machine(weighing).look(some(50, { payable: each }), feePerGasWei)).toMatchObject([{ ids: { length: 50 } }])
  })

  it('take along what is not due and pays for itself, and leave what does not', () => {
    const marginal = GAS_PER_CHANNEL * feePerGasWei * 2000n
    const due = candidate(1, { payable: cost * 100n })
    const rider = candidate(2, { payable: marginal * 10n })
    const dust = candidate(3, { payable: marginal * 10n - 1n })
    const [sent] = machine({ ...weighing, amountMin: cost * 100n }).look([dust, rider, due], feePerGasWei)
    expect(sent).toMatchObject({ ids: [due.id, rider.id] })
  })

  it.each<[RedeemRules['atStop'], number]>([
    ['all', 2],
    ['worthwhile', 1],
    ['nothing', 0]
  ])('at the end, by policy: %s', (atStop, count) => {
    const run = machine({ ...weighing, atStop, amountMin: 10n ** 30n })
    const both = [candidate(1, { payable: 1n }), candidate(2, { payable: cost * 10n })]
    expect(run.look(both, feePerGasWei)).toEqual([])
    run.apply({ type: 'stopping' })
    expect(run.look(both, feePerGasWei).flatMap(({ ids }) => ids)).toHaveLength(count)
  })
})

describe('money that time runs out for', () => {
  const closing = candidate(500, { closeAt: NOW_SEC + 60, payable: 1n })

  it('goes apart and first, the earliest close before the others', () => {
    const sooner = candidate(501, { closeAt: NOW_SEC + 30, parties: 'b' })
    expect(machine().look([candidate(1), closing, sooner])).toMatchObject([
      { lane: 'urgent', ids: [sooner.id] },
      { lane: 'urgent', ids: [closing.id] },
      { lane: 'ordinary', ids: ['0x1'] }
    ])
  })

  it.each<RedeemFault>(['chain', 'fee', 'unknown', 'batch', 'nothing'])(
    'does not wait for an ordinary batch that failed (%s)',
    fault => {
      const run = machine()
      const [ordinary] = run.look(some(10))
      run.fail(ordinary!.flight, fault)
      expect(run.look([...some(10), closing])[0]).toMatchObject({ lane: 'urgent', ids: [closing.id] })
    }
  )

  it('does not wait for ordinary transactions that are not mined, not even for its own', () => {
    const run = machine()
    const many = [
      ...some(3, { parties: 'a' }),
      ...some(3, { parties: 'b' }).map(one => ({ ...one, id: `${one.id}b` as ChannelId }))
    ]
    expect(run.look(many)).toHaveLength(FLIGHTS_MAX.ordinary)
    expect(run.look(many)).toEqual([])
    const now = many.map((one, n) => (n === 0 ? { ...one, closeAt: NOW_SEC + 60 } : one))
    expect(run.look(now)).toMatchObject([{ lane: 'urgent', ids: [many[0]!.id] }])
    expect(run.look(now)).toEqual([])
  })

  it('does not wait out the pause that its channel had before its close was asked for', () => {
    const run = machine()
    for (let n = 0; n < 20; n++) {
      const [sent] = run.look([candidate(1)])
      if (sent !== undefined) run.fail(sent.flight, 'batch')
      run.wait(LIMITS.TROUBLE_MS.ordinary.maxMs)
    }
    const [last] = run.look([candidate(1)])
    run.fail(last!.flight, 'batch')
    run.wait(LIMITS.TROUBLE_MS.urgent.maxMs)
    expect(run.look([candidate(1)])).toEqual([])
    expect(run.look([candidate(1, { closeAt: NOW_SEC + 60 })])).toMatchObject([{ lane: 'urgent' }])
  })

  it('is tried again within seconds, however often it fails', () => {
    const run = machine()
    for (let n = 0; n < 30; n++) {
      const [sent] = run.look([closing])
      expect(sent).toMatchObject({ lane: 'urgent' })
      run.fail(sent!.flight, n % 2 === 0 ? 'chain' : 'batch')
      run.wait(LIMITS.TROUBLE_MS.urgent.maxMs)
    }
  })
})

describe('a batch', () => {
  it('has one token, payee and arbiter, and no more channels than a transaction takes', () => {
    const sent = machine().look([...some(BATCH_MAX + 1), candidate(9999, { parties: 'b', payable: 10n ** 9n })])
    expect(sent.map(({ ids }) => ids.length)).toEqual([1, BATCH_MAX])
  })

  it('that fails is split until the bad channel is alone, and all others are paid', () => {
    const run = machine()
    const all = some(BATCH_MAX)
    const bad = all[77]!.id
    const paid = new Set<ChannelId>()
    let attempts = 0
    for (let round = 0; round < 40 && paid.size < BATCH_MAX - 1; round++) {
      for (const { flight, ids } of run.look(all.filter(({ id }) => !paid.has(id)))) {
        attempts++
        if (ids.includes(bad)) run.fail(flight, 'batch')
        else {
          run.mine(flight)
          for (const id of ids) paid.add(id)
        }
      }
    }
    expect(paid.size).toBe(BATCH_MAX - 1)
    // One failure and one success for each halving.
    expect(attempts).toBeLessThanOrEqual(2 * Math.log2(BATCH_MAX) + 2)
    expect(run.look(all.filter(({ id }) => id === bad))).toEqual([])
    run.wait(LIMITS.TROUBLE_MS.ordinary.minMs * 2)
    expect(run.look(all.filter(({ id }) => id === bad))).toMatchObject([{ ids: [bad] }])
  })

  it('that was mined is read, and what it skipped is left alone for longer than what it paid', () => {
    const run = machine()
    const [sent] = run.look(some(3))
    expect(run.mine(sent!.flight, ['0x1' as ChannelId])).toEqual([{ type: 'read', ids: sent!.ids }])
    expect(run.state.figures).toEqual({ transactions: 1, paid: 100n, feeWei: 7n, failures: 0 })
    // An endpoint that is behind still shows them unpaid.
    expect(run.look(some(3))).toEqual([])
    run.wait(LIMITS.COOL_MS)
    expect(run.look(some(3)).flatMap(({ ids }) => ids)).toContain('0x0')
    expect(run.state.troubles.get('0x1' as ChannelId)).toMatchObject({ failures: 1, companyMax: 1 })
  })

  it('whose fate is unknown is read and sent again, not counted', () => {
    const run = machine()
    const [sent] = run.look(some(2))
    expect(run.fail(sent!.flight, 'unknown')).toEqual([{ type: 'read', ids: sent!.ids }])
    expect(run.state.figures).toMatchObject({ transactions: 0, paid: 0n, failures: 1 })
    run.wait(LIMITS.TROUBLE_MS.ordinary.minMs)
    expect(run.look(some(2))).toMatchObject([{ ids: { length: 2 } }])
  })
})

describe('a chain that does not take transactions', () => {
  it.each<RedeemFault>(['chain', 'fee'])('is asked ever less often (%s), and blames no channel', fault => {
    const run = machine()
    const pauses: number[] = []
    for (let n = 0; n < 12; n++) {
      const [sent] = run.look(some(5))
      expect(sent).toMatchObject({ ids: { length: 5 } })
      run.fail(sent!.flight, fault)
      const pauseMs = run.state.pauses.ordinary.untilMs - (pauses.length === 0 ? 0 : pauses.reduce((a, b) => a + b))
      pauses.push(pauseMs)
      run.wait(pauseMs - 1)
      expect(run.look(some(5))).toEqual([])
      run.wait(1)
    }
    expect(pauses.slice(0, 4)).toEqual([1000, 2000, 4000, 8000])
    expect(pauses.at(-1)).toBe(LIMITS.PAUSE_MS.ordinary.maxMs)
    expect(run.state.troubles.size).toBe(0)
    const [sent] = run.look(some(5))
    run.mine(sent!.flight)
    expect(run.state.pauses.ordinary).toEqual({ failures: 0, untilMs: 0 })
  })

  it('gets one more attempt when the node stops, and no endless ones', () => {
    const run = machine()
    run.fail(run.look(some(5))[0]!.flight, 'chain')
    expect(run.look(some(5))).toEqual([])
    run.apply({ type: 'stopping' })
    const [last] = run.look(some(5))
    run.fail(last!.flight, 'chain')
    expect(run.look(some(5))).toEqual([])
  })
})

describe('news of a flight that is over', () => {
  it('changes nothing', () => {
    const run = machine()
    const [sent] = run.look(some(1))
    run.mine(sent!.flight)
    const { state } = run
    expect(run.mine(sent!.flight)).toEqual([])
    expect(run.fail(sent!.flight, 'batch')).toEqual([])
    expect(run.state).toBe(state)
  })
})
