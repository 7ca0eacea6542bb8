import {
  type Address,
  CodedError,
  type Equivocation,
  type Harm,
  type Hash,
  type Hex,
  type OfferEquivocation,
  offerWords,
  type ReceiptEquivocation,
  type SignedKeyPossession,
  sameHex,
  toHex,
  type UnixSec,
  type Wei
} from '@archipel/protocol'
import type { LogDescription } from 'ethers'
import { bondsInterface, tokenInterface } from '../contract/interfaces.ts'
import { bidArg, channelArg, receiptArg } from '../contract/structs.ts'
import type { CostEstimate } from '../transactions/fees.ts'
import type { TxReceipt } from '../transactions/receipt.ts'
import type { Call, Sender, SendOptions } from '../transactions/sender.ts'
import type { BondsReads } from './reads.ts'

/** What a slash paid and burnt; together, what it cost the bond's owner. */
export interface Slashed {
  readonly owner: Address
  /** What the contract calls the fault. */
  readonly fault: Hash
  readonly paidHarmed: Wei
  readonly paidReporter: Wei
  readonly burned: Wei
}

export interface SlashOptions extends SendOptions {
  /** Whose work the receipts were for. */
  harm?: Harm | undefined
}

/**
 * Transactions of one account towards Bonds, simulated first and awaited as those of the escrow are. Who does not know how
 * one ended may send it again, but for `bond` and `requestExit`: look at the bond before.
 */
export interface BondsWrites {
  /** Makes the sender answer for a node's key, for ever. */
  registerKey(possession: SignedKeyPossession, options?: SendOptions): Promise<TxReceipt>
  /** Adds tokens to the sender's bond, or another's, approving exactly `amount` first if that is needed. */
  bond(amount: Wei, options?: SendOptions & { owner?: Address }): Promise<TxReceipt & { readonly credited: Wei }>
  requestExit(amount: Wei, options?: SendOptions): Promise<TxReceipt & { readonly exitAt: UnixSec }>
  cancelExit(options?: SendOptions): Promise<TxReceipt>
  /** Takes out what was asked for, once it is time; to the sender unless `to` says otherwise. */
  exit(options?: SendOptions & { to?: Address }): Promise<TxReceipt & { readonly paid: Wei }>
  /** Lets an arbiter slash up to `cap`, from now on; the same `cap` again takes back a reduction. */
  expose(arbiter: Address, cap: Wei, options?: SendOptions): Promise<TxReceipt>
  requestReduce(arbiter: Address, cap: Wei, options?: SendOptions): Promise<TxReceipt & { readonly reduceAt: UnixSec }>
  reduce(arbiter: Address, options?: SendOptions): Promise<TxReceipt & { readonly cap: Wei }>
  /**
   * Has a contradiction punished, and the payer compensated when `harm` is given. The sender is the reporter.
   *
   * @throws CodedError E_WRONG_TOKEN for a harm in another token, and as all of these do
   */
  slashEquivocation(proof: Equivocation, options?: SlashOptions): Promise<TxReceipt & Slashed>
  /** What that would cost now. @throws CodedError as it does, before anything is sent */
  slashCost(proof: Equivocation, options?: SlashOptions): Promise<CostEstimate>
  /** Takes what slashes have credited to the sender, to the sender unless `to` says otherwise. */
  collect(options?: SendOptions & { to?: Address }): Promise<TxReceipt & { readonly paid: Wei }>
}

