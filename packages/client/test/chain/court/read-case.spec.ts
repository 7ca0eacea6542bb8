import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCourt } from '../../../src/chain/index.ts'
import { CASE_READS_MAX } from '../../../src/chain/limits.ts'
import { startEndpoint } from '../rpc/fake-endpoint.ts'
import { type CourtWorld, startCourtWorld, word } from './court-fixture.ts'

describe('reading a case', () => {
  let world: CourtWorld
  let id: ReturnType<typeof word>
  beforeAll(async () => {
    world = await startCourtWorld()
    const job = await world.job(1n)
    id = (await world.contest(await world.claim(job), job.key)).id
  })
  afterAll(() => world.anvil.stop())

  /** Reads through an endpoint that leaves out the newest event of a case for the first `times`. */
  async function readBehind(times: number, from = 0) {
    let left = times
    let reads = 0
    const endpoint = await startEndpoint(async ({ method, params }) => {
      const result = await world.anvil.request(method, params)
      if (method !== 'eth_getLogs') return { result }
      reads++
      return { result: left-- > 0 ? (result as unknown[]).slice(0, -1) : result }
    })
    const court = createCourt({ rpcUrls: [endpoint.url], chainId: world.anvil.chainId, ...world.place })
    try {
      return { story: await court.readCase(id, { fromBlock: from }), reads }
    } finally {
      await endpoint.stop()
    }
  }

  it('is done again while it is not what the court remembers', async () => {
    const { story, reads } = await readBehind(CASE_READS_MAX - 1)
    expect(story?.state.phase).toBe('drawing')
    expect(reads).toBe(CASE_READS_MAX)
  })

  it('is given up where events are kept back', async () => {
    await expect(readBehind(CASE_READS_MAX)).rejects.toMatchObject({ code: 'E_CASE_UNREAD', facts: { id } })
  })

  it('needs the block that it was opened in', async () => {
    const head = await world.chain().blockNumber()
    await expect(readBehind(0, head)).rejects.toMatchObject({ code: 'E_CASE_EVENTS' })
    await expect(readBehind(0, head + 1)).rejects.toMatchObject({ code: 'E_CASE_UNREAD' })
  })

  it('finds nothing where there is no case', async () => {
    expect(await world.court().readCase(word('no case'), { fromBlock: 0 })).toBeUndefined()
  })
})
