import {
  type Address,
  type ChannelKey,
  CodedError,
  type Hex,
  sameHex,
  toHex,
  type UnixSec,
  type Wei
} from '@archipel/protocol'
import { escrowInterface, tokenInterface } from '../contract/interfaces.ts'
import type { CallOptions } from '../rpc/rpc.ts'
import type { CostEstimate } from '../transactions/fees.ts'
import type { TxReceipt } from '../transactions/receipt.ts'
import type { Sender, SendOptions } from '../transactions/sender.ts'
import type { Call } from '../transactions/simulate.ts'
import { type EscrowEvent, type EventOf, escrowEvents } from './events.ts'
import type { ChainReads } from './reads.ts'
import { packRecords, type Redeemable } from './voucher-records.ts'

/** What is done with the escrow, by name and with what it needs. */
export type Operation =
  | { readonly name: 'deposit' | 'withdraw'; readonly amount: Wei; readonly to?: Address | undefined }
  | { readonly name: 'open'; readonly key: ChannelKey; readonly amount: Wei }
  | { readonly name: 'redeem' | 'redeemAndClose'; readonly voucher: Redeemable }
  | { readonly name: 'redeemMany'; readonly vouchers: readonly Redeemable[] }
  | { readonly name: 'requestClose' | 'close'; readonly key: ChannelKey }

/**
 * Transactions of one account. Each is simulated first, so that one that cannot succeed costs nothing, and resolves
 * once it is mined as deep as the chain object was told; see {@link Sender.send} for the errors. Whoever does not know
 * how one ended may redeem and close again: while that is under way it is waited for, and later it fails when simulated.
 * Deposits, withdrawals and top-ups take effect again, so look at the balance or the channel first.
 */
export interface ChainWrites {
  /** Moves tokens into the sender's balance in the escrow, approving exactly `amount` first if that is needed. */
  deposit(amount: Wei, options?: SendOptions): Promise<TxReceipt & { readonly credited: Wei }>
  /** Moves tokens out of the sender's balance in the escrow, to the sender unless `to` says otherwise. */
  withdraw(amount: Wei, options?: SendOptions & { to?: Address }): Promise<TxReceipt>
  /** Moves `amount` from the sender's balance into the channel: opens it or tops it up. */
  openChannel(key: ChannelKey, amount: Wei, options?: SendOptions): Promise<TxReceipt & { readonly deposit: Wei }>
  redeem(voucher: Redeemable, options?: SendOptions): Promise<TxReceipt & { readonly paid: Wei }>
  /** `redeem` and `close` in one transaction, for the payee: cheaper than both by themselves. */
  redeemAndClose(
    voucher: Redeemable,
    options?: SendOptions
  ): Promise<TxReceipt & { readonly paid: Wei; readonly refunded: Wei }>
  /**
   * Redeems vouchers of many channels to one payee. Those that pay nothing are skipped and reported, not in the way.
   */
  redeemMany(vouchers: readonly Redeemable[], options?: SendOptions): Promise<TxReceipt & BatchOutcome>
  requestClose(key: ChannelKey, options?: SendOptions): Promise<TxReceipt & { readonly closeAt: UnixSec }>
  close(key: ChannelKey, options?: SendOptions): Promise<TxReceipt & { readonly refunded: Wei }>
  /**
   * What an operation would cost now, for whoever must not make a loss. That of a deposit is without its approval, which
   * must be there.
   *
   * @throws what the operation itself throws before anything is sent
   */
  estimateCost(operation: Operation, options?: SendOptions): Promise<CostEstimate>
}

/** What is as good as done while the same is under way: vouchers are cumulative, and a channel closes once. */
const IDEMPOTENT: ReadonlySet<Operation['name']> = new Set(['redeem', 'redeemMany', 'requestClose', 'close'])

export interface BatchOutcome {
  /** What all vouchers together moved. */
  readonly paid: Wei
  readonly redeemed: readonly EventOf<'Redeemed'>[]
  readonly skipped: readonly EventOf<'VoucherSkipped'>[]
}

