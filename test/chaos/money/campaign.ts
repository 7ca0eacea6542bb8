import { join } from 'node:path'
import { createBuyerRecords, createStore } from '@archipel/client'
import type { BuyerChannel } from '@archipel/protocol'
import { expect } from 'vitest'
import { waitFor } from '../../fixtures/wait-for.ts'
import { describeOpen, expectSettled, expectSound, isRedeemed, readBooks } from './check-books.ts'
import type { Victim } from './victim.ts'
import type { MoneyWorld } from './world.ts'

/** Most time that a process may take from its start to being ready. */
export const READY_MS_MAX = 10_000
const SETTLE_TIMEOUT_MS = 90_000
/** Longest that a failpoint may take to be reached. */
const REACH_TIMEOUT_MS = 90_000

export interface Tally {
  kills: number
  /** Slowest start of any process. */
  readyMsMax: number
}

export function noteStart(tally: Tally, { readyMs }: Victim): void {
  if (readyMs === undefined) return
  expect(readyMs).toBeLessThan(READY_MS_MAX)
  tally.readyMsMax = Math.max(tally.readyMsMax, Math.round(readyMs))
}

/** Starts a process once for each failpoint; each time it has to end itself there. The last start has none. */
export async function dieAtEach(
  failpoints: readonly string[],
  start: (failpoint: string) => Victim,
  tally: Tally
): Promise<void> {
  for (const failpoint of failpoints) {
    const victim = start(failpoint)
    await victim.untilGone(REACH_TIMEOUT_MS)
    noteStart(tally, victim)
    expect({ failpoint, ...victim.end, complaints: victim.end?.signal === null ? victim.complaints : '' }).toEqual({
      failpoint,
      code: null,
      signal: 'SIGKILL',
      complaints: ''
    })
    tally.kills++
  }
}

/** Lets both sides do what is left to do, with nobody's help; then everything has to be right, to the last unit. */
export async function settle(world: MoneyWorld, tally: Tally, running?: Victim): Promise<void> {
  const provider = running ?? world.startProvider()
  const buyer = world.startBuyer(1)
  try {
    await buyer.untilGone(SETTLE_TIMEOUT_MS)
    expect({ ...buyer.end, complaints: buyer.complaints }).toMatchObject({ code: 0 })
    noteStart(tally, buyer)
    const channels = await channelsOf(world)
    const stuck = await waitFor(() => isRedeemed(world, channels), {
      timeoutMs: SETTLE_TIMEOUT_MS,
      what: () => `every voucher to be redeemed: ${provider.complaints}`
    }).catch((err: Error) => err)
    await provider.kill('SIGTERM')
    noteStart(tally, provider)
    const books = await readBooks(world)
    // Also where it was waited in vain: whether something is lost, or only late.
    expectSound(world, books)
    if (stuck instanceof Error) throw new Error(await describeOpen(world, books), { cause: stuck })
    await expectSettled(world, books)
  } finally {
    await Promise.all([buyer.kill(), provider.kill()])
  }
}

async function channelsOf({ buyerDir }: MoneyWorld): Promise<BuyerChannel[]> {
  const store = await createStore({ location: join(buyerDir, 'store') })
  try {
    return await Array.fromAsync(createBuyerRecords(store).channels.iterate(), ([, channel]) => channel)
  } finally {
    await store.close()
  }
}