/** @param bonds the Bonds contract @param token the ERC-20 that amounts are in */
export function createBondsWrites(sender: Sender, reads: BondsReads, bonds: Address, token: Address): BondsWrites {
  const send = (operation: string, args: readonly unknown[], options?: SendOptions) => {
    const data = bondsInterface.encodeFunctionData(operation, args) as Hex
    return sender.send({ operation, to: bonds, data }, options)
  }

  /** Before the approval, which would succeed, and cost gas, for tokens that are not there. */
  async function requireTokens(amount: Wei, options?: SendOptions): Promise<void> {
    const balance = await reads.tokenBalance(sender.address, options)
    if (balance >= amount) return
    throw new CodedError('E_NO_FUNDS', 'bond: the token balance is too low', {
      facts: { operation: 'bond', account: sender.address, balance, needed: amount },
      hint: `send tokens to ${sender.address}, or name a smaller amount`
    })
  }

  /** Exactly what is needed: a standing approval would be one more thing to trust the token and us with. */
  async function approve(amount: Wei, options?: SendOptions): Promise<void> {
    if ((await reads.bondAllowance(sender.address, options)) >= amount) return
    const data = tokenInterface.encodeFunctionData('approve', [bonds, amount]) as Hex
    await sender.send({ operation: 'approve', to: token, data }, options)
  }

  return {
    registerKey({ body, signature }, options) {
      return send('registerKey', [body.key, toHex(signature)], options)
    },
    async bond(amount, { owner = sender.address, ...options } = {}) {
      await requireTokens(amount, options)
      await approve(amount, options)
      const receipt = await send('bond', [token, owner, amount], options)
      return { ...receipt, credited: one(receipt, bonds, 'Bonded').amount }
    },
    async requestExit(amount, options) {
      const receipt = await send('requestExit', [token, amount], options)
      return { ...receipt, exitAt: Number(one(receipt, bonds, 'ExitRequested').exitAt) }
    },
    cancelExit: options => send('cancelExit', [token], options),
    async exit({ to = sender.address, ...options } = {}) {
      const receipt = await send('exit', [token, to], options)
      return { ...receipt, paid: one(receipt, bonds, 'Exited').amount }
    },
    expose: (arbiter, cap, options) => send('expose', [token, arbiter, cap], options),
    async requestReduce(arbiter, cap, options) {
      const receipt = await send('requestReduce', [token, arbiter, cap], options)
      return { ...receipt, reduceAt: Number(one(receipt, bonds, 'ReductionRequested').reduceAt) }
    },
    async reduce(arbiter, options) {
      const receipt = await send('reduce', [token, arbiter], options)
      return { ...receipt, cap: one(receipt, bonds, 'Exposed').cap }
    },
    async slashEquivocation(proof, { harm, ...options } = {}) {
      const receipt = await sender.send(slashCall(proof, harm), options)
      const { owner, ref, paidHarmed, paidReporter, burned } = one(receipt, bonds, 'Slashed')
      return { ...receipt, owner: owner.toLowerCase() as Address, fault: ref, paidHarmed, paidReporter, burned }
    },
    slashCost: async (proof, { harm, ...options } = {}) => sender.estimateCost(slashCall(proof, harm), options),
    async collect({ to = sender.address, ...options } = {}) {
      const receipt = await send('collect', [token, to], options)
      return { ...receipt, paid: one(receipt, bonds, 'Collected').amount }
    }
  }

  /** Doing it twice is doing it once: the contract remembers each fault. */
  function slashCall(proof: Equivocation, harm: Harm | undefined): Call {
    const [operation, args] = slashArguments(proof, harm)
    const data = bondsInterface.encodeFunctionData(operation, args) as Hex
    return { operation, to: bonds, data, isIdempotent: true }
  }

  function slashArguments(proof: Equivocation, harm: Harm | undefined): [operation: string, args: unknown[]] {
    if (proof.kind === 'offers') return ['slashOffers', [token, offersOf(proof)]]
    if (harm === undefined) return ['slashReceipts', [token, receiptsOf(proof)]]
    if (!sameHex(harm.channel.token, token)) throw wrongToken(harm.channel.token, token)
    return ['slashReceiptsFor', [receiptsOf(proof), [bidArg(harm.bid), channelArg(harm.channel)]]]
  }
}

/** Values in the order of a Solidity struct's fields, as ethers wants them. */
function receiptsOf({ key, first, second }: ReceiptEquivocation): unknown[] {
  return [key, receiptArg(first.body), receiptArg(second.body), toHex(first.signature), toHex(second.signature)]
}

function offersOf({ first, second }: OfferEquivocation): unknown[] {
  return [offerWords(first.body), offerWords(second.body), toHex(first.signature), toHex(second.signature)]
}

/** The event that a successful transaction of this kind always logs, its last one if there are several. */
function one(receipt: TxReceipt, bonds: Address, name: string): LogDescription['args'] {
  for (const log of receipt.logs.toReversed()) {
    if (!sameHex(log.address, bonds)) continue
    const event = bondsInterface.parseLog({ topics: [...log.topics], data: log.data })
    if (event?.name === name) return event.args
  }
  throw new CodedError('E_RPC_BAD_REPLY', `transaction ${receipt.hash} has no ${name} event`, {
    facts: { hash: receipt.hash }
  })
}

function wrongToken(actual: Address, expected: Address): CodedError {
  return new CodedError('E_WRONG_TOKEN', `the channel is in ${actual}, not ${expected}`, {
    facts: { actual, expected }
  })
}
