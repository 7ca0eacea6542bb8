import type { Address, ChannelId, ChannelKey, Hash, Hex, UnixSec, Wei } from '@archipel/protocol'
import { concat, EventFragment } from 'ethers'
import { codeOfSelector } from '../contract/decode-revert.ts'
import { escrowInterface } from '../contract/interfaces.ts'
import type { RawLog } from '../transactions/receipt.ts'

/** Where on the chain an event is; `logIndex` orders the events of one block. */
export interface EventPlace {
  readonly blockNumber: number
  readonly logIndex: number
  readonly transactionHash: Hex
}

/** What happened to one channel. Amounts are in the smallest unit of the channel's token. */
export type ChannelEvent = EventPlace & { readonly id: ChannelId } & (
    | ({ readonly name: 'ChannelOpened' } & ChannelKey)
    /** `amount` came in from the balance of `from`; the channel has now been given `deposit` in all. */
    | { readonly name: 'ChannelFunded'; readonly from: Address; readonly amount: Wei; readonly deposit: Wei }
    /** `paid` moved to the payee; `cumulative` is what the voucher promised. */
    | { readonly name: 'Redeemed'; readonly paid: Wei; readonly cumulative: Wei; readonly commitment: Hash }
    /** The arbiter awarded `amount`, of which `paid` moved to the payee and left the deposit. */
    | { readonly name: 'RedeemedByArbiter'; readonly paid: Wei; readonly amount: Wei; readonly ref: Hash }
    /** A batch left this voucher out; `code` is the error that redeeming it alone gives. */
    | { readonly name: 'VoucherSkipped'; readonly cumulative: Wei; readonly code: string }
    | { readonly name: 'CloseRequested'; readonly closeAt: UnixSec }
    | { readonly name: 'ChannelClosed'; readonly refunded: Wei }
    /** The arbiter lets only the payee close before `until`. */
    | { readonly name: 'ChannelHeld'; readonly until: UnixSec }
    | { readonly name: 'ChannelReleased' }
  )

/** What happened to an account's balance outside of channels. */
export type BalanceEvent = EventPlace & { readonly token: Address; readonly account: Address; readonly amount: Wei } & (
    | { readonly name: 'Deposited'; readonly from: Address }
    | { readonly name: 'Withdrawn'; readonly to: Address }
  )

/** What an account had others do with its balance by a signature, or no longer lets them do. */
export type OrderEvent = EventPlace &
  (
    | {
        /** `amount` moved from the balance of `payer` to that of `payee`. */
        readonly name: 'ChequeCashed'
        readonly token: Address
        readonly payer: Address
        readonly payee: Address
        readonly amount: Wei
        /** Tells the cheque from all others of this payer. */
        readonly nonce: bigint
      }
    | {
        /** `amount` moved from the balance of `account` to that of `relayer`, who brought its order. */
        readonly name: 'RelayerPaid'
        readonly token: Address
        readonly account: Address
        readonly relayer: Address
        readonly amount: Wei
      }
    /** `account` will not use the nonces `256 * word + i` for which bit i of `mask` is set. */
    | { readonly name: 'NoncesCancelled'; readonly account: Address; readonly word: bigint; readonly mask: bigint }
  )

export type EscrowEvent = ChannelEvent | BalanceEvent | OrderEvent

export type EventOf<Name extends EscrowEvent['name']> = Extract<EscrowEvent, { name: Name }>

export const CHANNEL_EVENTS = [
  'ChannelOpened',
  'ChannelFunded',
  'Redeemed',
  'RedeemedByArbiter',
  'VoucherSkipped',
  'CloseRequested',
  'ChannelClosed',
  'ChannelHeld',
  'ChannelReleased'
] as const satisfies readonly ChannelEvent['name'][]

export const BALANCE_EVENTS = ['Deposited', 'Withdrawn'] as const satisfies readonly BalanceEvent['name'][]

/** ethers hashes a signature again on every look-up, and histories are long: fragments are found here by topic. */
const FRAGMENTS: ReadonlyMap<string, EventFragment> = new Map(
  escrowInterface.fragments
    .filter((fragment): fragment is EventFragment => fragment instanceof EventFragment)
    .map(fragment => [fragment.topicHash, fragment])
)

const TOPICS: ReadonlyMap<string, Hex> = new Map([...FRAGMENTS].map(([topic, { name }]) => [name, topic as Hex]))

