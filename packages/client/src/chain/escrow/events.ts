import type { Address, ChannelId, ChannelKey, Hash, UnixSec, Wei } from '@archipel/protocol'
import { codeOfSelector } from '../contract/decode-revert.ts'
import { createEventCodec, type EventPlace, hexOf as hex, weiOf as wei } from '../contract/event-codec.ts'
import { escrowInterface } from '../contract/interfaces.ts'

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

export const ORDER_EVENTS = [
  'ChequeCashed',
  'RelayerPaid',
  'NoncesCancelled'
] as const satisfies readonly OrderEvent['name'][]

/** What the logs of the escrow mean. */
export const escrowEvents = createEventCodec<EscrowEvent>(escrowInterface, {
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
})
