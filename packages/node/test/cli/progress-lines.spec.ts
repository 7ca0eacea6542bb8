import type { JobProgress } from '@archipel/client'
import { describe, expect, test } from 'vitest'
import { createProgress } from '../../src/cli/progress/progress.ts'
import { DIGEST, JOB, OTHER, PROVIDER, replica } from './progress-fixtures.ts'

/** What somebody reads who is no terminal. */
function linesOf(...events: JobProgress[]): string[] {
  const lines: string[] = []
  const output = { isAnimated: false, note: (text: string) => void lines.push(text) }
  const stderr = {
    columns: 80,
    rows: 24,
    write(): boolean {
      throw new Error('only notes are written where nobody watches')
    }
  }
  const progress = createProgress({ output, stderr, style: (_, text) => text, symbol: 'tUSD' })
  for (const event of events) progress.onProgress(event)
  progress.stop()
  return lines
}

const is = (change: Parameters<typeof replica>[0]): JobProgress => ({ type: 'replica', replica: replica(change) })

describe('progress where nobody watches', () => {
  test('is a line for each change, and none where nothing changed', () => {
    const name = `eu-west ${PROVIDER}`
    const lines = linesOf(
      { type: 'prepared', job: JOB, program: 'bafyprogram', input: 'bafyinput' },
      { type: 'offers', seen: 6, rejected: {} },
      is({ state: 'negotiating' }),
      { type: 'channel', provider: PROVIDER, action: 'open', deposit: 10n ** 15n },
      { type: 'channel', provider: OTHER, action: 'reuse', deposit: 10n ** 15n },
      is({ state: 'agreed' }),
      is({ state: 'running' }),
      is({ state: 'running' }),
      is({ state: 'agreed', paid: 10n ** 13n }),
      is({ state: 'delivered', digest: DIGEST, runMs: 5400, paid: 10n ** 13n }),
      { type: 'quorum', digest: DIGEST, votes: 2, replicas: 3 },
      is({ state: 'paid', digest: DIGEST, runMs: 5400, paid: 3n * 10n ** 13n })
    )
    expect(lines).toEqual([
      `job ${JOB} prepared: program bafyprogram, input bafyinput`,
      `${name}: negotiating`,
      `channel to ${PROVIDER} opened: 0.001 tUSD`,
      `${name}: agreed, at most 0.0002 tUSD`,
      `${name}: running`,
      `${name}: paid 0.00001 tUSD so far`,
      `${name}: delivered ${DIGEST} after running 5.4 s`,
      `2 of 3 replicas agree on ${DIGEST}`,
      `${name}: paid 0.00003 tUSD`
    ])
  })

  test('says why an operator failed or was not believed, and who took its place', () => {
    const failure = { code: 'E_PROVIDER_LOST', fault: 'host', message: 'the provider cannot be reached' }
    expect(
      linesOf(
        is({ state: 'failed', failure }),
        { type: 'replaced', lost: PROVIDER, by: OTHER },
        is({ provider: OTHER, state: 'rejected', digest: DIGEST })
      )
    ).toEqual([
      `eu-west ${PROVIDER}: failed: E_PROVIDER_LOST: the provider cannot be reached`,
      `${PROVIDER} is replaced by ${OTHER}`,
      `eu-west ${OTHER}: rejected: its result 0xd1d1d1d1…, or what it asks for it, is not what the others say`
    ])
  })
})
