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
/** Channels tried for one provider before giving up: each is one that was closed or whose records were lost. */
const SALTS_MAX = 16

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

  /** The first channel to this provider that we know or that nobody used yet, with its deposit read from the chain. */
  async function find(offer: Offer, signal: AbortSignal | undefined): Promise<ProvidersChannel> {
    for (let salt = 0; salt < SALTS_MAX; salt++) {
      const key = keyOf(offer, salt)
      const id = channelId(key)
      const known = await load(id)
      const onChain = await chain.channelState(id, { signal })
      // Vouchers of a channel we have no records of may be out there: paying on would pay twice. Closed ones are over.
      if ((known === undefined && onChain.deposit > 0n) || onChain.closeAt !== 0) continue
      return store({
        ...(known ?? { ...createBuyerChannel(id, key, 0n), provider: offer.provider }),
        deposit: onChain.deposit
      })
    }
    throw new CodedError('E_NO_CHANNEL', `every channel to ${offer.provider} is closing or of unknown state`, {
      facts: { provider: offer.provider, tried: SALTS_MAX },
      hint: 'wait until they are closed, or use another wallet'
    })
  }

  function keyOf(offer: Offer, salt: number): ChannelKey {
    // The provider's address is in the salt: two nodes of one operator keep books, and so channels, of their own.
    const providerBits = BigInt.asUintN(48, BigInt(offer.provider))
    const meta = encodeMeta({
      signer: ZERO_ADDRESS,
      closeDelaySec: policy.closeDelaySec,
      salt: (providerBits << 16n) | BigInt(salt)
    })
    return { payer, payee: offer.owner, token, arbiter: ZERO_ADDRESS, meta }
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
    await chain.openChannel(channel.key, wanted < balance ? wanted : balance, { signal })
    const { deposit } = await chain.channelState(channel.id, { signal })
    return store({ ...(channels.get(channel.id) ?? channel), deposit })
  }

  function take(id: ChannelId, amount: Wei): void {
    reserved.set(id, (reserved.get(id) ?? 0n) + amount)
  }

  async function reserve(offer: Offer, need: Wei, signal: AbortSignal | undefined): Promise<Reservation> {
    const known = [...channels.values()].find(c => c.provider === offer.provider && c.deposit > 0n)
    let channel = known !== undefined && free(known) >= need ? known : await find(offer, signal)
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
