import { type Address, issueVoucher, type Offer } from '@archipel/protocol'
import { createChannels } from '../../src/payment/channels.ts'
import type { SpendingLimits } from '../../src/payment/spending/limits.ts'
import { createSpending } from '../../src/payment/spending/spending.ts'
import { createBuyerRecords } from '../../src/records.ts'
import { createHost, NOW, TOKEN } from '../job/host.ts'
import { buyer, createFakeChain, type FakeChain, memoryStore } from '../job/world.ts'

export const offer: Offer = createHost(1).offer.offer.body

export async function setUp({
  chain = createFakeChain(),
  store,
  depositMin = 0n,
  depositJobs = 1,
  limits = {},
  arbiter
}: Partial<Parts> = {}) {
  const records = createBuyerRecords(store ?? (await memoryStore()))
  const policy = { closeDelaySec: 3600, depositMin, depositJobs }
  const spending = createSpending({ records, limits, nowSec: () => NOW })
  const part = { records, payer: buyer.address, token: TOKEN, policy, spending }
  const channels = createChannels({ ...part, arbiter, chain: chain.chain })
  /** Pays `amount` on a channel as the payer does: in memory, then on disk. */
  async function pay(id: Parameters<typeof channels.held>[0], amount: bigint) {
    const due = { receipt: id, amount, agreement: id, sequence: 0 }
    const { channel, voucher } = issueVoucher(channels.held(id), [due])
    channels.hold({ ...channel, voucher: { body: voucher, signature: new Uint8Array(64) } })
    await records.store.commit([records.channels.put(id, channels.held(id))])
  }
  return { records, channels, chain, spending, pay }
}

export interface Parts {
  chain: FakeChain
  store: Awaited<ReturnType<typeof memoryStore>>
  depositMin: bigint
  depositJobs: number
  limits: SpendingLimits
  arbiter: Address
}

/** A promise that is resolved by hand. */
export function gateOf(chain: FakeChain): () => void {
  const { promise, resolve } = Promise.withResolvers<void>()
  chain.gate = promise
  return () => {
    chain.gate = undefined
    resolve()
  }
}
