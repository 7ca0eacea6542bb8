import { channelId, type Offer } from '@archipel/protocol'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createChannels } from '../../src/payment/channels.ts'
import { createReconciler } from '../../src/payment/reconciler.ts'
import { createSpending } from '../../src/payment/spending/spending.ts'
import { createBuyerRecords } from '../../src/records.ts'
import { devSigner } from '../chain/anvil.ts'
import { CLOSE_DELAY_SEC, type Market, startMarket, TOKEN } from '../chain/fixture.ts'
import { createHost } from '../job/host.ts'
import { memoryStore } from '../job/world.ts'

let market: Market
beforeAll(async () => {
  market = await startMarket()
})
afterAll(() => market?.anvil.stop())

/** A buyer's process with records of its own. */
async function createProcess() {
  const records = createBuyerRecords(await memoryStore())
  const nowSec = () => Math.floor(Date.now() / 1000)
  const spending = createSpending({ records, limits: {}, nowSec })
  const policy = { closeDelaySec: CLOSE_DELAY_SEC, depositMin: 0n, depositJobs: 1 }
  const place = { records, chain: market.alice, payer: market.aliceSigner.address }
  const channels = createChannels({ ...place, token: market.alice.token, policy, spending })
  return { channels, reconciler: createReconciler({ ...place, channels, nowSec, deployedAt: 0, onError: () => {} }) }
}

it('a buyer that lost its records gets its money back from the chain alone', async () => {
  const { alice, bob, anvil } = market
  const offer: Offer = { ...createHost(1).offer.offer.body, token: alice.token, owner: bob.address! }
  await alice.deposit(10n * TOKEN)
  const first = await createProcess()
  const { channel } = await first.channels.reserve(offer, 4n * TOKEN)
  const { reconciler } = await createProcess()
  expect((await reconciler.run()).found).toEqual([channel.id])
  expect(await reconciler.all()).toMatchObject([{ id: channel.id, deposit: 4n * TOKEN, provider: undefined }])
  await reconciler.exit([channel.id])
  expect((await reconciler.run()).requested).toMatchObject([{ id: channel.id }])
  expect(await reconciler.run()).toMatchObject({ closed: [], failed: [] })
  await anvil.request('evm_increaseTime', [CLOSE_DELAY_SEC])
  await anvil.request('evm_mine')
  expect((await reconciler.run()).closed).toMatchObject([{ id: channel.id, refunded: 4n * TOKEN }])
  expect(await alice.escrowBalance(alice.address!)).toBe(10n * TOKEN)
  // The first process learns of it, too, and does not promise anything on it.
  expect((await first.reconciler.run()).changed).toEqual([channel.id])
  first.channels.release(channel.id, 4n * TOKEN)
  expect((await first.channels.reserve(offer, TOKEN)).channel.deposit).toBe(TOKEN)
})

it('channels of other payers are not found', async () => {
  const { as, bobSigner, bob, alice } = market
  const own = await bob.channelsOpenedFor(bobSigner.address, { fromBlock: 0 })
  expect(own).toEqual([])
  expect(await as().channelsOpenedFor(alice.address!, { fromBlock: 0 })).toHaveLength(2)
})

it('a channel that a dispute holds is closed once it lets go', async () => {
  const { alice, anvil, keyTo, hold, nowSec } = market
  const arbiter = devSigner(3).address
  const key = { ...keyTo(arbiter, 77n), arbiter }
  await alice.openChannel(key, TOKEN)
  const id = channelId(key)
  const { reconciler } = await createProcess()
  await reconciler.run()
  await reconciler.exit([id])
  expect((await reconciler.run()).requested).toMatchObject([{ id }])
  const until = (await nowSec()) + 2 * CLOSE_DELAY_SEC
  await hold(key, arbiter, until)
  const pass = async (seconds: number) => {
    await anvil.request('evm_increaseTime', [seconds])
    await anvil.request('evm_mine')
    return reconciler.run()
  }
  expect(await pass(CLOSE_DELAY_SEC)).toMatchObject({ closed: [], held: [{ id, until }], failed: [] })
  expect(await pass(CLOSE_DELAY_SEC)).toMatchObject({ closed: [{ id, refunded: TOKEN }], held: [], failed: [] })
})
