import type { Hash } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import type { PlacedCaseEvent } from '../../src/chain/index.ts'
import { CASE_STEPS_MAX } from '../../src/dispute/limits.ts'
import { hasPending, settlePending } from '../../src/dispute/pending.ts'
import { type DisputeRecord, type DisputeStep, withStep } from '../../src/dispute/record.ts'

const transaction = (digit: string): Hash => `0x${digit.repeat(64)}`
const step = (action: DisputeStep['action'], of?: Hash): DisputeStep => ({
  action,
  atSec: 1,
  transaction: of,
  feeWei: of && 5n,
  stake: 0n
})
const record = (...steps: DisputeStep[]) => ({ steps }) as unknown as DisputeRecord
const event = (name: PlacedCaseEvent['name'], of: Hash) => ({ name, transactionHash: of }) as PlacedCaseEvent

describe('a step that a process did not see the end of', () => {
  it('is found among the events, with what it cost', async () => {
    const claimed = record(step('claim', transaction('1')), step('challenge'))
    expect(hasPending(claimed)).toBe(true)
    const events = [event('CaseOpened', transaction('1')), event('CaseChallenged', transaction('2'))]
    const settled = await settlePending(claimed, events, async () => 7n)
    expect(settled.steps[1]).toMatchObject({ action: 'challenge', transaction: transaction('2'), feeWei: 7n })
    expect(hasPending(settled)).toBe(false)
  })

  it('is not one that somebody else sent, nor one that is known already', async () => {
    const events = [event('SecretsRevealed', transaction('1')), event('SecretsRevealed', transaction('2'))]
    const shown = record(step('showSecret', transaction('1')), step('showSecret'))
    const settled = await settlePending(shown, events, async () => undefined)
    expect(settled.steps).toEqual([step('showSecret', transaction('1'))])
  })

  it('is taken back where the chain has nothing of it', async () => {
    expect((await settlePending(record(step('finalise')), [], async () => 7n)).steps).toEqual([])
    expect((await settlePending(record(step('deposit')), [], async () => 7n)).steps).toEqual([])
    expect(hasPending(record())).toBe(false)
  })
})

it('remembers the newest steps, and no more than there is room for', () => {
  const full = Array.from({ length: CASE_STEPS_MAX }, () => step('pin', transaction('1')))
  const { steps } = withStep(record(...full), step('finalise', transaction('2')))
  expect(steps).toHaveLength(CASE_STEPS_MAX)
  expect(steps.at(-1)?.action).toBe('finalise')
})
