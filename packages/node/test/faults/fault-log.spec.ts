import type { FaultRecord } from '@archipel/client'
import { type Address, CodedError } from '@archipel/protocol'
import { expect, test } from 'vitest'
import { createFaultLog } from '../../src/faults/fault-log.ts'
import type { Logger } from '../../src/log.ts'

const ME: Address = `0x${'aa'.repeat(20)}`
const CHEAT: Address = `0x${'cc'.repeat(20)}`
const TRANSACTION = `0x${'22'.repeat(32)}` as const

const found: FaultRecord = {
  id: `0x${'11'.repeat(32)}`,
  proof: { kind: 'receipts', key: CHEAT } as FaultRecord['proof'],
  foundAt: 1,
  changedAt: 1,
  punished: false,
  compensated: 0n,
  slashes: [],
  wastedWei: 0n
}

function setUp() {
  const lines: [level: string, facts: object, message: string][] = []
  const write = (level: string) => (facts: object, message: string) => void lines.push([level, facts, message])
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  return { lines, log: createFaultLog(log as unknown as Logger, ME) }
}

test('an operator is told what was found, what was done, what it cost and what it brought', () => {
  const { lines, log } = setUp()
  log.onChange!(found)
  log.onChange!({ ...found, passed: 'dear' })
  const slash = { transaction: TRANSACTION, harmed: ME, reporter: ME, paidHarmed: 0n, paidReporter: 7n, burned: 63n }
  log.onChange!({ ...found, punished: true, slashes: [{ ...slash, feeWei: 5n }] })
  const facts = { fault: found.id, provider: CHEAT, statements: 'receipts' }
  expect(lines).toEqual([
    ['info', { ...facts, state: 'found', why: undefined }, 'a provider contradicted itself'],
    ['info', { ...facts, state: 'not-worth', why: 'dear' }, 'a provider contradicted itself'],
    [
      'info',
      {
        ...facts,
        state: 'reported',
        why: undefined,
        reward: 7n,
        compensation: 0n,
        feeWei: 5n,
        transaction: TRANSACTION
      },
      'reported a provider'
    ]
  ])
})

test('a key of its own that others sign with is an error, and a chain that does not answer is none', () => {
  const { lines, log } = setUp()
  log.onOwnKey!({ proof: found.proof })
  log.onError(new CodedError('E_RPC_DOWN', 'nobody answers'))
  expect(lines).toMatchObject([
    ['error', { statements: 'receipts' }, expect.stringMatching(/^this node's own key signed two/)],
    ['warn', { code: 'E_RPC_DOWN' }, expect.stringMatching(/tried again$/)]
  ])
})
