import { type Address, type Harm, ZERO_ADDRESS } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { balanceOf, type FaultRecord, owedOf, type SlashRecord, stateOf } from '../../src/faults/fault.ts'
import { COIN_PRICE_GUESS, type FaultFacts, feePerGasMax, isWorth, judge } from '../../src/faults/judge.ts'

const ME: Address = `0x${'aa'.repeat(20)}`
const OTHER: Address = `0x${'bb'.repeat(20)}`
const OWNER: Address = `0x${'cc'.repeat(20)}`
const COIN = 10n ** 18n

const harmOf = (payer: Address, priceMax = 40n) => ({ bid: { priceMax }, channel: { payer } }) as unknown as Harm

function faultOf(changes: Partial<FaultRecord> = {}): FaultRecord {
  const proof = { kind: 'offers' } as FaultRecord['proof']
  const none = { punished: false, compensated: 0n, slashes: [], wastedWei: 0n }
  return { id: `0x${'11'.repeat(32)}`, proof, foundAt: 1, changedAt: 1, ...none, ...changes }
}

const facts = (changes: Partial<FaultFacts> = {}): FaultFacts => ({
  owner: OWNER,
  amount: 1000n,
  exposed: 800n,
  punished: false,
  compensated: 0n,
  ...changes
})

describe('what there is to do about a fault', () => {
  it.each<[what: string, fault: Partial<FaultRecord>, facts: Partial<FaultFacts>, expected: object]>([
    ['nothing while nobody answers for the key', {}, { owner: undefined }, { type: 'pass', why: 'unbacked' }],
    ['nothing while nothing can be taken', {}, { amount: 800n }, { type: 'pass', why: 'empty' }],
    ['a report that brings the reporter its share', {}, {}, { type: 'report', gain: 10n }],
    ['the same from what is left', {}, { exposed: 990n }, { type: 'report', gain: 1n }],
    ['a report that pays us first', { harm: harmOf(ME) }, {}, { type: 'report', gain: 50n }],
    ["a report whose compensation is somebody else's", { harm: harmOf(OTHER) }, {}, { type: 'report', gain: 10n }],
    ['nothing once it was punished', {}, { punished: true }, { type: 'over' }],
    [
      'what is owed to us, when somebody was faster',
      { harm: harmOf(ME) },
      { punished: true },
      { type: 'report', gain: 40n }
    ],
    [
      'the rest of it, once the bond has grown',
      { harm: harmOf(ME) },
      { punished: true, compensated: 15n },
      { type: 'report', gain: 25n }
    ],
    ['nothing once all is paid', { harm: harmOf(ME) }, { punished: true, compensated: 40n }, { type: 'over' }],
    [
      'nothing where there is nothing left',
      { harm: harmOf(ME) },
      { punished: true, amount: 800n },
      { type: 'pass', why: 'empty' }
    ]
  ])('is %s', (_what, fault, given, expected) => {
    expect(judge(faultOf(fault), facts(given), ME, {})).toEqual(expected)
  })

  it('is nothing for whoever wants to report nothing', () => {
    expect(judge(faultOf(), facts(), ME, { report: 'never' })).toEqual({ type: 'pass', why: 'off' })
    expect(judge(faultOf(), facts({ owner: undefined }), ME, { report: 'never' })).toMatchObject({ why: 'unbacked' })
  })
})

describe('what a report may cost', () => {
  it('is less than it brings', () => {
    const rules = { coinPrice: 2n * COIN }
    expect(isWorth(21n, 10n, rules)).toBe(true)
    expect(isWorth(20n, 10n, rules)).toBe(false)
    expect(isWorth(0n, 10n, { ...rules, report: 'always' })).toBe(true)
    expect(isWorth(0n, 0n, rules)).toBe(false)
  })

  it('is weighed by a guess where nobody says what a coin is worth', () => {
    expect(isWorth(COIN_PRICE_GUESS / COIN, 1n, {})).toBe(false)
    expect(isWorth(COIN_PRICE_GUESS / COIN + 1n, 1n, {})).toBe(true)
  })

  it('stays less when fees rise meanwhile', () => {
    const rules = { coinPrice: 2n * COIN }
    const most = feePerGasMax(2_000_000n, 100_000n, rules)!
    expect(most).toBe(10n)
    expect(isWorth(2_000_001n, most * 100_000n, rules)).toBe(true)
    expect(feePerGasMax(1n, 1n, { report: 'always' })).toBeUndefined()
    expect(feePerGasMax(1n, 1n, { coinPrice: 0n })).toBeUndefined()
  })
})

describe('the state of a fault', () => {
  const slash = (changes: Partial<SlashRecord> = {}): SlashRecord => ({
    transaction: `0x${'22'.repeat(32)}`,
    harmed: ZERO_ADDRESS,
    reporter: ME,
    paidHarmed: 0n,
    paidReporter: 0n,
    burned: 1n,
    ...changes
  })

  it.each<[state: string, changes: Partial<FaultRecord>]>([
    ['found', {}],
    ['not-worth', { passed: 'dear' }],
    ['punished', { punished: true, slashes: [slash({ reporter: OTHER })] }],
    ['reported', { punished: true, slashes: [slash()] }],
    ['compensated', { punished: true, compensated: 40n, harm: harmOf(ME), slashes: [slash({ reporter: OTHER })] }],
    ['reported', { punished: true, compensated: 39n, harm: harmOf(ME), slashes: [slash()] }]
  ])('is %s', (state, changes) => {
    expect(stateOf(faultOf(changes), ME)).toBe(state)
  })

  it('says what is owed, what it brought and what it cost', () => {
    const fault = faultOf({
      harm: harmOf(ME),
      compensated: 30n,
      wastedWei: 5n,
      slashes: [
        slash({ paidReporter: 7n, feeWei: 100n }),
        slash({ reporter: OTHER, harmed: ME, paidHarmed: 20n, paidReporter: 3n }),
        slash({ harmed: ME, paidHarmed: 10n, feeWei: 50n })
      ]
    })
    expect(owedOf(fault)).toBe(10n)
    expect(balanceOf(fault, ME)).toEqual({ compensation: 30n, reward: 7n, feeWei: 155n })
    expect(balanceOf(fault, OTHER)).toEqual({ compensation: 0n, reward: 3n, feeWei: 5n })
  })
})
