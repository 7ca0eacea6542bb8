import {
  type Address,
  type ChannelKey,
  CodedError,
  type Hash,
  type Hex,
  type SignedCheque,
  type SignedOpening,
  type SignedWithdrawal,
  sameHex,
  toHex,
  type UnixSec,
  type Wei
} from '@archipel/protocol'
import { AbiCoder, keccak256 } from 'ethers'
import { escrowInterface, read } from '../contract/interfaces.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import type { TxReceipt } from '../transactions/receipt.ts'
import type { Sender, SendOptions } from '../transactions/sender.ts'
import { checkedKey, halves, one } from './writes.ts'

/** An approval of the escrow by signature (EIP-2612), of the account that sends the deposit. */
export interface TokenPermit {
  readonly amount: Wei
  readonly deadline: UnixSec
  /** 64 bytes (EIP-2098), over the `Permit` in the token's own domain. */
  readonly signature: Uint8Array
}

/**
 * A transfer to the escrow by Permit2 signature: `PermitWitnessTransferFrom` with the escrow as spender and the witness
 * `Deposit(address account,bytes32 channel)`, with the account that is credited and, for no channel, zero.
 */
export interface Permit2Transfer {
  readonly owner: Address
  readonly amount: Wei
  /** One of Permit2's own. */
  readonly nonce: bigint
  readonly deadline: UnixSec
  readonly signature: Uint8Array
}

/**
 * A transfer to the escrow by EIP-3009 signature: `ReceiveWithAuthorization` from `owner` to the escrow, in the token's own
 * domain. Its nonce is {@link nonceOfAuthorization}, which binds it to the account that is credited.
 */
export interface TokenAuthorization {
  readonly owner: Address
  readonly amount: Wei
  /** Good after this second… */
  readonly validAfter: UnixSec
  /** …and before this one. */
  readonly validBefore: UnixSec
  /** Any number that makes the nonce a new one. */
  readonly salt: Hash
  readonly signature: Uint8Array
}

/** The nonce that an EIP-3009 signature has which credits `to`. */
export function nonceOfAuthorization(to: Address, salt: Hash): Hash {
  return keccak256(AbiCoder.defaultAbiCoder().encode(['address', 'bytes32'], [to, salt])) as Hash
}

/**
 * Transactions that carry what somebody else signed, and deposits that need no approval before. Whoever signed an order
 * pays no gas; where it names a fee, that goes to the balance of the account that sends it. All errors are those of
 * {@link Sender.send}; an order that was brought before is E_NONCE_USED.
 */
export interface ChainOrders {
  openWithSig(order: SignedOpening, options?: SendOptions): Promise<TxReceipt & { readonly deposit: Wei }>
  withdrawFor(order: SignedWithdrawal, options?: SendOptions): Promise<TxReceipt & { readonly amount: Wei }>
  cashCheque(cheque: SignedCheque, options?: SendOptions): Promise<TxReceipt & { readonly paid: Wei }>
  /** Makes the sender's nonces `256 * word + i` unusable, for each bit i of `mask`. */
  cancelNonces(word: bigint, mask: bigint, options?: SendOptions): Promise<TxReceipt>
  /** Whether the account has used the nonce for an order, or cancelled it. */
  isNonceUsed(account: Address, nonce: number, options?: CallOptions): Promise<boolean>
  /** Moves the sender's tokens into its balance, or that of `to`. */
  depositWithPermit(
    permit: TokenPermit,
    options?: SendOptions & { to?: Address }
  ): Promise<TxReceipt & { readonly credited: Wei }>
  /** Moves the tokens of `transfer.owner`, who signed, into the balance of `to`, whom the signature names. */
  depositWithPermit2(
    transfer: Permit2Transfer,
    to: Address,
    options?: SendOptions
  ): Promise<TxReceipt & { readonly credited: Wei }>
  /** Moves the tokens of `transfer.owner` into a channel, which the signature names with its payer. */
  depositAndOpenWithPermit2(
    key: ChannelKey,
    transfer: Permit2Transfer,
    options?: SendOptions
  ): Promise<TxReceipt & { readonly deposit: Wei }>
  /** Moves the tokens of `authorization.owner`, who signed, into the balance of `to`, whom its nonce names. */
  depositWithAuthorization(
    authorization: TokenAuthorization,
    to: Address,
    options?: SendOptions
  ): Promise<TxReceipt & { readonly credited: Wei }>
}

