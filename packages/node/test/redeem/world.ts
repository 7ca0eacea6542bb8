import { type Chain, createStore, type Store } from '@archipel/client'
import { type Address, type ChannelId, CodedError, channelId, type Hash, type Wei } from '@archipel/protocol'
import type { Logger } from '../../src/log.ts'
import { createChannelBooks } from '../../src/payment/channel-books.ts'
import type { OnChain } from '../../src/payment/looks.ts'
import { createReconciler } from '../../src/redeem/reconciler.ts'
import { createRedeemer } from '../../src/redeem/redeemer.ts'
import type { RedeemRules } from '../../src/redeem/state.ts'
import { type ChannelRecord, createProviderRecords } from '../../src/store/records.ts'
import { channelKey } from '../agreement/world.ts'

/** Books on a store in memory beside a chain of a few lines that pays what vouchers say, and fails as told. */

export const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as unknown as Logger
export const CLOSE_AT = 1_800_003_600

export function record(n: number, over: Partial<ChannelRecord> = {}): ChannelRecord {
  const key = over.key ?? channelKey(BigInt(n))
  const id = channelId(key)
  const cumulative = over.cumulative ?? 10n
  return {
    id,
    key,
    deposit: 100n,
    settled: 0n,
    cumulative,
    closeAt: 0,
    dueSince: 1,
    log: { size: 1, peaks: [] } as never,
    voucher: {
      body: { channel: id, cumulative, commitment: `0x${'00'.repeat(32)}` as Hash },
      signature: new Uint8Array(64)
    },
    ...over
  }
}

export interface FakeChain extends Pick<Chain, 'channelState' | 'redeem' | 'redeemMany' | 'gasPrice'> {
  readonly channels: Map<ChannelId, OnChain>
  /** Ids of each transaction that paid. */
  readonly transactions: ChannelId[][]
  readonly reads: ChannelId[]
  readonly paidTo: Map<ChannelId, Wei>
  /** Called before a transaction does anything. */
  onRedeem: (ids: readonly ChannelId[]) => void | Promise<void>
  onRead: (id: ChannelId) => void
}

export function createFakeChain(records: readonly ChannelRecord[]): FakeChain {
  const channels = new Map<ChannelId, OnChain>(
    records.map(({ id, deposit, settled, closeAt }) => [id, { deposit, settled, closeAt }])
  )
  const chain: FakeChain = {
    channels,
    transactions: [],
    reads: [],
    paidTo: new Map(),
    onRedeem: () => {},
    onRead: () => {},
    gasPrice: async () => 10n ** 9n,
    async channelState(id) {
      chain.reads.push(id)
      chain.onRead(id)
      return channels.get(id) ?? { deposit: 0n, settled: 0n, closeAt: 0 }
    },
    redeem: async voucher => send([voucher as never]) as never,
    redeemMany: async vouchers => send(vouchers as never) as never
  }

  async function send(vouchers: readonly { channel: ChannelId; cumulative: Wei }[]) {
    await chain.onRedeem(vouchers.map(({ channel }) => channel))
    let paid = 0n
    const skipped: { id: ChannelId }[] = []
    for (const { channel: id, cumulative } of vouchers) {
      const { deposit, settled, closeAt } = channels.get(id)!
      const payable = cumulative < deposit ? cumulative : deposit
      if (payable <= settled) {
        skipped.push({ id })
        continue
      }
      paid += payable - settled
      chain.paidTo.set(id, (chain.paidTo.get(id) ?? 0n) + payable - settled)
      channels.set(id, { deposit, settled: payable, closeAt })
    }
    if (paid === 0n) throw new CodedError(vouchers.length === 1 ? 'E_VOUCHER_OLD' : 'E_NOTHING_TO_REDEEM', 'nothing')
    chain.transactions.push(vouchers.map(({ channel }) => channel))
    return { hash: '0x', paid, feeWei: 1n, redeemed: [], skipped }
  }
  return chain
}

export interface RedeemWorldInit {
  stored: readonly ChannelRecord[]
  chain?: FakeChain
  rules?: Partial<RedeemRules>
  channelsMax?: number
  intervalMs?: number
  store?: Store
  isPromised?: (id: ChannelId) => boolean
}

export async function createRedeemWorld(init: RedeemWorldInit) {
  const { stored, isPromised = () => false, channelsMax, intervalMs = 5 } = init
  const store = init.store ?? (await createStore({ memory: true }))
  const records = createProviderRecords(store)
  await store.commit(stored.map(each => records.channels.put(each.id, each)))
  const chain = init.chain ?? createFakeChain(stored)
  const books = createChannelBooks({ records, isPromised, channelsMax })
  await books.start()
  const channels = {
    books,
    isPromised,
    due: () =>
      [...books.values()].filter(({ cumulative, settled, deposit }) => cumulative > settled && deposit > settled),
    async refresh(id: ChannelId) {
      const startMs = performance.now()
      return books.see(id, await chain.channelState(id), startMs)
    }
  }
  const rules: RedeemRules = {
    amountMin: 1n,
    ageSecMax: 1,
    coinPrice: undefined,
    feeShareMax: 0.1,
    atStop: 'all',
    ...init.rules
  }
  const nowSec = () => 1_800_000_000
  const redeemer = createRedeemer({ channels, chain, rules, nowSec, log: QUIET, random: () => 0 })
  const reconciler = createReconciler({ channels, records, nowSec, onChange: redeemer.wake, log: QUIET, intervalMs })
  return { store, records, chain, books, channels, redeemer, reconciler }
}

export const down = () => new CodedError('E_RPC_DOWN', 'down')
export const OTHER_PAYEE = `0x${'5'.repeat(40)}` as Address
