import {
  type Address,
  type AgreementId,
  type BuyerChannel,
  type ChannelId,
  type ChannelKey,
  CodedError,
  channelId,
  createBuyerChannel,
  encodeMeta,
  type Offer,
  sameHex,
  type UnixSec,
  type Wei,
  ZERO_ADDRESS
} from '@archipel/protocol'
import type { Chain } from '../chain/index.ts'
import type { CallOptions } from '../client.ts'
import { failpoint } from '../failpoint.ts'
import { delay } from '../net/index.ts'
import type { BuyerRecords } from '../records.ts'
import { type ChannelPolicy, decideChannel, freeOf, type KnownChannel } from './channel-policy.ts'
import type { Spending } from './spending/spending.ts'

/** A channel and the provider that keeps its books. */
export interface ProvidersChannel extends BuyerChannel {
  readonly provider: Address
  /** Paid out on chain, as last read. */
  readonly settled?: Wei | undefined
  /** When the rest can be taken back, as last read; 0 while nobody asked to. */
  readonly closeAt?: UnixSec | undefined
  /** The buyer wants its money back: no new work, ever. */
  readonly exit?: true | undefined
  /** When its provider was lost in the middle of work; undefined once it was heard of again. */
  readonly lostAt?: UnixSec | undefined
}

/** A buyer's channels: found, opened and topped up so that a job never has to wait for the chain twice. */
export interface Channels {
  /** A channel to the offer's operator with `need` free, which is then set aside until {@link Channels.release}. */
  reserve(offer: Offer, need: Wei, options?: ReserveOptions): Promise<Reservation>
  /** Sets money aside for an agreement taken up again after a restart. Its channel must have been loaded. */
  take(id: ChannelId, amount: Wei, agreement: AgreementId): void
  release(id: ChannelId, amount: Wei): void
  /** The channel as held in memory. It must have been reserved or loaded. */
  held(id: ChannelId): ProvidersChannel
  peek(id: ChannelId): ProvidersChannel | undefined
  hold(channel: BuyerChannel): void
  load(id: ChannelId): Promise<ProvidersChannel | undefined>
  /** All channels of this payer that there are records of. */
  all(): Promise<ProvidersChannel[]>
  /** Those that are in memory already. */
  loaded(): ProvidersChannel[]
  /** Reads one from the chain and stores what is new. */
  refresh(id: ChannelId, options?: CallOptions): Promise<ProvidersChannel>
  /** From now on, and after a restart, no new work goes to it. */
  exit(id: ChannelId): Promise<ProvidersChannel>
  /** A provider that had work of ours cannot be reached any more, since then. */
  lost(provider: Address, atSec: UnixSec): Promise<void>
  /** It can. */
  heard(provider: Address): Promise<void>
}

export interface ReserveOptions extends CallOptions {
  /** What the same job may need elsewhere: left in the balance. */
  keep?: Wei
}

export interface Reservation {
  readonly channel: BuyerChannel
  readonly action: 'open' | 'top-up' | 'reuse'
}

export interface ChannelsInit {
  records: BuyerRecords
  chain: Chain
  payer: Address
  token: Address
  /** Who settles disputes about channels that are opened from now on; nobody if left out. */
  arbiter?: Address | undefined
  policy: ChannelPolicy
  spending: Pick<Spending, 'load' | 'promised' | 'room'>
}

/** How long what an earlier process sent may take to be mined before it is taken for stuck. */
const UNMINED_WAIT_MS = 30_000
const UNMINED_POLL_MS = 250

