import { type Chain, failpoint, type SigningContext } from '@archipel/client'
import {
  type Address,
  type AgreementId,
  applyPayment,
  type ChannelId,
  type ChannelKey,
  CodedError,
  channelId,
  channelSigner,
  createProviderChannel,
  decodeMeta,
  digestOf,
  duesOf,
  type Hash,
  type Payment,
  type ReceiptBook,
  receiptType,
  sameHex,
  uncommitted,
  type Wei,
  ZERO_ADDRESS
} from '@archipel/protocol'
import type { ProviderEngine } from '../agreement/engine.ts'
import type { ProviderDisputes } from '../dispute/disputes.ts'
import type { ChannelRecord, ProviderRecords } from '../store/records.ts'
import { type ChannelBooks, createChannelBooks, redeemable, updated } from './channel-books.ts'
import { BEHIND_MS, createLooks, LOOK_INTERVAL_MS, type OnChain } from './looks.ts'
import { createReservations, type Reservation } from './reservations.ts'

/** The channels that pay this provider: what is on them, what is promised, what vouchers are in hand. */
export interface ProviderChannels {
  /**
   * Sets money aside for an agreement, reading the chain only when what we know does not suffice.
   *
   * @throws CodedError E_CHANNEL_MISMATCH, E_CHANNEL_CLOSING, E_CHANNEL_SHORT, E_BUSY, E_RPC_DOWN
   */
  reserve(key: ChannelKey, buyer: Address, reservation: Reservation, signal: AbortSignal): Promise<void>
  /** Sets money aside again for an agreement that goes on after a restart. Once, however often it is called. */
  take(id: ChannelId, reservation: Reservation): void
  /** Sets aside another amount for an agreement that some is set aside for. */
  adjust(id: ChannelId, reservation: Reservation): void
  release(id: ChannelId, agreement: AgreementId): void
  /**
   * Takes a payment and stores it with the agreements it pays; resolves once both are on disk.
   *
   * @throws CodedError E_CHANNEL_UNKNOWN, also where the channel is another buyer's; those of `applyPayment`
   */
  pay(buyer: Address, payment: Payment): Promise<ChannelRecord>
  /** Reads what the chain says now, and writes it down. */
  refresh(id: ChannelId, signal?: AbortSignal): Promise<ChannelRecord | undefined>
  /** Channels in memory with vouchers worth more than what was redeemed. */
  due(): ChannelRecord[]
  /** True while money of it is set aside for an agreement. */
  isPromised(id: ChannelId): boolean
  readonly books: ChannelBooks
  start(): Promise<void>
}

/** Least time to redeem after a close request: ten minutes of a chain or node being down must not cost the provider. */
export const CLOSE_DELAY_SEC_MIN = 600
/** A channel is read again once what we know of it is this old. */
const CHAIN_FRESH_MS = 30_000
/**
 * …and no new work is taken on older knowledge: a payer could have closed and emptied it. Half the least close delay, so
 * that whatever was agreed on stale knowledge can still be redeemed.
 */
const CHAIN_STALE_MS = (CLOSE_DELAY_SEC_MIN * 1000) / 2
export interface ProviderChannelsInit {
  records: ProviderRecords
  chain: Chain
  signing: SigningContext
  owner: Address
  token: Address
  /** The network's court: the only arbiter that a channel may name. */
  court?: Address | undefined
  engine: () => ProviderEngine
  /** What is in court; left out where the network has none. */
  disputes?: (() => Pick<ProviderDisputes, 'claimedOn' | 'isDisputed'> | undefined) | undefined
  /** How long an endpoint that may be behind is waited for. */
  behindMs?: number
  channelsMax?: number
}

