import type { Chain, SigningContext } from '@archipel/client'
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
import type { ChannelRecord, ProviderRecords } from '../store/records.ts'

/** The channels that pay this provider: what is on them, what is promised, what vouchers are in hand. */
export interface ProviderChannels {
  /**
   * Sets `amount` aside for an agreement, reading the chain only when what we know does not suffice.
   *
   * @throws CodedError E_CHANNEL_MISMATCH, E_CHANNEL_CLOSING, E_CHANNEL_SHORT, E_RPC_DOWN
   */
  reserve(key: ChannelKey, buyer: Address, amount: Wei, signal: AbortSignal): Promise<void>
  /** Sets money aside again for an agreement that goes on after a restart. */
  take(id: ChannelId, amount: Wei): void
  release(id: ChannelId, amount: Wei): void
  /** Takes a payment and stores it with the agreements it pays; resolves once both are on disk. */
  pay(payment: Payment): Promise<ChannelRecord>
  /** Reads what the chain says now. */
  refresh(id: ChannelId, signal?: AbortSignal): Promise<ChannelRecord | undefined>
  /** Channels with vouchers worth more than what was redeemed. */
  due(): ChannelRecord[]
  /** Channels loaded at start or used since. */
  all(): ChannelRecord[]
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
/** Channels held in memory. A provider with more buyers than this serves those that were here first. */
export const CHANNELS_MAX = 20_000

export interface ProviderChannelsInit {
  records: ProviderRecords
  chain: Chain
  signing: SigningContext
  owner: Address
  token: Address
  engine: () => ProviderEngine
}

export function createProviderChannels({
  records,
  chain,
  signing,
  owner,
  token,
  engine
}: ProviderChannelsInit): ProviderChannels {
  const channels = new Map<ChannelId, ChannelRecord>()
  const reserved = new Map<ChannelId, Wei>()
  const readAtMs = new Map<ChannelId, number>()

  const free = (channel: ChannelRecord): Wei => uncommitted(channel) - (reserved.get(channel.id) ?? 0n)

  function checkKey(key: ChannelKey, buyer: Address): void {
    const why = !sameHex(key.payee, owner)
      ? 'it pays somebody else'
      : !sameHex(key.token, token)
        ? 'it holds another token'
        : !sameHex(channelSigner(key), buyer)
          ? 'its vouchers are signed by somebody else'
          : !sameHex(key.arbiter, ZERO_ADDRESS)
            ? 'it names an arbiter this version does not know'
            : decodeMeta(key.meta).closeDelaySec < CLOSE_DELAY_SEC_MIN
              ? `its close delay is below ${CLOSE_DELAY_SEC_MIN} s`
              : undefined
    if (why !== undefined)
      throw new CodedError('E_CHANNEL_MISMATCH', `the channel cannot pay this agreement: ${why}`, { facts: { why } })
  }

  async function read(id: ChannelId, key: ChannelKey, signal?: AbortSignal): Promise<ChannelRecord> {
    const startMs = performance.now()
    const onChain = await chain.channelState(id, { signal })
    const known = channels.get(id)
    const record: ChannelRecord =
      known === undefined ? { ...createProviderChannel(id, key, onChain), dueSince: 0 } : { ...known, ...onChain }
    const settled = { ...record, dueSince: record.cumulative > record.settled ? record.dueSince : 0 }
    if (known === undefined && channels.size >= CHANNELS_MAX) {
      throw new CodedError('E_BUSY', 'this provider serves too many buyers', { facts: { channelsMax: CHANNELS_MAX } })
    }
    channels.set(id, settled)
    readAtMs.set(id, startMs)
    await records.store.commit([records.channels.put(id, settled)])
    return settled
  }

  /** Our own books of an agreement, if it is one that this channel pays. */
  function bookOf(channel: ChannelId, agreement: Hash): ReceiptBook | undefined {
    const state = engine().get(agreement as AgreementId)
    return state !== undefined && sameHex(state.channel, channel) ? state : undefined
  }

  function take(id: ChannelId, amount: Wei): void {
    reserved.set(id, (reserved.get(id) ?? 0n) + amount)
  }

  return {
    async reserve(key, buyer, amount, signal) {
      checkKey(key, buyer)
      const id = channelId(key)
      let channel = channels.get(id)
      const ageMs = performance.now() - (readAtMs.get(id) ?? Number.NEGATIVE_INFINITY)
      const usable = channel !== undefined && free(channel) >= amount && channel.closeAt === 0 && ageMs < CHAIN_STALE_MS
      if (channel === undefined || !usable) channel = await read(id, key, signal)
      // In the background, so that a slow chain does not slow down jobs; what it says counts for the next one.
      else if (ageMs > CHAIN_FRESH_MS) read(id, key).catch(() => {})
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
      take(id, amount)
    },
    take,
    release(id, amount) {
      const left = (reserved.get(id) ?? 0n) - amount
      if (left > 0n) reserved.set(id, left)
      else reserved.delete(id)
    },
    async pay(payment) {
      const id = payment.voucher.body.channel as ChannelId
      const before = channels.get(id)
      if (before === undefined)
        throw new CodedError('E_CHANNEL_UNKNOWN', 'no agreement here is paid by this channel', {
          facts: { channel: id }
        })
      await Promise.all(payment.pays.map(pay => engine().load(pay.agreement as AgreementId)))
      // From here to the commit nothing waits, so two payments cannot interleave.
      const current = channels.get(id) as ChannelRecord
      // What is applied already is not looked up again: its agreements may be paid further by now.
      const skip = Math.max(0, current.log.size - payment.fromSize)
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
        await records.store.commit([])
        return current
      }
      const next: ChannelRecord = { ...channel, dueSince: current.dueSince === 0 ? signing.nowSec() : current.dueSince }
      channels.set(id, next)
      const paid = payment.pays.slice(payment.pays.length - applied)
      const ops = paid.flatMap(pay =>
        engine().stage(pay.agreement as AgreementId, { type: 'paid', receipts: pay.sequence + 1 })
      )
      await records.store.commit([records.channels.put(id, next), ...ops])
      return next
    },
    async refresh(id, signal) {
      const known = channels.get(id)
      return known === undefined ? undefined : read(id, known.key, signal)
    },
    due: () => [...channels.values()].filter(channel => channel.voucher !== undefined && redeemable(channel) > 0n),
    all: () => [...channels.values()],
    async start() {
      for await (const [id, record] of records.channels.iterate({ limit: CHANNELS_MAX }))
        channels.set(id as ChannelId, record)
    }
  }
}

/** What redeeming the newest voucher would pay now. */
export function redeemable({ cumulative, deposit, settled }: ChannelRecord): Wei {
  const payable = cumulative < deposit ? cumulative : deposit
  return payable > settled ? payable - settled : 0n
}
