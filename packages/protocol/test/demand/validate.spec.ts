import { describe, expect, it } from 'vitest'
import {
  ARG_BYTES_MAX,
  ARGS_MAX,
  ARGV_BYTES_MAX,
  CID_BYTES_MAX,
  CLOCK_SKEW_SEC_MAX,
  DEADLINE_AHEAD_SEC_MAX,
  DURATION_SEC_MAX,
  decode,
  demandType,
  digestOf,
  ENV_MAX,
  encode,
  FUEL_PER_SEC_MAX,
  LABEL_BYTES_MAX,
  NEGOTIATE_FRAME_BYTES_MAX,
  signedDemandType,
  validateDemand
} from '../../src/index.ts'
import { codeOf, expectCode } from '../helpers/check.ts'
import { checks, demandOf, domain, NOW, provider } from '../helpers/market.ts'

type Changes = Parameters<typeof demandOf>[0]

const resources = { cpuMillis: 1, memoryBytes: 1, diskBytes: 0 }
const farthest = NOW + DEADLINE_AHEAD_SEC_MAX + CLOCK_SKEW_SEC_MAX
/** As many bytes of arguments as there may be, and one environment entry. */
const fullArgs = Array.from({ length: ARGV_BYTES_MAX / 1024 }, (_, i) => 'x'.repeat(i === 0 ? 1021 : 1024))

it('gives the digest of the demand', () => {
  const demand = demandOf()
  expect(validateDemand(demand, checks)).toBe(digestOf(domain, demandType, demand.body))
})

describe('takes', () => {
  it.each<[string, Changes]>([
    ['a deadline in a second', { deadline: NOW + 1 }],
    ['the farthest deadline', { deadline: farthest }],
    ['the shortest job', { durationSec: 1 }],
    ['the longest job', { durationSec: DURATION_SEC_MAX }],
    ['a bound of fuel', { fuel: 1 }],
    ['as much fuel as can be burnt in the time', { fuel: FUEL_PER_SEC_MAX, durationSec: 1 }],
    ['no bound of fuel: by time', { fuel: 0 }],
    ['the lowest ceiling', { priceMax: 1n }],
    ['the smallest need', { resources }],
    ['no arguments, environment and input', { workload: { args: [], env: [], input: new Uint8Array(0) } }],
    ['an empty value', { workload: { env: ['A='] } }],
    ['a value with =', { workload: { env: ['A=b=c'] } }],
    ['as many bytes of arguments as there may be', { workload: { args: fullArgs, env: ['A=b'] } }],
    ['as many arguments as there may be', { workload: { args: Array.from({ length: ARGS_MAX }, () => 'x') } }],
    ['as many variables as there may be', { workload: { env: Array.from({ length: ENV_MAX }, (_, i) => `A${i}=`) } }],
    ['the longest argument', { workload: { args: ['x'.repeat(ARG_BYTES_MAX)] } }]
  ])('%s', (_, changes) => {
    const demand = demandOf(changes)
    expect(codeOf(() => validateDemand(demand, checks))).toBeUndefined()
    expect(decode(signedDemandType, encode(signedDemandType, demand))).toEqual(demand)
  })
})

describe('refuses', () => {
  it.each<[string, string, Changes]>([
    ['E_DEMAND_LATE', 'a deadline now', { deadline: NOW }],
    ['E_DEMAND_LATE', 'no deadline', { deadline: 0 }],
    ['E_DEMAND_ABSURD', 'more fuel than can be burnt', { fuel: FUEL_PER_SEC_MAX + 1, durationSec: 1 }],
    ['E_DEMAND_ABSURD', 'fuel of an image', { fuel: 1, workload: { runtime: 'oci' } }],
    ['E_DEMAND_ABSURD', 'a deadline too far ahead', { deadline: farthest + 1 }],
    ['E_DEMAND_ABSURD', 'no duration', { durationSec: 0 }],
    ['E_DEMAND_ABSURD', 'a job too long', { durationSec: DURATION_SEC_MAX + 1 }],
    ['E_DEMAND_ABSURD', 'a ceiling of nothing', { priceMax: 0n }],
    ['E_DEMAND_ABSURD', 'no cpu', { resources: { ...resources, cpuMillis: 0 } }],
    ['E_DEMAND_ABSURD', 'no memory', { resources: { ...resources, memoryBytes: 0 } }],
    ['E_DEMAND_ABSURD', 'no program', { workload: { program: new Uint8Array(0) } }],
    ['E_DEMAND_ABSURD', 'a variable without a value', { workload: { env: ['A'] } }],
    ['E_DEMAND_ABSURD', 'a variable without a name', { workload: { env: ['=b'] } }],
    ['E_DEMAND_ABSURD', 'an empty variable', { workload: { env: [''] } }],
    ['E_DEMAND_ABSURD', 'a NUL in an argument', { workload: { args: ['a\0b'] } }],
    ['E_DEMAND_ABSURD', 'a NUL in a variable', { workload: { env: ['A=\0'] } }],
    ['E_DEMAND_ABSURD', 'a byte of arguments too many', { workload: { args: [...fullArgs, 'x'], env: ['A=b'] } }],
    ['E_BAD_SIGNATURE', 'a demand in the name of another', { buyer: provider.address }]
  ])('%s: %s', (code, _, changes) => {
    expectCode(() => validateDemand(demandOf(changes), checks), code)
  })

  it('counts arguments in bytes, not characters', () => {
    const args = ['é'.repeat(ARG_BYTES_MAX / 2), 'é'.repeat(ARG_BYTES_MAX / 2), 'é']
    expectCode(() => validateDemand(demandOf({ workload: { args, env: [] } }), checks), 'E_DEMAND_ABSURD')
  })

  it('a demand signed by another key or changed afterwards', () => {
    expectCode(() => validateDemand(demandOf({}, provider), checks), 'E_BAD_SIGNATURE')
    const { body, signature } = demandOf()
    expectCode(() => validateDemand({ body: { ...body, priceMax: 1n }, signature }, checks), 'E_BAD_SIGNATURE')
  })

  it.each<[string, NonNullable<Changes>['workload']]>([
    ['an argument more', { args: Array.from({ length: ARGS_MAX + 1 }, () => '') }],
    ['a variable more', { env: Array.from({ length: ENV_MAX + 1 }, () => 'A=') }],
    ['a longer argument', { args: ['x'.repeat(ARG_BYTES_MAX + 1)] }],
    ['a longer variable', { env: [`A=${'x'.repeat(ARG_BYTES_MAX - 1)}`] }],
    ['a longer program id', { program: new Uint8Array(CID_BYTES_MAX + 1) }],
    ['a longer input id', { input: new Uint8Array(CID_BYTES_MAX + 1) }],
    ['a longer runtime', { runtime: 'x'.repeat(LABEL_BYTES_MAX + 1) }]
  ])('to hash or send %s', (_, workload) => {
    expectCode(() => demandOf({ workload }), 'E_MALFORMED')
  })
})

it('fits a frame ten times over, however large it is', () => {
  // Short arguments cost most: each has a length of its own.
  const args = Array.from({ length: ARGS_MAX }, () => 'x'.repeat(48))
  const env = Array.from({ length: ENV_MAX }, () => 'A='.padEnd(64, 'x'))
  const demand = demandOf({ workload: { args, env, runtime: 'x'.repeat(LABEL_BYTES_MAX) } })
  expect(codeOf(() => validateDemand(demand, checks))).toBeUndefined()
  expect(10 * encode(signedDemandType, demand).length).toBeLessThan(NEGOTIATE_FRAME_BYTES_MAX)
})
