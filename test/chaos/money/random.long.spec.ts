import { FAILPOINTS } from '@archipel/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { noteStart, settle, type Tally } from './campaign.ts'
import type { Victim } from './victim.ts'
import { createMoneyWorld, type MoneyWorld } from './world.ts'

/** `ARCHIPEL_KILLS` and `ARCHIPEL_SEED` repeat a run or shorten it, `ARCHIPEL_EPOCH` has everything compared more often. */
const KILLS = Number(process.env.ARCHIPEL_KILLS ?? 1_000)
const SEED = Number(process.env.ARCHIPEL_SEED ?? Date.now() % 2 ** 31)
/** Everything is compared to the last unit after so many. */
const KILLS_PER_EPOCH = Number(process.env.ARCHIPEL_EPOCH ?? 40)
/** Latest moment after its start at which a process is killed: about half of them are in the middle of something then. */
const LIFE_MS_MAX = 3_000
const HOUR_MS = 3_600_000

let world: MoneyWorld
beforeAll(async () => {
  world = await createMoneyWorld()
})
afterAll(() => world?.stop())

it(`loses nothing and pays nothing twice over ${KILLS} kills at random moments (seed ${SEED})`, {
  timeout: HOUR_MS
}, async () => {
  const random = createRandom(SEED)
  const tally: Tally = { kills: 0, readyMsMax: 0 }
  while (tally.kills < KILLS) {
    const until = Math.min(KILLS, tally.kills + KILLS_PER_EPOCH)
    const isOver = () => tally.kills >= until
    const failpointsOf = (side: string) =>
      FAILPOINTS.filter(name => name.startsWith(side) || name === 'transaction.sent')
    await Promise.all([
      killAgain(world.startProvider, failpointsOf('provider.'), isOver, random, tally),
      killAgain(failpoint => world.startBuyer(1_000, failpoint), failpointsOf('buyer.'), isOver, random, tally)
    ])
    await settle(world, tally)
    console.info(`${tally.kills} kills, the slowest start took ${tally.readyMsMax} ms`)
  }
  expect(tally.kills).toBeGreaterThanOrEqual(KILLS)
})

/** Starts a process and kills it, over and over: at a failpoint if it comes to that, else after a random time. */
async function killAgain(
  start: (failpoint: string) => Victim,
  failpoints: readonly string[],
  isOver: () => boolean,
  random: () => number,
  tally: Tally
): Promise<void> {
  while (!isOver()) {
    const failpoint = failpoints[Math.floor(random() * failpoints.length)]!
    const victim = start(random() < 0.5 ? `${failpoint}:${1 + Math.floor(random() * 3)}` : '')
    await victim.untilGone(random() * LIFE_MS_MAX).catch(() => {})
    await victim.kill()
    // One that ended by itself, with an error, would be counted as a kill that was survived.
    expect({ ...victim.end, complaints: victim.end?.signal === null ? victim.complaints : '' }).toEqual({
      code: null,
      signal: 'SIGKILL',
      complaints: ''
    })
    noteStart(tally, victim)
    tally.kills++
  }
}

/** The same numbers for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
