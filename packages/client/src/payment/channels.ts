import {
  type Address,
  type BuyerChannel,
  type ChannelId,
  type ChannelKey,
  CodedError,
  channelId,
  createBuyerChannel,
  encodeMeta,
  type Offer,
  type Wei,
  ZERO_ADDRESS
} from '@archipel/protocol'
import type { Chain } from '../chain/index.ts'
import type { CallOptions } from '../client.ts'
import { failpoint } from '../failpoint.ts'
import type { BuyerRecords } from '../records.ts'

/** A channel and the provider that keeps its books. */
export interface ProvidersChannel extends BuyerChannel {
  readonly provider: Address
}

/** A buyer's channels: found, opened and topped up so that a job never has to wait for the chain twice. */
export interface Channels {
  /** A channel to the offer's operator with `need` free, which is then set aside until {@link Channels.release}. */
  reserve(offer: Offer, need: Wei, options?: CallOptions): Promise<Reservation>
  /** Sets money aside for an agreement taken up again after a restart. */
  take(id: ChannelId, amount: Wei): void
  release(id: ChannelId, amount: Wei): void
  /** The channel as held in memory. It must have been reserved or loaded. */
  held(id: ChannelId): ProvidersChannel
  peek(id: ChannelId): ProvidersChannel | undefined
  hold(channel: BuyerChannel): void
  load(id: ChannelId): Promise<ProvidersChannel | undefined>
}

export interface Reservation {
  readonly channel: BuyerChannel
  readonly action: 'open' | 'top-up' | 'reuse'
}

export interface ChannelPolicy {
  /** Seconds a payee has to redeem after a close request. */
  readonly closeDelaySec: number
  /** Deposited at least, when something must be deposited: more means fewer transactions, and more money set aside. */
  readonly depositMin: Wei
}

/** An hour: longer than any chain halt a provider should have to sit through awake. */
export const CLOSE_DELAY_SEC = 3600

export interface ChannelsInit {
  records: BuyerRecords
  chain: Chain
  payer: Address
  token: Address
  policy: ChannelPolicy
}

