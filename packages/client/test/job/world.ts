import {
  type Address,
  type AgreementId,
  agreementType,
  type BuyerAgreement,
  bidType,
  type ChannelKey,
  CodedError,
  channelId,
  createBuyerAgreement,
  type Demand,
  demandType,
  digestOf,
  type Payment,
  type ReceiptEquivocation,
  type SignedDemand,
  sign,
  type Wei
} from '@archipel/protocol'
import { onTestFinished } from 'vitest'
import { createBuyerEngine } from '../../src/agreement/engine.ts'
import type { Chain } from '../../src/chain/index.ts'
import { createMemoryBlockStore } from '../../src/content/index.ts'
import type { SigningContext } from '../../src/context.ts'
import { createNativeSigner, recoverNative } from '../../src/crypto/signer-node.ts'
import { createInbox } from '../../src/negotiate/inbox.ts'
import { createReconnect } from '../../src/negotiate/reconnect.ts'
import type { Session } from '../../src/negotiate/session.ts'
import type { Sessions } from '../../src/negotiate/sessions.ts'
import type { BlockFetcher } from '../../src/net/blocks/index.ts'
import { type Network, peerIdFromPublicKey } from '../../src/net/index.ts'
import type { ClientParts } from '../../src/parts.ts'
import { createChannels } from '../../src/payment/channels.ts'
import { createPayer, type Payer } from '../../src/payment/payer.ts'
import type { SpendingLimits } from '../../src/payment/spending/limits.ts'
import { createSpending } from '../../src/payment/spending/spending.ts'
import { createBuyerRecords } from '../../src/records.ts'
import { createStore, type Store } from '../../src/store/index.ts'
import { domain, type Host, NOW, TOKEN } from './host.ts'

export const buyer = createNativeSigner(new Uint8Array(32).fill(7))
export const signing: SigningContext = { domain, signer: buyer, recover: recoverNative, nowSec: () => NOW }

/** What the buyer's engine asks of a chain, kept in memory. Answers are what was true when asked, and wait for `gate`. */
export interface FakeChain {
  readonly chain: Chain
  balance: Wei
  readonly states: Map<string, { deposit: Wei; settled: Wei; closeAt: number }>
  readonly deposits: { key: ChannelKey; amount: Wei }[]
  /** Every transaction about closing, in order. */
  readonly closes: { type: 'request' | 'close'; key: ChannelKey }[]
  /** Transactions of the buyer on their way. */
  unmined: number
  /** The chain's clock. */
  nowSec: number
  gate: Promise<void> | undefined
}

type Asked = 'unminedCount' | 'token' | 'blockNumber' | 'channelsOpenedFor' | 'channelState' | 'escrowBalance'