export function createChannels(init: ChannelsInit): Channels {
  const { records, chain, payer, token, arbiter = ZERO_ADDRESS, policy, spending } = init
  const channels = new Map<ChannelId, ProvidersChannel>()
  const reserved = new Map<ChannelId, Wei>()
  /** Read from the chain by this process. */
  const fresh = new Set<ChannelId>()
  /** Agreements of earlier processes whose money was set aside when the channels were loaded. */
  const restored = new Map<AgreementId, Wei>()
  let loading: Promise<void> | undefined
  const queues = new Map<Address, Promise<unknown>>()
  /** Deposits that are being mined. */
  const deposits = new Map<Promise<unknown>, Wei>()
  let depositsDone = 0
  let mined: Promise<boolean> | undefined

  const known = (channel: ProvidersChannel): KnownChannel => ({
    ...channel,
    reserved: reserved.get(channel.id) ?? 0n,
    isClosing: channel.exit === true || (channel.closeAt ?? 0) !== 0,
    isOutdated: !sameHex(channel.key.arbiter, arbiter),
    isFresh: fresh.has(channel.id)
  })

  async function store(channel: ProvidersChannel): Promise<ProvidersChannel> {
    channels.set(channel.id, channel)
    await records.store.commit([records.channels.put(channel.id, channel)])
    return channel
  }

  /** Every channel we have records of, and what is promised on it: once. */
  function loadAll(): Promise<void> {
    loading ??= (async () => {
      await spending.load()
      for await (const [, channel] of records.channels.iterate()) {
        if (!channels.has(channel.id) && sameHex(channel.key.payer, payer)) channels.set(channel.id, channel)
      }
      for (const { agreement, channel, amount } of spending.promised()) {
        restored.set(agreement, amount)
        add(channel, amount)
      }
    })()
    return loading
  }

  /** What the chain says of a channel now. Payments go on meanwhile, so only the chain's part is taken from the answer. */
  async function refresh(id: ChannelId, signal: AbortSignal | undefined): Promise<ProvidersChannel> {
    const { deposit, settled, closeAt } = await chain.channelState(id, { signal })
    fresh.add(id)
    const before = held(id)
    const isNews = before.deposit !== deposit || before.settled !== settled || before.closeAt !== closeAt
    return isNews ? store({ ...before, deposit, settled, closeAt }) : before
  }

  /**
   * Same node, same payout address: an operator that changed its address needs a channel to the new one. One with an
   * arbiter that the network does not have any more is taken by nobody.
   */
  const isFor = ({ provider, key }: ProvidersChannel, offer: Offer): boolean =>
    provider === offer.provider &&
    key.payee === offer.owner &&
    (sameHex(key.arbiter, arbiter) || sameHex(key.arbiter, ZERO_ADDRESS))

  /**
   * Its salt is chance, and stored before anything is paid in: nobody can guess the channels we are going to open and put
   * dust on them, and one whose records were lost is never used again.
   */
  async function create({ provider, owner }: Offer): Promise<ProvidersChannel> {
    const salt = new DataView(crypto.getRandomValues(new Uint8Array(8)).buffer).getBigUint64(0)
    const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: policy.closeDelaySec, salt })
    const key: ChannelKey = { payer, payee: owner, token, arbiter, meta }
    const channel = await store({ ...createBuyerChannel(channelId(key), key, 0n), provider })
    fresh.add(channel.id)
    failpoint('buyer.channel.stored')
    return channel
  }

  async function deposit(
    channel: ProvidersChannel,
    amount: Wei,
    signal: AbortSignal | undefined
  ): Promise<ProvidersChannel> {
    const isNew = channel.deposit === 0n
    failpoint(isNew ? 'buyer.channel.before-open' : 'buyer.channel.before-top-up')
    // Until it is known to be mined, nobody knows what the channel holds.
    fresh.delete(channel.id)
    const sent = chain.openChannel(channel.key, amount, { signal })
    const settled = sent.catch(() => {})
    deposits.set(settled, amount)
    try {
      const { deposit } = await sent
      failpoint(isNew ? 'buyer.channel.opened' : 'buyer.channel.topped-up')
      fresh.add(channel.id)
      const funded = await store({ ...held(channel.id), deposit })
      failpoint('buyer.channel.recorded')
      return funded
    } finally {
      deposits.delete(settled)
      depositsDone++
    }
  }

  /**
   * A deposit that an earlier process sent may still be on its way: made again, it would lock the money twice. Once for
   * each process, before it sends its own; a transaction that is stuck for other reasons is not waited for longer.
   *
   * @returns whether there was anything to wait for
   */
  function untilMined(signal: AbortSignal | undefined): Promise<boolean> {
    const wait = async () => {
      const endMs = performance.now() + UNMINED_WAIT_MS
      for (let polls = 0; ; polls++) {
        if ((await chain.unminedCount(payer, { signal })) === 0 || performance.now() > endMs) return polls > 0
        await delay(UNMINED_POLL_MS, signal)
      }
    }
    mined ??= wait().catch(err => {
      mined = undefined
      throw err
    })
    return mined
  }

  /** Read again when a deposit was mined meanwhile: the answer may be from before it. */
  async function readBalance(signal: AbortSignal | undefined): Promise<Wei> {
    for (;;) {
      const before = depositsDone
      const balance = await chain.escrowBalance(payer, { signal })
      if (before === depositsDone) return balance
    }
  }

  async function reserve(offer: Offer, need: Wei, { signal, keep = 0n }: ReserveOptions): Promise<Reservation> {
    await loadAll()
    let balance: Wei | undefined
    let hasLooked = false
    let hasWaited = false
    for (;;) {
      signal?.throwIfAborted()
      const all = [...channels.values()]
      const ours = all.filter(channel => isFor(channel, offer)).map(known)
      const idle = all.map(known).reduce((sum, channel) => (freeOf(channel) > 0n ? sum + freeOf(channel) : sum), 0n)
      const decision = decideChannel({
        need,
        keep,
        channels: ours,
        hasLooked,
        balance,
        underWay: [...deposits.values()].reduce((sum, amount) => sum + amount, 0n),
        room: spending.room(offer.provider, idle),
        policy
      })
      switch (decision.type) {
        case 'reuse':
          add(decision.id, need)
          return { channel: held(decision.id), action: 'reuse' }
        case 'look':
          if (decision.at === 'balance') {
            // What was mined meanwhile may be in our channels already.
            if (!hasWaited && (await untilMined(signal))) hasLooked = false
            else balance = await readBalance(signal)
            hasWaited = true
          } else {
            await Promise.all(ours.map(({ id }) => refresh(id, signal)))
            hasLooked = true
          }
          break
        case 'open':
        case 'top-up': {
          const before = decision.type === 'open' ? await create(offer) : held(decision.id)
          const channel = await deposit(before, decision.amount, signal)
          // Not decided again: what was paid meanwhile, was paid out of what others had set aside.
          add(channel.id, need)
          return { channel, action: before.deposit === 0n ? 'open' : 'top-up' }
        }
        case 'wait':
          await Promise.race(deposits.keys())
          balance = undefined
          break
        case 'refuse':
          throw new CodedError('E_NO_FUNDS', 'the escrow balance does not cover this job', {
            facts: { balance: decision.balance, missing: decision.missing },
            hint: 'deposit more: archipel escrow deposit AMOUNT'
          })
      }
    }
  }

  function add(id: ChannelId, amount: Wei): void {
    reserved.set(id, (reserved.get(id) ?? 0n) + amount)
  }

  function held(id: ChannelId): ProvidersChannel {
    const channel = channels.get(id)
    if (channel === undefined) throw new CodedError('E_ASSERT', `channel ${id} is not loaded`)
    return channel
  }

  return {
    reserve(offer, need, options = {}) {
      // One at a time for each provider, so that two jobs do not open two channels or both count the same free money.
      const turn = (queues.get(offer.provider) ?? Promise.resolve()).then(() => reserve(offer, need, options))
      const settled = turn.catch(() => {})
      queues.set(offer.provider, settled)
      void settled.then(() => {
        if (queues.get(offer.provider) === settled) queues.delete(offer.provider)
      })
      return turn
    },
    take(id, amount, agreement) {
      add(id, amount - (restored.get(agreement) ?? 0n))
      restored.delete(agreement)
    },
    release(id, amount) {
      const left = (reserved.get(id) ?? 0n) - amount
      if (left > 0n) reserved.set(id, left)
      else reserved.delete(id)
    },
    held,
    peek: id => channels.get(id),
    hold(channel) {
      const before = channels.get(channel.id)
      // Whatever was paid meanwhile, what the chain said last is still true.
      if (before !== undefined) channels.set(channel.id, { ...before, ...channel, provider: before.provider })
    },
    async load(id) {
      await loadAll()
      return channels.get(id)
    },
    async all() {
      await loadAll()
      return [...channels.values()]
    },
    loaded: () => [...channels.values()],
    async refresh(id, { signal } = {}) {
      await loadAll()
      return refresh(id, signal)
    },
    async exit(id) {
      await loadAll()
      return store({ ...held(id), exit: true })
    },
    async lost(provider, lostAt) {
      await loadAll()
      const own = [...channels.values()].filter(one => one.provider === provider && one.lostAt === undefined)
      for (const { id } of own) await store({ ...held(id), lostAt })
    },
    async heard(provider) {
      await loadAll()
      const own = [...channels.values()].filter(one => one.provider === provider && one.lostAt !== undefined)
      for (const { id } of own) await store({ ...held(id), lostAt: undefined })
    }
  }
}
