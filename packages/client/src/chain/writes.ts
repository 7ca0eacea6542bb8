import { type Address, type ChannelKey, CodedError, sameHex, toHex, type UnixSec, type Wei } from '@archipel/protocol'
import { type EscrowEvent, type EventOf, eventsIn } from './events.ts'
import { escrowInterface, tokenInterface } from './interfaces.ts'
import type { ChainReads } from './reads.ts'
import type { TxReceipt } from './receipt.ts'
import type { CallOptions } from './rpc.ts'
import type { Sender } from './sender.ts'
import { packRecords, type Redeemable } from './voucher-records.ts'

/**
 * Transactions of one account. Each is simulated first, so that one that cannot succeed costs nothing, and resolves
 * once it is mined; see {@link Sender.send} for the errors.
 */
export interface ChainWrites {
  /** Moves tokens into the sender's balance in the escrow, approving exactly `amount` first if that is needed. */
  deposit(amount: Wei, options?: CallOptions): Promise<TxReceipt & { readonly credited: Wei }>
  /** Moves tokens out of the sender's balance in the escrow, to the sender unless `to` says otherwise. */
  withdraw(amount: Wei, options?: CallOptions & { to?: Address }): Promise<TxReceipt>
  /** Moves `amount` from the sender's balance into the channel: opens it or tops it up. */
  openChannel(key: ChannelKey, amount: Wei, options?: CallOptions): Promise<TxReceipt & { readonly deposit: Wei }>
  redeem(voucher: Redeemable, options?: CallOptions): Promise<TxReceipt & { readonly paid: Wei }>
  /**
   * Redeems vouchers of many channels to one payee. Those that pay nothing are skipped and reported, not in the way.
   */
  redeemMany(vouchers: readonly Redeemable[], options?: CallOptions): Promise<TxReceipt & BatchOutcome>
  requestClose(key: ChannelKey, options?: CallOptions): Promise<TxReceipt & { readonly closeAt: UnixSec }>
  close(key: ChannelKey, options?: CallOptions): Promise<TxReceipt & { readonly refunded: Wei }>
}

export interface BatchOutcome {
  /** What all vouchers together moved. */
  readonly paid: Wei
  readonly redeemed: readonly EventOf<'Redeemed'>[]
  readonly skipped: readonly EventOf<'VoucherSkipped'>[]
}

export function createChainWrites(sender: Sender, reads: ChainReads, escrow: Address, token: Address): ChainWrites {
  const send = (operation: string, method: string, args: readonly unknown[], options?: CallOptions) =>
    sender.send({ operation, to: escrow, data: escrowInterface.encodeFunctionData(method, args) as Address }, options)

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
  async function approve(amount: Wei, options?: CallOptions): Promise<void> {
    if ((await reads.allowance(sender.address, options)) >= amount) return
    const data = tokenInterface.encodeFunctionData('approve', [escrow, amount]) as Address
    await sender.send({ operation: 'approve', to: token, data }, options)
  }

  return {
    async deposit(amount, options) {
      await requireTokens(amount, options)
      await approve(amount, options)
      const receipt = await send('deposit', 'deposit', [token, sender.address, amount], options)
      return { ...receipt, credited: one(receipt, escrow, 'Deposited').amount }
    },
    async withdraw(amount, { to = sender.address, signal } = {}) {
      return send('withdraw', 'withdraw', [token, to, amount], { signal })
    },
    async openChannel(key, amount, options) {
      const receipt = await send('open', 'open', [checkedKey(key, token), amount], options)
      return { ...receipt, deposit: one(receipt, escrow, 'ChannelFunded').deposit }
    },
    async redeem({ key, cumulative, commitment, signature }, options) {
      const receipt = await send(
        'redeem',
        'redeem',
        [checkedKey(key, token), cumulative, commitment, toHex(signature)],
        options
      )
      return { ...receipt, paid: one(receipt, escrow, 'Redeemed').paid }
    },
    async redeemMany(vouchers, options) {
      const { parties, records } = packRecords(vouchers)
      const receipt = await send(
        'redeemMany',
        'redeemMany',
        [parties.token, parties.payee, parties.arbiter, records],
        options
      )
      const redeemed = eventsIn(receipt.logs, escrow, 'Redeemed')
      const paid = redeemed.reduce((sum, event) => sum + event.paid, 0n)
      return { ...receipt, paid, redeemed, skipped: eventsIn(receipt.logs, escrow, 'VoucherSkipped') }
    },
    async requestClose(key, options) {
      const receipt = await send('requestClose', 'requestClose', [checkedKey(key, token)], options)
      return { ...receipt, closeAt: one(receipt, escrow, 'CloseRequested').closeAt }
    },
    async close(key, options) {
      const receipt = await send('close', 'close', [checkedKey(key, token)], options)
      return { ...receipt, refunded: one(receipt, escrow, 'ChannelClosed').refunded }
    }
  }
}

/** One chain object is one token: a key of another would move money that its balances do not show. */
function checkedKey(key: ChannelKey, token: Address): readonly string[] {
  if (!sameHex(key.token, token)) {
    throw new CodedError('E_WRONG_TOKEN', `the channel is in ${key.token}, not ${token}`, {
      facts: { actual: key.token, expected: token }
    })
  }
  return [key.payer, key.payee, key.token, key.arbiter, key.meta]
}

/** The event that a successful transaction of this kind always logs. */
function one<Name extends EscrowEvent['name']>(receipt: TxReceipt, escrow: Address, name: Name): EventOf<Name> {
  const event = eventsIn(receipt.logs, escrow, name)[0]
  if (event === undefined) {
    throw new CodedError('E_RPC_BAD_REPLY', `transaction ${receipt.hash} has no ${name} event`, {
      facts: { hash: receipt.hash }
    })
  }
  return event
}
