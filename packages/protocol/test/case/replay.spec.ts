import { expect, it } from 'vitest'
import {
  type AgreementId,
  type CaseEvent,
  type CaseFacts,
  type ChannelId,
  caseTruth,
  type Hash,
  idOfCase,
  keccak,
  replayCase,
  toHex,
  ZERO_ADDRESS,
  ZERO_HASH
} from '../../src/index.ts'

// That each head is the contract's is held against the real one where a chain runs; here, what is no case at all.

const word = (text: string): Hash => toHex(keccak(new TextEncoder().encode(text)))

const facts: CaseFacts = {
  kind: 'claim',
  plaintiff: `0x${'11'.repeat(20)}`,
  provider: `0x${'22'.repeat(20)}`,
  channel: word('channel') as ChannelId,
  agreement: word('agreement') as AgreementId,
  truth: caseTruth(word('result'), ZERO_HASH, 0),
  amount: 500n,
  alreadyPaid: 0n,
  cumulative: 0n,
  commitment: ZERO_HASH,
  dataRoot: ZERO_HASH,
  dataChunks: 3
}
const id = idOfCase(facts)
const { channel, plaintiff } = facts
const opened: CaseEvent = { id, name: 'CaseOpened', channel, plaintiff, facts, anchor: word('a'), until: 1_000_000 }
const buyer = `0x${'33'.repeat(20)}` as const
const demanded: CaseEvent = {
  id,
  name: 'DataDemanded',
  demander: buyer,
  chunk: 2,
  dataUntil: 900_000,
  until: 1_000_000
}
const answered: CaseEvent = { id, name: 'DataAnswered', chunk: 2, data: new Uint8Array(3) }
const closed: CaseEvent = { id, name: 'CaseClosed', outcome: 'upheld', awarded: 400n, credited: 100n }

it('knows nothing of a case without events', () => {
  expect(replayCase([])).toBeUndefined()
})

it('takes a demand and its answer', () => {
  expect(replayCase([opened, demanded])?.state).toMatchObject({ phase: 'demanded', demands: 1, pot: 7, target: 2 })
  const { state } = replayCase([opened, demanded, answered])!
  expect(state).toMatchObject({ phase: 'open', demands: 1, pot: 6, target: 0, dataUntil: 0, defendant: ZERO_ADDRESS })
})

it('says how a case ended', () => {
  expect(replayCase([opened, closed])).toMatchObject({ outcome: 'upheld', awarded: 400n, credited: 100n })
})

it.each([
  ['without a beginning', [answered]],
  ['that begins twice', [opened, opened]],
  ['that goes on after its end', [opened, closed, answered]],
  ['with an event of another one', [opened, { ...answered, id: word('another') }]],
  ['of another name than its facts give', [{ ...opened, id: word('another') }]]
])('takes no case %s', (_, events) => {
  expect(() => replayCase(events)).toThrow(expect.objectContaining({ code: 'E_CASE_EVENTS' }))
})
