import { join } from 'node:path'
import { type BuyerRecords, createBuyerRecords, createStore, readSpending } from '@archipel/client'
import {
  acknowledgedSize,
  appendLeaf,
  type BuyerAgreement,
  type BuyerChannel,
  type ChannelId,
  commitmentOf,
  createSigningDomain,
  digestOf,
  EMPTY_LOG,
  leafHash,
  type ProviderAgreement,
  receiptType,
  type Wei
} from '@archipel/protocol'
import { expect } from 'vitest'
import { type ChannelRecord, createProviderRecords } from '../../../packages/node/src/store/records.ts'
import type { MoneyWorld } from './world.ts'

interface Books {
  readonly buyer: {
    readonly channels: BuyerChannel[]
    readonly agreements: BuyerAgreement[]
    readonly leaves: Leaves
    /** What counts against the limits of a day, in which all of this happened. */
    readonly spent: Wei
  }
  readonly provider: { readonly channels: ChannelRecord[]; readonly agreements: ProviderAgreement[] }
}
type Leaves = ReadonlyMap<ChannelId, Awaited<ReturnType<BuyerRecords['leaves']['get']>>[]>

/** Reads both sides' stores. Neither process may be running. */
export async function readBooks({ buyerDir, providerDir }: MoneyWorld): Promise<Books> {
  const buyerStore = await createStore({ location: join(buyerDir, 'store') })
  const providerStore = await createStore({ location: join(providerDir, 'store') })
  try {
    const buyer = createBuyerRecords(buyerStore)
    const provider = createProviderRecords(providerStore)
    const channels = await Array.fromAsync(buyer.channels.iterate(), ([, channel]) => channel)
    const leaves = new Map<ChannelId, Awaited<ReturnType<BuyerRecords['leaves']['get']>>[]>()
    for (const { id, log } of channels) {
      leaves.set(
        id,
        await Promise.all(Array.from({ length: log.size }, (_, at) => buyer.leaves.get(buyer.leafKey(id, at))))
      )
    }
    return {
      buyer: {
        channels,
        leaves,
        spent: (await readSpending(buyer, {}, Math.floor(Date.now() / 1000))).spent,
        agreements: await Array.fromAsync(buyer.agreements.iterate(), ([, agreement]) => agreement)
      },
      provider: {
        channels: await Array.fromAsync(provider.channels.iterate(), ([, channel]) => channel),
        agreements: await Array.fromAsync(provider.agreements.iterate(), ([, agreement]) => agreement)
      }
    }
  } finally {
    await Promise.all([buyerStore.close(), providerStore.close()])
  }
}

/** True at any moment: no acknowledged voucher is lost, nothing is paid twice, no receipt is signed twice. */
export function expectSound({ network }: MoneyWorld, { buyer, provider }: Books): void {
  const domain = createSigningDomain(network.descriptor.chainId, network.descriptor.escrow)
  const digest = (receipt: Parameters<typeof digestOf>[2]) => digestOf(domain, receiptType, receipt as never)
  for (const channel of buyer.channels) {
    const theirs = provider.channels.find(({ id }) => id === channel.id)
    // What the provider acknowledged, it has.
    expect(theirs?.log.size ?? 0).toBeGreaterThanOrEqual(acknowledgedSize(channel))
    expect(theirs?.log.size ?? 0).toBeLessThanOrEqual(channel.log.size)
    const leaves = buyer.leaves.get(channel.id) ?? []
    // Every receipt once, and the voucher is the sum of all.
    expect(new Set(leaves.map(leaf => `${leaf!.agreement}/${leaf!.sequence}`)).size).toBe(leaves.length)
    expect(leaves.at(-1)?.cumulative ?? 0n).toBe(channel.cumulative)
    const log = leaves.reduce((sum, leaf) => appendLeaf(sum, leafHash(leaf!.receipt, leaf!.cumulative)), EMPTY_LOG)
    expect(commitmentOf(log)).toBe(commitmentOf(channel.log))
    const own = buyer.agreements.filter(agreement => agreement.channel === channel.id)
    expect(own.reduce((sum, { paid }) => sum + paid, 0n)).toBe(channel.cumulative)
    expect(channel.cumulative).toBeLessThanOrEqual(channel.deposit)
  }
  // Limits count what the stored agreements may still cost: no crash made them forget any, or count any twice.
  expect(buyer.spent).toBeGreaterThanOrEqual(sum(buyer.agreements.map(leastCost)))
  expect(buyer.spent).toBeLessThanOrEqual(sum(buyer.agreements.map(mostCost)))
  for (const agreement of buyer.agreements) {
    const theirs = provider.agreements.find(({ id }) => id === agreement.id)
    // A receipt that the buyer has is the one that the provider has stored: none is ever signed with other figures.
    for (const { body } of agreement.receipts)
      expect(digest(body)).toBe(digest(theirs!.receipts[body.sequence] as never))
    expect(agreement.paid).toBeLessThanOrEqual(agreement.bid.body.priceMax)
  }
}

