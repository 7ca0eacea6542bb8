/**
 * A buyer in a process of its own, to be killed at any moment: `node buyer-process.ts '<json of BuyerOrders>'`. Takes up
 * what earlier processes left, then runs rounds of small jobs.
 */
import { createNodeClient } from '@archipel/client/node'
import { fromHex, isCodedError } from '@archipel/protocol'
import { jobOf } from '../../fixtures/jobs.ts'
import { countDown, LOOP_FOREVER, NOOP } from '../../fixtures/programs.ts'
import { type BuyerOrders, readOrders, tell } from './orders.ts'

/** One that ends at once, one with ticks, and one whose program burns all of its fuel. */
const JOBS = [{ program: NOOP }, { program: countDown(700), durationSec: 20 }, { program: LOOP_FOREVER, fuel: 2e9 }]
const RETRY_MS = 100

const { descriptor, privateKey, dataDir, rounds } = readOrders<BuyerOrders>()
const client = await createNodeClient({
  descriptor,
  privateKey: fromHex(privateKey),
  dataDir,
  // Exactly what is needed is put on a channel, so that it is topped up again and again.
  channelPolicy: { depositMin: 0n, depositJobs: 1 },
  lostAfterMs: 60_000
})
await client.start()
tell({ type: 'ready' })

const codeOf = (err: unknown): string => (isCodedError(err) ? err.code : String(err))
const outcomeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', codeOf)

// Those that succeeded, too: an earlier process may not have paid for all of it.
const left = (await client.jobs()).filter(({ state }) => state !== 'failed').slice(0, 16)
await Promise.all(left.map(({ id }) => outcomeOf(client.resumeJob(id))))
for (let round = 0; round < rounds; ) {
  const specs = JOBS.map(special => jobOf({ ...special, deadline: Math.floor(Date.now() / 1000) + 60 }))
  const outcomes = await Promise.all(specs.map(spec => outcomeOf(client.runJob(spec))))
  tell({ type: 'round', outcomes })
  // The provider may be away just now.
  if (outcomes[0] === 'done') round++
  else await new Promise(resolve => setTimeout(resolve, RETRY_MS))
}
await client.stop()
process.exit(0)