export function createChannels({ records, chain, payer, token, policy }: ChannelsInit): Channels {
  const channels = new Map<ChannelId, ProvidersChannel>()
  const reserved = new Map<ChannelId, Wei>()
  /** Being closed on chain: no new work on them. */
  const closing = new Set<ChannelId>()
  let loading: Promise<void> | undefined
  const queues = new Map<Address, Promise<unknown>>()

  const free = (channel: BuyerChannel): Wei => channel.deposit - channel.cumulative - (reserved.get(channel.id) ?? 0n)

  async function load(id: ChannelId): Promise<ProvidersChannel | undefined> {
    const known = channels.get(id) ?? (await records.channels.get(id))
    if (known !== undefined && !channels.has(id)) channels.set(id, known)
    return channels.get(id)
  }

  async function store(channel: ProvidersChannel): Promise<ProvidersChannel> {
    channels.set(channel.id, channel)
    await records.store.commit([records.channels.put(channel.id, channel)])
    return channel
  }

  /** Every channel we have records of, once. */
  function loadAll(): Promise<void> {
    loading ??= (async () => {
      for await (const [, channel] of records.channels.iterate()) {
        if (!channels.has(channel.id)) channels.set(channel.id, channel)
      }
    })()
    return loading
  }

  /** What the chain says of a channel now. Payments go on meanwhile, so only the deposit is taken from the answer. */
  async function refresh(channel: ProvidersChannel, signal: AbortSignal | undefined): Promise<ProvidersChannel> {
    const { deposit, closeAt } = await chain.channelState(channel.id, { signal })
    if (closeAt !== 0) closing.add(channel.id)
    else closing.delete(channel.id)
    return store({ ...(channels.get(channel.id) ?? channel), deposit })
  }

  /** A channel to this provider that is open or can be: one we know, or a new one. */
  async function find(offer: Offer, need: Wei, signal: AbortSignal | undefined): Promise<ProvidersChannel> {
    await loadAll()
    let usable: ProvidersChannel | undefined
    for (const { id } of [...channels.values()].filter(known => isFor(known, offer))) {
      const now = await refresh(channels.get(id) as ProvidersChannel, signal)
      if (closing.has(id)) continue
      if (free(now) >= need) return now
      usable ??= now
    }
    if (usable !== undefined) return usable
    const opened = await store(fresh(offer))
    failpoint('buyer.channel.stored')
    return opened
  }

  /** Same node, same payout address: an operator that changed its address needs a channel to the new one. */
  const isFor = ({ provider, key }: ProvidersChannel, offer: Offer): boolean =>
    provider === offer.provider && key.payee === offer.owner

  /**
   * Its salt is chance, and stored before anything is paid in: nobody can guess the channels we are going to open and put
   * dust on them, and one whose records were lost is never used again.
   */
  function fresh({ provider, owner }: Offer): ProvidersChannel {
    const salt = new DataView(crypto.getRandomValues(new Uint8Array(8)).buffer).getBigUint64(0)
    const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: policy.closeDelaySec, salt })
    const key: ChannelKey = { payer, payee: owner, token, arbiter: ZERO_ADDRESS, meta }
    return { ...createBuyerChannel(channelId(key), key, 0n), provider }
  }

  async function deposit(
    channel: ProvidersChannel,
    need: Wei,
    signal: AbortSignal | undefined
  ): Promise<ProvidersChannel> {
    const missing = need - free(channel)
    const balance = await chain.escrowBalance(payer, { signal })
    if (balance < missing) {
      throw new CodedError('E_NO_FUNDS', 'the escrow balance does not cover this job', {
        facts: { balance, missing },
        hint: 'deposit more: archipel escrow deposit AMOUNT'
      })
    }
    const wanted = missing > policy.depositMin ? missing : policy.depositMin
    const isNew = channel.deposit === 0n
    failpoint(isNew ? 'buyer.channel.before-open' : 'buyer.channel.before-top-up')
    await chain.openChannel(channel.key, wanted < balance ? wanted : balance, { signal })
    failpoint(isNew ? 'buyer.channel.opened' : 'buyer.channel.topped-up')
    const funded = await refresh(channel, signal)
    failpoint('buyer.channel.recorded')
    return funded
  }

  function take(id: ChannelId, amount: Wei): void {
    reserved.set(id, (reserved.get(id) ?? 0n) + amount)
  }

  async function reserve(offer: Offer, need: Wei, signal: AbortSignal | undefined): Promise<Reservation> {
    const ready = [...channels.values()].find(c => isFor(c, offer) && !closing.has(c.id) && free(c) >= need)
    let channel = ready ?? (await find(offer, need, signal))
    let action: Reservation['action'] = 'reuse'
    if (free(channel) < need) {
      action = channel.deposit === 0n ? 'open' : 'top-up'
      channel = await deposit(channel, need, signal)
    }
    take(channel.id, need)
    return { channel, action }
  }

  return {
    reserve(offer, need, { signal } = {}) {
      // One at a time for each provider, so that two jobs do not open two channels or both count the same free money.
      const turn = (queues.get(offer.provider) ?? Promise.resolve()).then(() => reserve(offer, need, signal))
      const settled = turn.catch(() => {})
      queues.set(offer.provider, settled)
      void settled.then(() => {
        if (queues.get(offer.provider) === settled) queues.delete(offer.provider)
      })
      return turn
    },
    take,
    release(id, amount) {
      const left = (reserved.get(id) ?? 0n) - amount
      if (left > 0n) reserved.set(id, left)
      else reserved.delete(id)
    },
    held(id) {
      const channel = channels.get(id)
      if (channel === undefined) throw new CodedError('E_ASSERT', `channel ${id} is not loaded`)
      return channel
    },
    peek: id => channels.get(id),
    hold(channel) {
      const known = channels.get(channel.id)
      if (known !== undefined) channels.set(channel.id, { ...channel, provider: known.provider })
    },
    load
  }
}
