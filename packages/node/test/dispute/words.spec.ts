import { describe, expect, test } from 'vitest'
import { aboutText, endText, ifNobodyActs, nextText } from '../../src/dispute/words.ts'

const WHOLE = 10n ** 18n
const told = { amount: WHOLE / 2n, counterparty: '0x00000000000000000000000000000000000000b0' } as const
const ended = { atSec: 1, atBlock: 1, awarded: WHOLE, credited: 2n * WHOLE }

describe('a case in words', () => {
  test.for([
    ['claim', 'plaintiff', /buyer 0x0.*b0 owes 0\.5 tokens and is silent/],
    ['claim', 'defendant', /provider 0x0.*b0 claims 0\.5 tokens/],
    ['fault', 'plaintiff', /was paid for a wrong result.*0\.5 tokens of its bond/],
    ['fault', 'defendant', /calls a result of this node wrong/]
  ] as const)('%s of the %s says whose money it is', ([kind, side, text]) => {
    expect(aboutText({ ...told, kind, side })).toMatch(text)
  })

  test.for([
    ['claim', 'plaintiff', 'upheld', 'won: the channel pays 1 tokens'],
    ['claim', 'defendant', 'upheld', 'lost: the channel pays 1 tokens'],
    ['fault', 'defendant', 'upheld', 'lost: the bond pays 1 tokens'],
    ['claim', 'plaintiff', 'failed', 'lost: nothing is paid, and the stake is gone'],
    ['claim', 'plaintiff', 'paid', 'paid by vouchers meanwhile: 2 tokens'],
    ['claim', 'defendant', 'rebutted', 'won: it was paid before'],
    ['claim', 'plaintiff', 'split', 'undecided: nothing is paid, and the stakes are halved'],
    ['fault', 'plaintiff', 'dropped', 'given up before it was opened']
  ] as const)('%s of the %s that is %s ends as what it was', ([kind, side, outcome, text]) => {
    expect(endText({ kind, side, end: { ...ended, outcome } })).toBe(text)
  })

  test('says what is missing, and until when', () => {
    const next = { type: 'wait', what: 'stake', untilSec: 1_900_000_000, missing: 6n * WHOLE } as const
    expect(nextText({ next })).toBe(
      'tokens for the stake are needed in the wallet until 2030-03-17T17:46:40Z: 6 tokens'
    )
  })

  test('knows what follows from each phase by itself', () => {
    const phases = ['opening', 'open', 'demanded', 'drawing', 'voting', 'ruled', 'upheld']
    const texts = phases.map(phase => ifNobodyActs(phase, 'claim'))
    expect(new Set(texts).size).toBe(phases.length)
  })
})
