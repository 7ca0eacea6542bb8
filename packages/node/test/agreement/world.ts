import { type Chain, createStore, type SigningContext, type Store } from '@archipel/client'
import { createNativeSigner, recoverNative } from '@archipel/client/node'
import {
  type Address,
  type AgreementId,
  agreementType,
  bidType,
  type ChannelKey,
  channelId,
  commitmentOf,
  createSigningDomain,
  type Demand,
  demandType,
  digestOf,
  EMPTY_LOG,
  encodeMeta,
  type Hash,
  type Paid,
  type Payment,
  type Prices,
  type ProviderAgreement,
  payDues,
  type Receipt,
  receiptType,
  type SignedDemand,
  sign,
  type ToBuyer,
  type ToProvider,
  voucherType,
  ZERO_ADDRESS
} from '@archipel/protocol'
import { type Credit, createCredit } from '../../src/agreement/credit.ts'
import { createProviderEngine, type ProviderEngine } from '../../src/agreement/engine.ts'
import { createNegotiator } from '../../src/agreement/negotiator.ts'
import { createOpenBids } from '../../src/agreement/open-bids.ts'
import { createCapacity } from '../../src/execution/capacity.ts'
import { createProviderChannels, type ProviderChannels } from '../../src/payment/channels.ts'
import { reservationOf } from '../../src/payment/reservations.ts'
import type { ProviderConfig } from '../../src/provider.ts'
import { createProviderRecords, type ProviderRecords } from '../../src/store/records.ts'

/** The provider's side of agreements and payments on a store in memory, with what lies around it within reach. */

export const address = (digit: string) => `0x${digit.repeat(40)}` as Address
export const OWNER = address('9')
export const TOKEN = address('8')
export const PRICE = 100n
export const domain = createSigningDomain(31337, address('e'))
export const buyer = createNativeSigner(new Uint8Array(32).fill(7))
const host = createNativeSigner(new Uint8Array(32).fill(9))
const RESOURCES = { cpuMillis: 8000, memoryBytes: 2 ** 33, diskBytes: 2 ** 33 }

export const RESULT = { exitCode: 0, stdout: new Uint8Array(36), output: new Uint8Array(36) }
export const DONE = {
  type: 'finished',
  usage: { runMs: 5, memoryBytes: 1, outputBytes: 1, fuel: 0 },
  result: RESULT,
  stderr: new Uint8Array(0)
} as const

export function channelKey(salt = 0n, payer: Address = buyer.address): ChannelKey {
  const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: 3600, salt })
  return { payer, payee: OWNER, token: TOKEN, arbiter: ZERO_ADDRESS, meta }
}

export interface WorldInit {
  store?: Store
  clock?: { nowSec: number }
  /** What the chain answers. */
  channelState?: Chain['channelState']
  deposit?: bigint
  diskIsFull?: boolean
  prices?: Prices
  unpaidMax?: bigint
  /** The network's; none if left out. */
  court?: Address
}

export interface World {
  readonly store: Store
  readonly clock: { nowSec: number }
  readonly records: ProviderRecords
  readonly channels: ProviderChannels
  readonly credit: Credit
  readonly engine: ProviderEngine
  /** What agreements asked the world to do. */
  readonly told: string[]
  readonly receipts: Receipt[]
  say(message: ToProvider, from?: Address): Promise<ToBuyer | undefined>
  /** Demand, Bid, Agreement. @returns the agreement's id, or the code of the refusal */
  agree(demand: SignedDemand, key?: ChannelKey): Promise<string>
  demand(n: number, over?: Partial<Demand>): SignedDemand
  state(id: string): ProviderAgreement
}