export function createChainOrders(rpc: Rpc, sender: Sender, escrow: Address, token: Address): ChainOrders {
  const send = (method: string, args: readonly unknown[], options?: SendOptions) =>
    sender.send(
      { operation: method, to: escrow, data: escrowInterface.encodeFunctionData(method, args) as Hex },
      options
    )

  return {
    async openWithSig({ body, signature }, options) {
      const { channel, amount, fee, nonce, expiresAt } = body
      const order = [checkedKey(channel, token), amount, fee, nonce, expiresAt]
      const receipt = await send('openWithSig', [order, toHex(signature)], options)
      return { ...receipt, deposit: one(receipt, escrow, 'ChannelFunded').deposit }
    },
    async withdrawFor({ body, signature }, options) {
      const { account, to, amount, fee, nonce, expiresAt } = body
      const order = [account, checkedToken(body.token, token), to, amount, fee, nonce, expiresAt]
      const receipt = await send('withdrawFor', [order, toHex(signature)], options)
      return { ...receipt, amount: one(receipt, escrow, 'Withdrawn').amount }
    },
    async cashCheque({ body, signature }, options) {
      const { payer, payee, nonce, amount, expiresAt } = body
      const cheque = [payer, payee, checkedToken(body.token, token), nonce, amount, expiresAt]
      const receipt = await send('cashCheque', [cheque, toHex(signature)], options)
      return { ...receipt, paid: one(receipt, escrow, 'ChequeCashed').amount }
    },
    cancelNonces: async (word, mask, options) => send('cancelNonces', [word, mask], options),
    async isNonceUsed(account, nonce, options) {
      const word = BigInt(nonce) >> 8n
      const question = { to: escrow, via: escrowInterface, method: 'nonceBitmap', args: [account, word] }
      const [bitmap] = await read(rpc, question, options)
      return ((BigInt(bitmap) >> (BigInt(nonce) & 0xffn)) & 1n) === 1n
    },
    async depositWithPermit({ amount, deadline, signature }, { to, ...options } = {}) {
      const [r, vs] = halves(signature)
      const args = [token, to ?? sender.address, amount, deadline, parityOf(vs), r, sOf(vs)]
      const receipt = await send('depositWithPermit', args, options)
      return { ...receipt, credited: one(receipt, escrow, 'Deposited').amount }
    },
    async depositWithPermit2({ owner, amount, nonce, deadline, signature }, to, options) {
      const args = [token, to, [owner, amount, nonce, deadline], toHex(signature)]
      const receipt = await send('depositWithPermit2', args, options)
      return { ...receipt, credited: one(receipt, escrow, 'Deposited').amount }
    },
    async depositAndOpenWithPermit2(key, { owner, amount, nonce, deadline, signature }, options) {
      const args = [checkedKey(key, token), [owner, amount, nonce, deadline], toHex(signature)]
      const receipt = await send('depositAndOpenWithPermit2', args, options)
      return { ...receipt, deposit: one(receipt, escrow, 'ChannelFunded').deposit }
    },
    async depositWithAuthorization({ owner, amount, validAfter, validBefore, salt, signature }, to, options) {
      const [r, vs] = halves(signature)
      const args = [token, to, [owner, amount, validAfter, validBefore, salt], parityOf(vs), r, sOf(vs)]
      const receipt = await send('depositWithAuthorization', args, options)
      return { ...receipt, credited: one(receipt, escrow, 'Deposited').amount }
    }
  }
}

/** One chain object is one token. */
function checkedToken(actual: Address, expected: Address): Address {
  if (sameHex(actual, expected)) return actual
  throw new CodedError('E_WRONG_TOKEN', `the order is in ${actual}, not ${expected}`, { facts: { actual, expected } })
}

const PARITY = 1n << 255n

function parityOf(vs: Hex): number {
  return (BigInt(vs) & PARITY) === 0n ? 27 : 28
}

function sOf(vs: Hex): Hex {
  return `0x${(BigInt(vs) & (PARITY - 1n)).toString(16).padStart(64, '0')}`
}
