/** What an account may have done by others, as packages/contracts/src/interfaces/IEscrowOrders.sol describes it. */
import type { Address, ChannelKey } from '@archipel/protocol'
import {
  balanceOf,
  credit,
  type EscrowModel,
  fails,
  fund,
  type Moment,
  type Outcome,
  send,
  shortage,
  succeeds,
  type Told,
  unfundable,
  unreachable
} from './escrow-model.ts'

const ZERO = `0x${'00'.repeat(20)}`
const BITS = 256n

export interface Cheque {
  readonly payer: Address
  readonly payee: Address
  readonly token: Address
  readonly nonce: bigint
  readonly amount: bigint
  readonly expiresAt: bigint
}

export interface Opening {
  readonly channel: ChannelKey
  readonly amount: bigint
  readonly fee: bigint
  readonly nonce: bigint
  readonly expiresAt: bigint
}

export interface Withdrawal {
  readonly account: Address
  readonly token: Address
  readonly to: Address
  readonly amount: bigint
  readonly fee: bigint
  readonly nonce: bigint
  readonly expiresAt: bigint
}

export const usedNonces = ({ nonces }: EscrowModel, account: Address, word: bigint): bigint =>
  nonces.get(`${account}/${word}`) ?? 0n

export function cancelNonces(model: EscrowModel, { caller }: Moment, word: bigint, mask: bigint): Outcome {
  model.nonces.set(`${caller}/${word}`, usedNonces(model, caller, word) | mask)
  return succeeds([], ['NoncesCancelled', caller, word, mask])
}

export function cashCheque(model: EscrowModel, moment: Moment, cheque: Cheque, isAuthentic: boolean): Outcome {
  const { payer, payee, token, amount, nonce } = cheque
  if (payee === ZERO) return fails('AccountZero')
  const refused = unauthorised(model, moment, payer, cheque, isAuthentic) ?? shortage(model, token, payer, amount)
  if (refused !== undefined) return refused
  use(model, payer, nonce)
  credit(model, token, payer, -amount)
  credit(model, token, payee, amount)
  return succeeds([], ['ChequeCashed', payer, payee, token, amount, nonce])
}

export function openWithSig(model: EscrowModel, moment: Moment, order: Opening, isAuthentic: boolean): Outcome {
  const { channel, amount, fee, nonce } = order
  const { payer, token } = channel
  const refused =
    unauthorised(model, moment, payer, order, isAuthentic) ??
    shortage(model, token, payer, amount) ??
    shortageOfFee(model, token, payer, amount, fee) ??
    unfundable(model, channel, amount)
  if (refused !== undefined) return refused
  use(model, payer, nonce)
  credit(model, token, payer, -amount)
  const paid = payRelayer(model, moment, token, payer, fee)
  const funded = fund(model, payer, channel, amount)
  return funded.ok ? { ...funded, events: [...paid, ...funded.events] } : funded
}

export function withdrawFor(model: EscrowModel, moment: Moment, order: Withdrawal, isAuthentic: boolean): Outcome {
  const { account, token, to, amount, fee, nonce } = order
  const refused =
    unauthorised(model, moment, account, order, isAuthentic) ??
    shortage(model, token, account, amount) ??
    shortageOfFee(model, token, account, amount, fee) ??
    unreachable(model, to)
  if (refused !== undefined) return refused
  use(model, account, nonce)
  const paid = payRelayer(model, moment, token, account, fee)
  return succeeds([], ...paid, send(model, token, account, to, amount))
}

function unauthorised(
  model: EscrowModel,
  { nowSec }: Moment,
  account: Address,
  { nonce, expiresAt }: { nonce: bigint; expiresAt: bigint },
  isAuthentic: boolean
): Outcome | undefined {
  if (nowSec >= expiresAt) return fails('OrderExpired', expiresAt)
  if ((usedNonces(model, account, nonce / BITS) >> (nonce % BITS)) % 2n === 1n)
    return fails('NonceUsed', account, nonce)
  return isAuthentic ? undefined : fails('SignatureInvalid', account)
}

function shortageOfFee(
  model: EscrowModel,
  token: Address,
  account: Address,
  amount: bigint,
  fee: bigint
): Outcome | undefined {
  const left = balanceOf(model, token, account) - amount
  return fee > left ? fails('BalanceInsufficient', left, fee) : undefined
}

function use(model: EscrowModel, account: Address, nonce: bigint): void {
  const key = `${account}/${nonce / BITS}`
  model.nonces.set(key, (model.nonces.get(key) ?? 0n) | (1n << (nonce % BITS)))
}

function payRelayer(
  model: EscrowModel,
  { caller }: Moment,
  token: Address,
  account: Address,
  fee: bigint
): readonly Told[] {
  if (fee === 0n) return []
  credit(model, token, account, -fee)
  credit(model, token, caller, fee)
  return [['RelayerPaid', token, account, caller, fee]]
}
