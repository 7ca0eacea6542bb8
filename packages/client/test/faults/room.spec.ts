import type { Address, Harm } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import type { Evidence, FaultRecord } from '../../src/faults/fault.ts'
import { FAULTS_MAX, FAULTS_PER_HOUR_MAX, FAULTS_PER_KEY_MAX } from '../../src/faults/limits.ts'
import { roomFor } from '../../src/faults/room.ts'

const NOW = 1_000_000

const keyOf = (n: number): Address => `0x${n.toString(16).padStart(40, '0')}`
const HARM = { bid: { priceMax: 5n } } as unknown as Harm

const evidenceOf = (key: number, harm?: Harm): Evidence => {
  const proof = { kind: 'receipts', key: keyOf(key) } as Evidence['proof']
  return { proof, ...(harm === undefined ? {} : { harm }) }
}

function recordOf(key: number, changes: Partial<FaultRecord> = {}): FaultRecord {
  const none = { punished: false, compensated: 0n, slashes: [], wastedWei: 0n }
  return { ...evidenceOf(key), id: `0x${'0'.repeat(64)}`, foundAt: 1, changedAt: 1, ...none, ...changes }
}

const open = (count: number) => Array.from({ length: count }, (_, i) => recordOf(1000 + i))
const instead = (evidence: Evidence, records: readonly FaultRecord[]) => {
  const room = roomFor(evidence, records, NOW)
  return room.type === 'full' ? 'full' : room.instead
}

describe('room for evidence', () => {
  it('is there up to the bound, and then only in the place of what is idle', () => {
    expect(instead(evidenceOf(1), open(FAULTS_MAX - 1))).toBeUndefined()
    expect(instead(evidenceOf(1), open(FAULTS_MAX))).toBe('full')
    const [old, older] = [recordOf(2, { punished: true, foundAt: 9 }), recordOf(3, { passed: 'unbacked', foundAt: 8 })]
    expect(instead(evidenceOf(1), [...open(FAULTS_MAX - 2), old, older])).toBe(older)
    for (const passed of ['dear', 'off'] as const) {
      expect(instead(evidenceOf(1), [...open(FAULTS_MAX - 1), recordOf(2, { passed })])).toBe('full')
    }
  })

  it('is bounded for each key, and idle ones of that key make it', () => {
    const ofKey = (count: number) => Array.from({ length: count }, () => recordOf(1))
    expect(instead(evidenceOf(1), ofKey(FAULTS_PER_KEY_MAX - 1))).toBeUndefined()
    expect(instead(evidenceOf(1), ofKey(FAULTS_PER_KEY_MAX))).toBe('full')
    expect(instead(evidenceOf(2), ofKey(FAULTS_PER_KEY_MAX))).toBeUndefined()
    const idle = recordOf(1, { passed: 'empty' })
    expect(instead(evidenceOf(1), [...ofKey(FAULTS_PER_KEY_MAX - 1), idle])).toBe(idle)
  })

  it('is bounded for each hour, but for what we were harmed by', () => {
    const late = (count: number) => Array.from({ length: count }, (_, i) => recordOf(i, { foundAt: NOW - 3599 }))
    expect(instead(evidenceOf(1000), late(FAULTS_PER_HOUR_MAX - 1))).toBeUndefined()
    expect(instead(evidenceOf(1000), late(FAULTS_PER_HOUR_MAX))).toBe('full')
    expect(instead(evidenceOf(1000, HARM), late(FAULTS_PER_HOUR_MAX))).toBeUndefined()
    const past = Array.from({ length: FAULTS_PER_HOUR_MAX }, (_, i) => recordOf(i, { foundAt: NOW - 3600 }))
    expect(instead(evidenceOf(1000), past)).toBeUndefined()
  })

  it('is always there for what we were harmed by, in the place of what strangers did to each other', () => {
    const records = open(FAULTS_MAX)
    expect(instead(evidenceOf(1, HARM), records)).toBe(records[0])
    expect(
      instead(
        evidenceOf(1, HARM),
        Array.from({ length: FAULTS_PER_KEY_MAX }, () => recordOf(1))
      )
    ).toBeUndefined()
  })

  it('is not made by what is owed to us, until it is paid', () => {
    const owed = Array.from({ length: FAULTS_MAX }, () => recordOf(1, { harm: HARM, punished: true }))
    expect(instead(evidenceOf(2), owed)).toBe('full')
    expect(instead(evidenceOf(2, HARM), owed)).toBe('full')
    const paid = recordOf(1, { harm: HARM, punished: true, compensated: 5n })
    expect(instead(evidenceOf(2), [...owed.slice(1), paid])).toBe(paid)
  })
})
