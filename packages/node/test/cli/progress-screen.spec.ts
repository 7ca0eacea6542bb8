import type { JobProgress } from '@archipel/client'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createProgress } from '../../src/cli/progress/progress.ts'
import { drawScreen } from '../../src/cli/progress/screen.ts'
import { EMPTY_VIEW, stepView } from '../../src/cli/progress/view.ts'
import { DIGEST, JOB, OTHER, PROVIDER, replica } from './progress-fixtures.ts'

const is = (change: Parameters<typeof replica>[0]): JobProgress => ({ type: 'replica', replica: replica(change) })
const init = { columns: 80, rows: 24, symbol: 'tUSD', style: (_: unknown, text: string) => text, nowMs: 4200 }
const viewOf = (...events: JobProgress[]) => events.reduce((view, event) => stepView(view, event, 0), EMPTY_VIEW)

describe('the picture of a job', () => {
  test('has a line for its stage and one for each operator', () => {
    const view = viewOf(
      { type: 'prepared', job: JOB, program: 'bafy', input: undefined },
      { type: 'offers', seen: 6, rejected: {} },
      is({}),
      is({ provider: OTHER, region: 'us', state: 'paid', digest: DIGEST, runMs: 5000, paid: 10n ** 13n })
    )
    expect(drawScreen(view, init)).toEqual([
      'job 0x10101010… · running',
      '  eu-west  0xa1a1a1a1…  running       4.2 s  at most 0.0002 tUSD',
      '  us       0xb2b2b2b2…  paid          5.0 s  0xd1d1d1d1…  paid 0.00001 tUSD'
    ])
  })

  test('never has a line wider than the terminal, nor a word of a stranger that commands it', () => {
    const failure = { code: 'E_HOSTILE', fault: 'host', message: `\u001b[2J\u202e${'x'.repeat(500)}` }
    const view = viewOf(
      is({ region: `\u001b[31m${'r'.repeat(90)}` }),
      is({ provider: OTHER, state: 'failed', failure })
    )
    for (const columns of [1, 10, 40, 79, 200]) {
      const lines = drawScreen(view, { ...init, columns })
      for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns)
      for (const char of ['\u001b', '\u202e']) expect(lines.join('')).not.toContain(char)
    }
  })

  test('of more operators than the terminal has lines shows those at work', () => {
    const events = Array.from({ length: 30 }, (_, i): JobProgress => {
      const state = i < 25 ? 'failed' : 'running'
      return is({ provider: `0x${String(i).padStart(40, '0')}`, state })
    })
    const lines = drawScreen(viewOf(...events), { ...init, rows: 10 })
    expect(lines.length).toBeLessThanOrEqual(10)
    expect(lines.filter(line => line.includes('running'))).toHaveLength(5)
    expect(lines.at(-1)).toBe('  and 24 more')
  })
})

describe('progress on a terminal', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('is redrawn in place, and left as it is at the end', () => {
    const writes: string[] = []
    const stderr = { columns: 80, rows: 24, write: (text: string) => writes.push(text) > 0 }
    const note = () => expect.unreachable('lines are for where nobody watches')
    const progress = createProgress({
      ...init,
      output: { isAnimated: true, note },
      stderr: stderr as never,
      nowMs: () => Date.now()
    })
    progress.onProgress(is({}))
    const drawn = writes.length
    vi.advanceTimersByTime(1000)
    expect(writes.length).toBeGreaterThan(drawn)
    // Two lines up, each line anew, and nothing left of what was below.
    expect(writes.at(-1)).toBe(
      '\u001b[2A\rjob · reading program and input\u001b[K\n  eu-west  0xa1a1a1a1…  running       1.0 s  at most 0.0002 tUSD\u001b[K\n\u001b[J'
    )
    progress.stop()
    progress.stop()
    const last = writes.length
    progress.onProgress(is({ state: 'paid' }))
    vi.advanceTimersByTime(1000)
    expect(writes).toHaveLength(last)
    expect(progress.view.replicas.get(PROVIDER)!.state).toBe('paid')
  })
})