export function createFakeChain(balance: Wei = 1_000_000n): FakeChain {
  const nothing = { deposit: 0n, settled: 0n, closeAt: 0 }
  const fake: Omit<FakeChain, 'chain'> = {
    balance,
    states: new Map(),
    deposits: [],
    closes: [],
    unmined: 0,
    nowSec: NOW,
    gate: undefined
  }
  type Sent = 'openChannel' | 'requestClose' | 'close'
  const part: Pick<Chain, Asked> & Record<Sent, unknown> = {
    token: TOKEN,
    unminedCount: async () => fake.unmined,
    async blockNumber() {
      return fake.deposits.length
    },
    async channelsOpenedFor(payer, { fromBlock, toBlock = fake.deposits.length }) {
      return fake.deposits.flatMap(({ key }, i) => {
        const isAsked = i + 1 >= fromBlock && i + 1 <= toBlock && key.payer === payer
        const place = { blockNumber: i + 1, logIndex: 0, transactionHash: '0x' as const }
        return isAsked ? [{ name: 'ChannelOpened', ...place, id: channelId(key), ...key }] : []
      })
    },
    async requestClose(key: ChannelKey) {
      await fake.gate
      fake.closes.push({ type: 'request', key })
      const state = fake.states.get(channelId(key)) ?? nothing
      if (state.closeAt !== 0) throw new CodedError('E_CHANNEL_CLOSING', 'it is closing')
      const closeAt = fake.nowSec + 3600
      fake.states.set(channelId(key), { ...state, closeAt })
      return { closeAt, hash: '0xc1' }
    },
    async close(key: ChannelKey) {
      const state = fake.states.get(channelId(key)) ?? nothing
      if (state.closeAt === 0 || state.closeAt > fake.nowSec) {
        throw new CodedError('E_CLOSE_TOO_EARLY', 'the channel cannot be closed yet')
      }
      fake.closes.push({ type: 'close', key })
      const refunded = state.deposit - state.settled
      fake.states.set(channelId(key), { deposit: state.settled, settled: state.settled, closeAt: 0 })
      fake.balance += refunded
      return { refunded, hash: '0xc2' }
    },
    async channelState(id) {
      const now = fake.states.get(id) ?? nothing
      await fake.gate
      return now
    },
    async escrowBalance() {
      const now = fake.balance
      await fake.gate
      return now
    },
    async openChannel(key: ChannelKey, amount: Wei) {
      await fake.gate
      if (amount > fake.balance) throw new CodedError('E_TX_REVERTED', 'the balance does not cover it')
      fake.balance -= amount
      fake.deposits.push({ key, amount })
      const id = channelId(key)
      const before = fake.states.get(id) ?? nothing
      fake.states.set(id, { ...before, deposit: before.deposit + amount })
      return { deposit: before.deposit + amount }
    }
  }
  return Object.assign(fake, { chain: part as unknown as Chain })
}

export interface WorldInit {
  hosts: readonly Host[]
  store?: Store
  chain?: FakeChain
  depositMin?: Wei
  limits?: SpendingLimits
}

/** Everything a buyer has but the network and the chain: sessions hand messages over in memory. */
export interface World {
  readonly parts: ClientParts
  readonly chain: FakeChain
  /** What went wrong where nobody waited for it. */
  readonly errors: unknown[]
  /** Every error of payments, in order. */
  readonly payErrors: unknown[]
  /** Providers that were found out, by agreement. */
  readonly contradictions: { proof: ReceiptEquivocation; id: AgreementId }[]
}

export async function memoryStore(): Promise<Store> {
  const store = await createStore({ memory: true })
  onTestFinished(() => store.close())
  return store
}

export async function createWorld({
  hosts,
  store,
  chain = createFakeChain(),
  depositMin = 0n,
  limits = {}
}: WorldInit): Promise<World> {
  const records = createBuyerRecords(store ?? (await memoryStore()))
  const errors: unknown[] = []
  const payErrors: unknown[] = []
  const policy = { closeDelaySec: 3600, depositMin, depositJobs: 1 }
  const spending = createSpending({ records, limits, nowSec: signing.nowSec })
  const channels = createChannels({
    records,
    chain: chain.chain,
    payer: buyer.address,
    token: TOKEN,
    policy,
    spending
  })
  const sessions = createFakeSessions(hosts, (host, message) => inbox.receive(host.address, message))
  let payer: Payer
  const contradictions: World['contradictions'] = []
  const engine = createBuyerEngine({
    records,
    signing,
    spending,
    pay: (id, receipts) => payer.pay(id, receipts),
    onContradiction: (proof, { id }) => contradictions.push({ proof, id })
  })
  payer = createPayer({
    records,
    signing,
    channels,
    engine,
    send: (provider, payment) => sessionWith(sessions, provider).send({ type: 'payment', value: payment }),
    onError: (_channel, error) => payErrors.push(error)
  })
  const inbox = createInbox({
    engine,
    payer,
    channels,
    resume: id => {
      const provider = engine.get(id)?.offer.body.provider as Address
      void sessionWith(sessions, provider).send({ type: 'resume', value: { agreement: id } })
    },
    onMisbehaviour: (_provider, error) => errors.push(error)
  })
  const reconnect = createReconnect({ engine, payer, sessions, lostAfterMs: 50 })
  const parts: ClientParts = {
    signing,
    token: TOKEN,
    records,
    network: {} as Network,
    chain: chain.chain,
    blocks: createMemoryBlockStore(),
    fetcher: fetcherFrom(hosts),
    engine,
    channels,
    payer,
    spending,
    sessions,
    inbox,
    reconnect: provider => reconnect.ask(provider),
    verifiedOffer: offer => (hosts.find(({ address }) => address === offer.body.provider) as Host).offer,
    offers: async () => hosts.map(({ offer }) => offer)
  }
  return { parts, chain, errors, payErrors, contradictions }
}

