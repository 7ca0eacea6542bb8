import type { JobProgress, Replica } from '@archipel/client'
import { describe, expect, test } from 'vitest'
import { EMPTY_VIEW, isWorking, type JobView, stepView } from '../../src/cli/progress/view.ts'
import { DIGEST, JOB, PROVIDER, replica } from './progress-fixtures.ts'

const follow = (...events: JobProgress[]): JobView =>
  events.reduce((view, event, i) => stepView(view, event, (i + 1) * 100), EMPTY_VIEW)
const is = (change: Partial<Replica>): JobProgress => ({ type: 'replica', replica: replica(change) })

describe('the view of a job', () => {
  test('goes through its stages', () => {
    const events: JobProgress[] = [
      { type: 'prepared', job: JOB, program: 'bafy', input: undefined },
      { type: 'offers', seen: 6, rejected: {} },
      { type: 'channel', provider: PROVIDER, action: 'open', deposit: 9n },
      { type: 'quorum', digest: DIGEST, votes: 2, replicas: 3 },
      { type: 'fetched', bytes: 12 }
    ]
    const stages = events.map((_, i) => follow(...events.slice(0, i + 1)).stage)
    expect(stages).toEqual(['placing', 'running', 'running', 'agreed', 'agreed'])
    const view = follow(...events)
    expect(view).toMatchObject({ job: JOB, quorum: { votes: 2, replicas: 3 }, fetchedBytes: 12 })
    expect(view.deposits.get(PROVIDER)).toBe(9n)
  })

  test('knows since when each operator is in its state', () => {
    const view = follow(is({ state: 'agreed' }), is({ state: 'running' }), is({ state: 'running', paid: 3n }))
    expect(view.replicas.get(PROVIDER)).toMatchObject({ state: 'running', paid: 3n, startedMs: 100, sinceMs: 200 })
  })

  test('takes an agreement that is paid for a tick for what it is: still running', () => {
    const view = follow(is({ state: 'running' }), is({ state: 'agreed', paid: 3n }))
    expect(view.replicas.get(PROVIDER)).toMatchObject({ state: 'running', paid: 3n })
    expect(follow(is({ state: 'running' }), is({ state: 'failed' })).replicas.get(PROVIDER)!.state).toBe('failed')
  })

  test('tells work from its end', () => {
    const working = (['negotiating', 'agreed', 'queued', 'fetching', 'running'] as const).map(state => ({ state }))
    const ended = (['delivered', 'paid', 'rejected', 'failed'] as const).map(state => ({ state }))
    expect([working.every(isWorking), ended.some(isWorking)]).toEqual([true, false])
  })
})