export function createChainWrites(sender: Sender, reads: ChainReads, escrow: Address, token: Address): ChainWrites {
  const send = (operation: Operation, options?: SendOptions) => sender.send(callOf(operation), options)

  function callOf(operation: Operation): Call {
    const args = argumentsOf(operation, sender.address, token)
    const data = escrowInterface.encodeFunctionData(operation.name, args) as Hex
    return { operation: operation.name, to: escrow, data, isIdempotent: IDEMPOTENT.has(operation.name) }
  }

  /** Before the approval, which would succeed, and cost gas, for tokens that are not there. */
  async function requireTokens(amount: Wei, options?: CallOptions): Promise<void> {
    const balance = await reads.tokenBalance(sender.address, options)
    if (balance >= amount) return
    throw new CodedError('E_NO_FUNDS', 'deposit: the token balance is too low', {
      facts: { operation: 'deposit', account: sender.address, balance, needed: amount },
      hint: `send tokens to ${sender.address}, or name a smaller amount`
    })
  }

  /** Exactly what is needed: a standing approval would be one more thing to trust the token and us with. */
  async function approve(amount: Wei, options?: SendOptions): Promise<void> {
    if ((await reads.allowance(sender.address, options)) >= amount) return
    const data = tokenInterface.encodeFunctionData('approve', [escrow, amount]) as Hex
    await sender.send({ operation: 'approve', to: token, data }, options)
  }

  return {
    async deposit(amount, options) {
      await requireTokens(amount, options)
      await approve(amount, options)
      const receipt = await send({ name: 'deposit', amount }, options)
      return { ...receipt, credited: one(receipt, escrow, 'Deposited').amount }
    },
    async withdraw(amount, { to, ...options } = {}) {
      return send({ name: 'withdraw', amount, to }, options)
    },
    async openChannel(key, amount, options) {
      const receipt = await send({ name: 'open', key, amount }, options)
      return { ...receipt, deposit: one(receipt, escrow, 'ChannelFunded').deposit }
    },
    async redeem(voucher, options) {
      const receipt = await send({ name: 'redeem', voucher }, options)
      return { ...receipt, paid: one(receipt, escrow, 'Redeemed').paid }
    },
    async redeemAndClose(voucher, options) {
      const receipt = await send({ name: 'redeemAndClose', voucher }, options)
      const { refunded } = one(receipt, escrow, 'ChannelClosed')
      return { ...receipt, paid: one(receipt, escrow, 'Redeemed').paid, refunded }
    },
    async redeemMany(vouchers, options) {
      const receipt = await send({ name: 'redeemMany', vouchers }, options)
      const redeemed = escrowEvents.among(receipt.logs, escrow, 'Redeemed')
      const paid = redeemed.reduce((sum, event) => sum + event.paid, 0n)
      return { ...receipt, paid, redeemed, skipped: escrowEvents.among(receipt.logs, escrow, 'VoucherSkipped') }
    },
    async requestClose(key, options) {
      const receipt = await send({ name: 'requestClose', key }, options)
      return { ...receipt, closeAt: one(receipt, escrow, 'CloseRequested').closeAt }
    },
    async close(key, options) {
      const receipt = await send({ name: 'close', key }, options)
      return { ...receipt, refunded: one(receipt, escrow, 'ChannelClosed').refunded }
    },
    estimateCost: async (operation, options) => sender.estimateCost(callOf(operation), options)
  }
}

/** What the escrow's function of that name takes. */
function argumentsOf(operation: Operation, sender: Address, token: Address): readonly unknown[] {
  switch (operation.name) {
    case 'deposit':
    case 'withdraw':
      return [token, operation.to ?? sender, operation.amount]
    case 'open':
      return [checkedKey(operation.key, token), operation.amount]
    case 'redeem':
    case 'redeemAndClose': {
      const { key, cumulative, commitment, signature } = operation.voucher
      return [checkedKey(key, token), cumulative, commitment, halves(signature)]
    }
    case 'redeemMany': {
      const { parties, records } = packRecords(operation.vouchers)
      return [parties.token, parties.payee, parties.arbiter, records]
    }
    case 'requestClose':
    case 'close':
      return [checkedKey(operation.key, token)]
  }
}

/** One chain object is one token: a key of another would move money that its balances do not show. */
export function checkedKey(key: ChannelKey, token: Address): readonly string[] {
  if (!sameHex(key.token, token)) {
    throw new CodedError('E_WRONG_TOKEN', `the channel is in ${key.token}, not ${token}`, {
      facts: { actual: key.token, expected: token }
    })
  }
  return [key.payer, key.payee, key.token, key.arbiter, key.meta]
}

/** A signature as the escrow takes it: r, and s with the parity of y in its highest bit (EIP-2098). */
export function halves(signature: Uint8Array): readonly [Hex, Hex] {
  const hex = toHex(signature)
  return [hex.slice(0, 66) as Hex, `0x${hex.slice(66)}`]
}

/** The event that a successful transaction of this kind always logs. */
export function one<Name extends EscrowEvent['name']>(receipt: TxReceipt, escrow: Address, name: Name): EventOf<Name> {
  const event = escrowEvents.among(receipt.logs, escrow, name)[0]
  if (event === undefined) {
    throw new CodedError('E_RPC_BAD_REPLY', `transaction ${receipt.hash} has no ${name} event`, {
      facts: { hash: receipt.hash }
    })
  }
  return event
}