function sessionWith(sessions: Sessions, provider: Address): Session {
  const session = sessions.get(provider)
  if (session === undefined) throw new CodedError('E_PROVIDER_LOST', 'no such session')
  return session
}

/** Sessions over nothing: a host hears at once what is sent, and its answer arrives before `send` resolves. */
function createFakeSessions(
  hosts: readonly Host[],
  receive: (host: Host, message: Awaited<ReturnType<Host['answer']>>[number]) => void
): Sessions {
  const sessions = new Map<Address, Session>()
  for (const host of hosts) {
    const reach = () => {
      if (host.away) throw new CodedError('E_PROVIDER_UNREACHABLE', 'the host is away')
    }
    sessions.set(host.address, {
      connect: async () => reach(),
      async send(message) {
        reach()
        host.heard.push(message)
        for (const answer of await host.answer(message)) receive(host, answer)
      },
      close: async () => {}
    })
  }
  return {
    to: ({ offer }) => sessions.get(offer.body.provider) as Session,
    get: provider => sessions.get(provider),
    close: async () => {}
  }
}

/** Hands out the blocks of the host that is asked. */
function fetcherFrom(hosts: readonly Host[]): BlockFetcher {
  const byPeer = new Map(hosts.map(host => [peerIdFromPublicKey(host.signer.publicKey).toString(), host]))
  return {
    fetch: async (from, cid) => byPeer.get(from.toString())?.blocks.get(cid),
    stop() {}
  }
}

export function demandOf(job: number, changes: Partial<Demand> = {}): SignedDemand {
  return sign(buyer, domain, demandType, {
    buyer: buyer.address,
    job: `0x${job.toString(16).padStart(64, '0')}`,
    workload: { runtime: 'wasm', program: new Uint8Array(36), args: [], env: [], input: new Uint8Array(0) },
    resources: { cpuMillis: 1000, memoryBytes: 2 ** 20, diskBytes: 0 },
    durationSec: 90,
    fuel: 0,
    token: TOKEN,
    priceMax: 100n,
    deadline: NOW + 3600,
    ...changes
  })
}

/** An agreement as if made by an earlier process: any running time may be charged for. */
export async function agreedEarlier({ parts }: World, host: Host, demand: SignedDemand): Promise<BuyerAgreement> {
  const bid = host.bid(demand.body)
  const { channel } = await parts.channels.reserve(host.offer.offer.body, bid.body.priceMax)
  const body = { demand: bid.body.demand, bid: digestOf(domain, bidType, bid.body), channel: channel.id }
  const agreement = sign(buyer, domain, agreementType, body)
  const id = digestOf(domain, agreementType, body) as AgreementId
  const state = createBuyerAgreement({
    id,
    job: demand.body.job,
    channel: channel.id,
    offer: host.offer.offer,
    demand,
    bid,
    agreement
  })
  await parts.records.store.commit([parts.records.agreements.put(id, state), ...parts.spending.promise(state)])
  await parts.engine.load(id)
  return state
}

/** The payments a host heard, in order. */
export function paymentsTo({ heard }: Host): Payment[] {
  return heard.flatMap(message => (message.type === 'payment' ? [message.value] : []))
}

/** Waits until everything that can go on without a timer has gone on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
}
