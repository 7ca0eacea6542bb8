import { FAILPOINTS } from '@archipel/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dieAtEach, settle, type Tally } from './campaign.ts'
import { createMoneyWorld, type MoneyWorld } from './world.ts'

/** Half a minute on a machine of its own; some fifty processes start one after another. */
const TIMEOUT_MS = 300_000

let world: MoneyWorld
beforeAll(async () => {
  world = await createMoneyWorld()
})
afterAll(() => world?.stop())

it('loses nothing and pays nothing twice when either side is killed at each stored change of the money path', {
  timeout: TIMEOUT_MS
}, async () => {
  const tally: Tally = { kills: 0, readyMsMax: 0 }
  const ofProvider = [...FAILPOINTS.filter(name => name.startsWith('provider.')), 'transaction.sent']
  // A channel is opened once: its points come first, in the order in which they are reached.
  const ofBuyer = [...FAILPOINTS.filter(name => name.startsWith('buyer.')), 'transaction.sent']
  let isOver = false
  let last: ReturnType<typeof world.startProvider> | undefined
  await Promise.all([
    dieAtEach(ofProvider, world.startProvider, tally).then(() => {
      if (!isOver) last = world.startProvider()
    }),
    dieAtEach(ofBuyer, failpoint => world.startBuyer(100, failpoint), tally).then(async () => {
      // The provider's points are reached by what a buyer does.
      while (last === undefined) {
        const buyer = world.startBuyer(1)
        await buyer.untilGone(90_000)
      }
    })
  ]).finally(() => {
    isOver = true
  })
  await settle(world, tally, last)
  expect(tally.kills).toBe(ofProvider.length + ofBuyer.length)
  console.info(`${tally.kills} kills, the slowest start took ${tally.readyMsMax} ms`)
})
