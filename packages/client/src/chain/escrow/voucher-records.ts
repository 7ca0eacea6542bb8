import {
  type ChannelKey,
  CodedError,
  fromHex,
  type Hex,
  sameHex,
  toHex,
  uintToBytes,
  type Voucher
} from '@archipel/protocol'
import { REDEEM_RECORDS_MAX } from '../limits.ts'

/** A voucher ready to be redeemed: the key of its channel, what was signed of it, and the signature. */
export interface Redeemable extends Pick<Voucher, 'cumulative' | 'commitment'> {
  readonly key: ChannelKey
  /** 64 bytes, EIP-2098. */
  readonly signature: Uint8Array
}

/** What all vouchers of one batch have in common. */
export type BatchParties = Pick<ChannelKey, 'token' | 'payee' | 'arbiter'>

/**
 * Packs vouchers the way `Escrow.redeemMany` takes them: `payer 20 ‖ meta 32 ‖ cumulative 16 ‖ commitment 32 ‖
 * signature 64`, one after the other.
 *
 * @throws CodedError E_BATCH_INVALID when empty, too many, or not all to one payee in one token under one arbiter
 */
export function packRecords(vouchers: readonly Redeemable[]): { parties: BatchParties; records: Hex } {
  const first = vouchers[0]?.key
  if (first === undefined || vouchers.length > REDEEM_RECORDS_MAX) {
    throw batchInvalid(`a batch has 1 to ${REDEEM_RECORDS_MAX} vouchers`, { count: vouchers.length })
  }
  const { token, payee, arbiter } = first
  const stranger = vouchers.find(({ key }) => !isAlike(key, first))
  if (stranger !== undefined) throw batchInvalid('a batch has one token, payee and arbiter', { ...stranger.key })
  const parts = vouchers.map(({ key, cumulative, commitment, signature }) => [
    fromHex(key.payer, 20),
    fromHex(key.meta, 32),
    uintToBytes(cumulative, 16),
    fromHex(commitment, 32),
    fromHex(toHex(signature), 64)
  ])
  return {
    parties: { token, payee, arbiter },
    records: `0x${parts
      .flat()
      .map(part => toHex(part).slice(2))
      .join('')}`
  }
}

function isAlike(a: ChannelKey, b: ChannelKey): boolean {
  return sameHex(a.token, b.token) && sameHex(a.payee, b.payee) && sameHex(a.arbiter, b.arbiter)
}

function batchInvalid(message: string, facts: Record<string, unknown>): CodedError {
  return new CodedError('E_BATCH_INVALID', message, { facts })
}