/** First topic of an event's logs: the hash of its signature. */
export function topicOf(name: EscrowEvent['name']): Hex {
  return TOPICS.get(name)!
}

/** @returns undefined for a log that is not one of the escrow's own, or not of that event's shape */
export function decodeEvent(log: RawLog): EscrowEvent | undefined {
  const fragment = FRAGMENTS.get(log.topics[0] ?? '')
  const fields = FIELDS[fragment?.name as EscrowEvent['name']]
  if (fragment === undefined || fields === undefined) return undefined
  const values = decodeValues(fragment, log)
  if (values === undefined) return undefined
  return { ...placeOf(log), name: fragment.name, ...fields(name => values.get(name)) } as EscrowEvent
}

function decodeValues(fragment: EventFragment, { topics, data }: RawLog): Map<string, unknown> | undefined {
  const indexed = fragment.inputs.filter(input => input.indexed)
  const plain = fragment.inputs.filter(input => !input.indexed)
  try {
    const coder = escrowInterface.getAbiCoder()
    const fromTopics = coder.decode(indexed, concat(topics.slice(1)))
    const fromData = coder.decode(plain, data)
    return new Map([
      ...indexed.map((input, i) => [input.name, fromTopics[i]] as const),
      ...plain.map((input, i) => [input.name, fromData[i]] as const)
    ])
  } catch {
    return undefined
  }
}

/** The events of one kind among the logs of a transaction. */
export function eventsIn<Name extends EscrowEvent['name']>(
  logs: readonly RawLog[],
  escrow: Address,
  name: Name
): EventOf<Name>[] {
  const ours = logs.filter(log => log.address.toLowerCase() === escrow.toLowerCase() && log.topics[0] === topicOf(name))
  return ours.map(log => decodeEvent(log) as EventOf<Name>)
}

function placeOf({ blockNumber, logIndex, transactionHash }: RawLog): EventPlace {
  return { blockNumber: Number(blockNumber), logIndex: Number(logIndex), transactionHash }
}

type Read = (name: string) => unknown

const hex = (value: unknown): Hex => String(value).toLowerCase() as Hex
const wei = (value: unknown): Wei => value as bigint

const FIELDS: Record<EscrowEvent['name'], (read: Read) => Record<string, unknown>> = {
  ChannelOpened: read => ({
    id: hex(read('id')),
    payer: hex(read('payer')),
    payee: hex(read('payee')),
    token: hex(read('token')),
    arbiter: hex(read('arbiter')),
    meta: hex(read('meta'))
  }),
  ChannelFunded: read => ({
    id: hex(read('id')),
    from: hex(read('from')),
    amount: wei(read('amount')),
    deposit: wei(read('deposit'))
  }),
  Redeemed: read => ({
    id: hex(read('id')),
    paid: wei(read('paid')),
    cumulative: wei(read('cumulative')),
    commitment: hex(read('commitment'))
  }),
  RedeemedByArbiter: read => ({
    id: hex(read('id')),
    paid: wei(read('paid')),
    amount: wei(read('amount')),
    ref: hex(read('ref'))
  }),
  VoucherSkipped: read => ({
    id: hex(read('id')),
    cumulative: wei(read('cumulative')),
    code: codeOfSelector(hex(read('reason')))
  }),
  CloseRequested: read => ({ id: hex(read('id')), closeAt: Number(read('closeAt')) }),
  ChannelClosed: read => ({ id: hex(read('id')), refunded: wei(read('refunded')) }),
  ChannelHeld: read => ({ id: hex(read('id')), until: Number(read('untilSec')) }),
  ChannelReleased: read => ({ id: hex(read('id')) }),
  ChequeCashed: read => ({
    token: hex(read('token')),
    payer: hex(read('payer')),
    payee: hex(read('payee')),
    amount: wei(read('amount')),
    nonce: read('nonce')
  }),
  RelayerPaid: read => ({
    token: hex(read('token')),
    account: hex(read('account')),
    relayer: hex(read('relayer')),
    amount: wei(read('amount'))
  }),
  NoncesCancelled: read => ({ account: hex(read('account')), word: read('word'), mask: read('mask') }),
  Deposited: read => ({
    token: hex(read('token')),
    account: hex(read('account')),
    from: hex(read('from')),
    amount: wei(read('amount'))
  }),
  Withdrawn: read => ({
    token: hex(read('token')),
    account: hex(read('account')),
    to: hex(read('to')),
    amount: wei(read('amount'))
  })
}