export function createProviderChannels({
  records,
  chain,
  signing,
  owner,
  token,
  court,
  engine,
  disputes,
  behindMs,
  channelsMax
}: ProviderChannelsInit): ProviderChannels {
  const reservations = createReservations(signing.nowSec)
  const isPromised = (id: ChannelId): boolean => reservations.total(id) > 0n
  const books = createChannelBooks({ records, isPromised, channelsMax })
  const looks = createLooks({ chain, behindMs })

  const free = (channel: ChannelRecord): Wei => uncommitted(channel) - reservations.total(channel.id)

  /** Whoever may award and hold is named by the network. A channel from before there was a court names nobody. */
  const isKnownArbiter = (arbiter: Address): boolean =>
    sameHex(arbiter, ZERO_ADDRESS) || (court !== undefined && sameHex(arbiter, court))

  function checkKey(key: ChannelKey, buyer: Address): void {
    const why = !sameHex(key.payee, owner)
      ? 'it pays somebody else'
      : !sameHex(key.token, token)
        ? 'it holds another token'
        : !sameHex(channelSigner(key), buyer)
          ? 'its vouchers are signed by somebody else'
          : !isKnownArbiter(key.arbiter)
            ? "it names an arbiter that is not this network's court"
            : decodeMeta(key.meta).closeDelaySec < CLOSE_DELAY_SEC_MIN
              ? `its close delay is below ${CLOSE_DELAY_SEC_MIN} s`
              : undefined
    if (why !== undefined)
      throw new CodedError('E_CHANNEL_MISMATCH', `the channel cannot pay this agreement: ${why}`, { facts: { why } })
  }

  async function refresh(id: ChannelId, signal?: AbortSignal): Promise<ChannelRecord | undefined> {
    const startMs = performance.now()
    return books.see(id, await chain.channelState(id, { signal }), startMs)
  }

  /** Looks a channel up on chain for a buyer. Nothing is kept of one that cannot pay: anybody can name those. */
  async function find(key: ChannelKey, buyer: Address, amount: Wei, signal: AbortSignal): Promise<ChannelRecord> {
    const id = channelId(key)
    // One that was drained and let go of goes on with its old books when it is topped up.
    const stored = await books.find(id)
    const known = (): ChannelRecord | undefined => books.get(id) ?? stored
    const seenAs = (seen: OnChain): ChannelRecord => {
      const before = known()
      return before === undefined ? { ...createProviderChannel(id, key, seen), dueSince: 0 } : updated(before, seen)
    }
    const startMs = performance.now()
    const isEnough = (seen: OnChain) => seen.closeAt !== 0 || free(seenAs(seen)) >= amount
    const channel = seenAs(await looks.look(id, buyer, isEnough, signal))
    if (books.get(id) === undefined) {
      if (channel.closeAt !== 0 || free(channel) < amount) return channel
      books.makeRoom()
    }
    books.noteSeen(id, startMs)
    await books.save(channel, known())
    return books.get(id) ?? channel
  }

  /** Our own books of an agreement, if it is one that this channel pays. */
  function bookOf(channel: ChannelId, agreement: Hash): ReceiptBook | undefined {
    const state = engine().get(agreement as AgreementId)
    return state !== undefined && sameHex(state.channel, channel) ? state : undefined
  }

  return {
    async reserve(key, buyer, reservation, signal) {
      checkKey(key, buyer)
      const { amount } = reservation
      const id = channelId(key)
      if (disputes?.()?.isDisputed(id)) throw disputed(id, 'no new work is taken on it')
      let channel = books.get(id)
      const ageMs = performance.now() - books.seenAtMs(id)
      const usable = channel !== undefined && free(channel) >= amount && channel.closeAt === 0 && ageMs < CHAIN_STALE_MS
      if (channel === undefined || !usable) {
        // Agreements that come at once look together, and each may find the money that another takes a moment later; its
        // own top-up then shows at the next look.
        const endMs = performance.now() + (behindMs ?? BEHIND_MS) - LOOK_INTERVAL_MS
        do channel = await find(key, buyer, amount, signal)
        while (channel.closeAt === 0 && free(channel) < amount && performance.now() < endMs)
      }
      // In the background, so that a slow chain does not slow down jobs; what it says counts for the next one.
      else if (ageMs > CHAIN_FRESH_MS) refresh(id).catch(() => {})
      if (channel.closeAt !== 0) {
        throw new CodedError('E_CHANNEL_CLOSING', 'the channel is closing', {
          facts: { channel: id },
          hint: 'open another channel'
        })
      }
      if (free(channel) < amount) {
        throw new CodedError('E_CHANNEL_SHORT', 'the channel does not hold enough for this agreement', {
          facts: { channel: id, free: free(channel), needed: amount },
          hint: 'top the channel up'
        })
      }
      reservations.take(id, reservation)
    },
    take: reservations.take,
    adjust: reservations.adjust,
    release: reservations.release,
    async pay(buyer, payment) {
      const id = payment.voucher.body.channel as ChannelId
      // One that is not in memory may have been paid out to the last unit before its buyer heard that we have its voucher.
      const before = await books.find(id)
      // Another buyer's channel is as good as none: nothing is told about it.
      if (before === undefined || !sameHex(channelSigner(before.key), buyer))
        throw new CodedError('E_CHANNEL_UNKNOWN', 'no agreement here is paid by this channel', {
          facts: { channel: id }
        })
      await Promise.all(payment.pays.map(pay => engine().load(pay.agreement as AgreementId)))
      // From here to the commit nothing waits, so two payments cannot interleave.
      const current = books.get(id) ?? before
      // What is applied already is not looked up again: its agreements may be paid further by now.
      const skip = Math.max(0, current.log.size - payment.fromSize)
      // A voucher for anything else would count as paying what is claimed, and so pay for less than it says.
      const claimed = disputes?.()?.claimedOn(id)
      if (claimed !== undefined && payment.pays.slice(skip).some(pay => !claimed.has(pay.agreement as AgreementId)))
        throw disputed(id, 'it pays what is claimed, and nothing else')
      const dues = duesOf(
        payment.pays.slice(skip),
        agreement => bookOf(id, agreement),
        receipt => digestOf(signing.domain, receiptType, receipt)
      )
      const { channel, applied } = applyPayment(
        current,
        {
          fromSize: payment.fromSize,
          dues: [...payment.pays.slice(0, skip).map(() => undefined), ...dues],
          voucher: payment.voucher
        },
        signing
      )
      if (applied === 0) {
        // What is told to be kept is on disk: without changes a commit waits for all that are under way.
        await records.store.commit([])
        return current
      }
      if (records.store.isFull) {
        throw new CodedError('E_STORE_BUSY', 'too many changes wait for the disk', { facts: { fault: 'host' } })
      }
      const next: ChannelRecord = { ...channel, dueSince: current.dueSince === 0 ? signing.nowSec() : current.dueSince }
      books.set(next, current)
      const paid = payment.pays
        .slice(payment.pays.length - applied)
        .map(pay => ({ agreement: pay.agreement as AgreementId, receipts: pay.sequence + 1 }))
      failpoint('provider.payment.before')
      await engine().pay(paid, [records.channels.put(id, next)])
      books.stored(next)
      failpoint('provider.payment.stored')
      return next
    },
    refresh,
    due: () => [...books.values()].filter(channel => channel.voucher !== undefined && redeemable(channel) > 0n),
    isPromised,
    books,
    start: books.start
  }
}

function disputed(channel: ChannelId, why: string): CodedError {
  return new CodedError('E_CHANNEL_DISPUTED', `the channel is in dispute: ${why}`, {
    facts: { channel },
    hint: 'pay what was delivered, or wait for the end of the case: archipel dispute ls'
  })
}