export async function createWorld(init: WorldInit = {}): Promise<World> {
  const store = init.store ?? (await createStore({ memory: true }))
  const clock = init.clock ?? { nowSec: 1_800_000_000 }
  const nowSec = () => clock.nowSec
  const records = createProviderRecords(store)
  const signing: SigningContext = { domain, signer: host, recover: recoverNative, nowSec }
  const deposit = init.deposit ?? 10_000n
  const chain = {
    channelState: init.channelState ?? (async () => ({ deposit, settled: 0n, closeAt: 0 }))
  } as unknown as Chain
  let engine: ProviderEngine
  const channels = createProviderChannels({
    records,
    chain,
    signing,
    owner: OWNER,
    token: TOKEN,
    court: init.court,
    engine: () => engine,
    behindMs: 600
  })
  const credit = createCredit(nowSec, init.unpaidMax)
  const told: string[] = []
  const receipts: Receipt[] = []
  engine = createProviderEngine({
    records,
    signing,
    credit,
    actions: {
      execute: () => told.push('execute'),
      stop: () => told.push('stop'),
      sendReceipt: (_, { body }) => {
        receipts.push(body)
        told.push('receipt')
      },
      sendFailure: (_, { code }) => told.push(code),
      ended: state => channels.release(state.channel, state.id),
      resumed: state => channels.take(state.channel, reservationOf(state)),
      kept: (id, _result, _stderr, untilSec) => told.push(`kept ${id} ${untilSec}`),
      paid: state => channels.adjust(state.channel, reservationOf(state))
    }
  })
  const config = {
    network: { token: TOKEN },
    owner: OWNER,
    resources: RESOURCES,
    prices: init.prices ?? { startup: PRICE, cpuSec: 0n, memGiBSec: 0n, terafuel: 0n },
    tickSec: 10
  } as unknown as ProviderConfig
  const negotiator = createNegotiator({
    config,
    runtimes: ['wasm'],
    signing,
    capacity: createCapacity(RESOURCES),
    channels,
    engine,
    bids: createOpenBids(nowSec),
    disk: { hasRoom: () => init.diskIsFull !== true },
    credit,
    log: { error: (facts: unknown) => void told.push(JSON.stringify(facts)) }
  })

  async function say(message: ToProvider, from: Address = buyer.address): Promise<ToBuyer | undefined> {
    return negotiator.answer(from, message)
  }

  async function agree(demand: SignedDemand, key = channelKey()): Promise<string> {
    const answer = await say({ type: 'demand', value: demand })
    if (answer?.type !== 'bid') return codeOf(answer)
    const agreement = sign(buyer, domain, agreementType, {
      demand: digestOf(domain, demandType, demand.body),
      bid: digestOf(domain, bidType, answer.value.body),
      channel: channelId(key)
    })
    const refusal = await say({ type: 'accept', value: { agreement, channel: key } })
    return refusal === undefined ? (digestOf(domain, agreementType, agreement.body) as AgreementId) : codeOf(refusal)
  }

  return {
    store,
    clock,
    records,
    channels,
    credit,
    engine,
    told,
    receipts,
    say,
    agree,
    demand: (n, over = {}) => createDemand(n, clock.nowSec, over),
    state: id => engine.get(id as AgreementId) as ProviderAgreement
  }
}

export function codeOf(answer: unknown): string {
  const { type, value } = answer as { type: string; value: { failure?: { code: string } } }
  return value.failure?.code ?? type
}

function createDemand(n: number, nowSec: number, over: Partial<Demand>): SignedDemand {
  return sign(buyer, domain, demandType, {
    buyer: buyer.address,
    job: `0x${n.toString(16).padStart(64, '0')}` as Hash,
    workload: { runtime: 'wasm', program: new Uint8Array(36), args: [], env: [], input: new Uint8Array(0) },
    resources: { cpuMillis: 1000, memoryBytes: 2 ** 20, diskBytes: 0 },
    durationSec: 10,
    fuel: 0,
    token: TOKEN,
    priceMax: 1000n,
    deadline: nowSec + 60,
    ...over
  })
}

/** A payment that nobody signed. */
export function forgedPayment(key: ChannelKey): Payment {
  const body = { channel: channelId(key), cumulative: 0n, commitment: `0x${'00'.repeat(32)}` as Hash }
  return { fromSize: 0, pays: [], voucher: { body, signature: new Uint8Array(64) } }
}

/** The payment for receipts, in this order, on a channel that paid `from` before: as an honest buyer makes it. */
export function paymentFor(
  key: ChannelKey,
  receipts: readonly Receipt[],
  from = PAID_NOTHING
): Payment & { paid: Paid } {
  const id = channelId(key)
  const amounts = new Map<string, bigint>()
  const dues = receipts.map(receipt => {
    const amount = receipt.amount - (amounts.get(receipt.agreement) ?? 0n)
    amounts.set(receipt.agreement, receipt.amount)
    return { receipt: digestOf(domain, receiptType, receipt), amount }
  })
  const paid = payDues(from, dues)
  const body = { channel: id, cumulative: paid.cumulative, commitment: commitmentOf(paid.log) }
  return {
    fromSize: from.log.size,
    pays: receipts.map(({ agreement, sequence }) => ({ agreement, sequence })),
    voucher: sign(buyer, domain, voucherType, body),
    paid
  }
}

const PAID_NOTHING: Paid = { log: EMPTY_LOG, cumulative: 0n }