/** A result that nobody will decide upon draws nothing more. */
function leastCost({ phase, bid, paid }: BuyerAgreement): Wei {
  return phase.code === 'agreed' ? bid.body.priceMax : paid
}

/** A tick that came before a failure may be on its way to being paid. */
function mostCost({ phase, bid, paid, receipts }: BuyerAgreement): Wei {
  const isOpen = phase.code === 'agreed' || phase.code === 'delivered'
  return isOpen ? bid.body.priceMax : phase.code === 'paid' ? paid : (receipts.at(-1)?.body.amount ?? 0n)
}

function sum(amounts: readonly Wei[]): Wei {
  return amounts.reduce((total, amount) => total + amount, 0n)
}

/** True once all is settled: both sides and the chain agree to the last unit. */
export async function expectSettled(world: MoneyWorld, { buyer, provider }: Books): Promise<void> {
  const { network } = world
  const { chain, descriptor } = network
  let locked = 0n
  let earned = 0n
  for (const { id, cumulative, log, unacknowledged } of buyer.channels) {
    const { deposit, settled } = await chain.channelState(id)
    const theirs = provider.channels.find(channel => channel.id === id)
    expect({ id, settled, vouchered: theirs?.cumulative ?? 0n }).toEqual({
      id,
      settled: cumulative,
      vouchered: cumulative
    })
    // A payment of nothing may be on its way still, as for a final receipt that charges no more than the last tick did.
    const missing = log.size - (theirs?.log.size ?? 0)
    if (missing > 0) expect(unacknowledged.length).toBeGreaterThanOrEqual(missing)
    else if (theirs !== undefined) expect(commitmentOf(theirs.log)).toBe(commitmentOf(log))
    locked += deposit - settled
    earned += settled
  }
  for (const agreement of provider.agreements) {
    const theirs = buyer.agreements.find(({ id }) => id === agreement.id)
    expect(agreement.paid).toBe(theirs?.paid)
  }
  const balance = async (account: typeof world.owner): Promise<Wei> => chain.escrowBalance(account)
  expect(await balance(world.owner)).toBe(earned)
  const liabilities = await chain.liabilities()
  const others = await balance(network.devnet.status().buyer!)
  expect((await balance(world.buyer)) + others + earned + locked).toBe(liabilities)
  expect(await chain.tokenBalance(descriptor.escrow)).toBe(liabilities)
}

/** What the chain and the buyer's books say of one moment, while the provider runs: true when all is redeemed. */
export async function isRedeemed({ network }: MoneyWorld, channels: readonly BuyerChannel[]): Promise<boolean> {
  const settled = await Promise.all(channels.map(async ({ id }) => (await network.chain.channelState(id)).settled))
  return channels.every(({ cumulative }, n) => settled[n] === cumulative)
}

/** What each side and the chain say of every channel that is not paid out to the last unit. */
export async function describeOpen({ network }: MoneyWorld, { buyer, provider }: Books): Promise<string> {
  const open: object[] = []
  for (const channel of buyer.channels) {
    const state = await network.chain.channelState(channel.id)
    if (state.settled === channel.cumulative) continue
    const { unacknowledged } = channel
    const theirs = provider.channels.find(({ id }) => id === channel.id)
    const agreements = new Set(unacknowledged.map(({ agreement }) => agreement))
    open.push({
      id: channel.id,
      chain: state,
      buyer: { ...figuresOf(channel), deposit: channel.deposit, unacknowledged },
      provider: theirs && { ...figuresOf(theirs), deposit: theirs.deposit, settled: theirs.settled },
      unpaid: buyer.agreements
        .filter(({ id }) => agreements.has(id))
        .map(({ id, job, phase, receipts, paidReceipts }) => ({
          id,
          job,
          phase: phase.code,
          receipts: receipts.length,
          paidReceipts,
          theirs: provider.agreements.find(agreement => agreement.id === id)?.phase.code
        }))
    })
  }
  return JSON.stringify(open, (_, value) => (typeof value === 'bigint' ? String(value) : value), 2)
}

function figuresOf({ cumulative, log, voucher }: BuyerChannel | ChannelRecord) {
  return { cumulative, receipts: log.size, voucher: voucher?.body.cumulative }
}
