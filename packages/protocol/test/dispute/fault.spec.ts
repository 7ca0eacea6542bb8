import { expect, it } from 'vitest'
import { testCid } from '../../scripts/vector-files/keys.ts'
import { type BuyerAgreement, COURT_RULES, decideFault, FAULT_MARGIN_SEC, type FaultQuestion } from '../../src/index.ts'
import { NOW } from '../helpers/market.ts'
import { POLICY, QUANTUM } from './standing.ts'

const result = { exitCode: 0, stdout: testCid('stdout'), output: testCid('output') }
const receipt = { body: { kind: 1, issuedAt: NOW, amount: 500n } } as BuyerAgreement['receipts'][number]
const rejected: FaultQuestion['agreement'] = {
  phase: { code: 'rejected', result, stderr: new Uint8Array(0) },
  receipts: [receipt],
  paid: 300n
}
const question: FaultQuestion = {
  agreement: rejected,
  exposed: 10_000n,
  settled: 10_000n,
  hasJury: true,
  stake: 6n * QUANTUM,
  feePerGasWei: 1n,
  nowSec: NOW,
  policy: POLICY
}
const LAST_SEC = NOW + COURT_RULES.faultSec - FAULT_MARGIN_SEC

it.each<[string, Partial<FaultQuestion>, string, bigint?]>([
  ['ticks were paid for a wrong result', {}, 'fault', 300n],
  ['up to the last hour', { nowSec: LAST_SEC }, 'fault', 300n],
  ['too late', { nowSec: LAST_SEC + 1 }, 'forgo late'],
  ['nothing was paid', { agreement: { ...rejected, paid: 0n } }, 'nothing'],
  ['nothing was redeemed', { settled: 0n }, 'nothing'],
  ['the bond covers less', { exposed: 200n }, 'fault', 200n],
  ['no bond', { exposed: 0n }, 'forgo no-bond'],
  ['nobody to judge', { hasJury: false }, 'forgo no-jury'],
  ['too little', { agreement: { ...rejected, paid: 99n } }, 'forgo small'],
  ['too high a stake', { policy: { ...POLICY, stakeMax: 29n } }, 'forgo stake'],
  [
    'the result was right',
    { agreement: { ...rejected, phase: { ...rejected.phase, code: 'paid' } as never } },
    'nothing'
  ]
])('%s', (_, change, expected, lost) => {
  const decision = decideFault({ ...question, ...change })
  expect(decision.type === 'forgo' ? `forgo ${decision.why}` : decision.type).toBe(expected)
  if (decision.type === 'fault') expect(decision).toMatchObject({ lost, receipt })
})
