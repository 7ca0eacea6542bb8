import { type ChannelId, channelId, type Hash } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CourtEvent, type CourtFilter, createChainWatcher } from '../../../src/chain/index.ts'
import { WATCH_CHANNELS_BY_NAME_MAX } from '../../../src/chain/limits.ts'
import { type CourtWorld, type Job, startCourtWorld, word } from './court-fixture.ts'

describe('watching the court', () => {
  let world: CourtWorld
  let jobs: Job[]
  let ids: Hash[]
  beforeAll(async () => {
    world = await startCourtWorld()
    jobs = [await world.job(1n), await world.job(2n)]
    const [first, second] = [await world.claim(jobs[0]!), await world.claim(jobs[1]!)]
    await world.contest(second, jobs[1]!.key)
    ids = [first.id, second.id]
  })
  afterAll(() => world.anvil.stop())

  async function watch(filter?: CourtFilter): Promise<CourtEvent[]> {
    const events: CourtEvent[] = []
    const onBatch = ({ added }: { added: readonly { event: CourtEvent }[] }) =>
      void events.push(...added.map(({ event }) => event))
    await createChainWatcher({ source: world.court().source, from: 0, filter, onBatch }).look()
    return events
  }
  const of = async (...wanted: readonly Hash[]) => {
    const all = await world.court().courtEvents({ fromBlock: 0 })
    return all.filter(event => 'id' in event && wanted.includes(event.id))
  }

  it('tells everything, stakes and seats too', async () => {
    const all = await world.court().courtEvents({ fromBlock: 0 })
    expect(await watch()).toEqual(all)
    expect(new Set(all.map(({ name }) => name))).toEqual(
      new Set(['Deposited', 'SeatsTaken', 'CaseOpened', 'CaseChallenged'])
    )
  })

  it('tells of the cases on some channels, and of those known by name', async () => {
    const second = await of(ids[1]!)
    expect(second.map(({ name }) => name)).toEqual(['CaseOpened', 'CaseChallenged'])
    expect(await watch({ channels: [channelId(jobs[1]!.key)] })).toEqual(second)
    expect(await watch({ channels: () => [channelId(jobs[1]!.key)] })).toEqual(second)
    expect(await watch({ cases: [ids[0]!] })).toEqual(await of(ids[0]!))
    const both = { channels: [channelId(jobs[0]!.key)], cases: () => [ids[1]!, ids[0]!] }
    expect(await watch(both)).toEqual(await of(...ids))
    expect(await watch({})).toEqual([])
  })

  it('tells of the same where there are too many to name', async () => {
    const strangers = Array.from({ length: WATCH_CHANNELS_BY_NAME_MAX }, (_, i) => word(`stranger ${i}`))
    const channels = [...strangers, channelId(jobs[1]!.key)] as ChannelId[]
    expect(await watch({ channels })).toEqual(await of(ids[1]!))
    expect(await watch({ cases: [...strangers, ids[0]!] })).toEqual(await of(ids[0]!))
  })
})
