/**
 * The escrow as its interface describes it (packages/contracts/src/interfaces/IEscrow.sol), in plain numbers. Written from
 * that text alone, so that a mistake in the contract is not repeated here. Knows no bytes, signatures or tokens: whether a
 * voucher is authentic and how much of a transfer arrives is told to it.
 */
import { type Address, type ChannelId, type ChannelKey, channelId, channelSigner, decodeMeta } from '@archipel/protocol'

export const CLOSE_DELAY_MIN_SEC = 3600n
export const CLOSE_DELAY_MAX_SEC = 30n * 86_400n
export const HOLD_SEC_MAX = 30n * 86_400n
/** A channel counts to this. */
export const AMOUNT_MAX = 2n ** 104n - 1n
const ZERO = `0x${'00'.repeat(20)}`

export interface ModelChannel {
  readonly deposit: bigint
  readonly settled: bigint
  /** UNIX second; zero: nobody asked for the close. */
  readonly closeAt: bigint
  /** UNIX second; zero: no hold. */
  readonly heldUntil: bigint
}

const NO_CHANNEL: ModelChannel = { deposit: 0n, settled: 0n, closeAt: 0n, heldUntil: 0n }

/** Mutable: a trace is long. */
export interface EscrowModel {
  readonly address: Address
  readonly balances: Map<string, bigint>
  readonly liabilities: Map<string, bigint>
  readonly channels: Map<ChannelId, ModelChannel>
  /** Used and cancelled nonces: by account and word, a bit each. */
  readonly nonces: Map<string, bigint>
}

export type Told = readonly [name: string, ...args: unknown[]]

/** What a call must come to. */
export type Outcome =
  | { readonly ok: true; readonly returns: readonly unknown[]; readonly events: readonly Told[] }
  | { readonly ok: false; readonly error: Told }

/** Who calls and when, in UNIX seconds. */
export interface Moment {
  readonly caller: Address
  readonly nowSec: bigint
}

export interface ModelVoucher {
  readonly key: ChannelKey
  readonly cumulative: bigint
  readonly commitment: string
  readonly isAuthentic: boolean
}

/** Selectors of errors, as `redeemMany` logs them. */
export type SelectorOf = (error: string) => string

export function createEscrowModel(address: Address): EscrowModel {
  return { address, balances: new Map(), liabilities: new Map(), channels: new Map(), nonces: new Map() }
}

export const balanceOf = ({ balances }: EscrowModel, token: string, account: string): bigint =>
  balances.get(`${token}/${account}`) ?? 0n

export const channelOf = ({ channels }: EscrowModel, id: ChannelId): ModelChannel => channels.get(id) ?? NO_CHANNEL

export const leftIn = ({ deposit, settled }: ModelChannel): bigint => deposit - settled

/** @param arrived what of the caller's tokens reaches the escrow */
export function deposit(model: EscrowModel, { caller }: Moment, token: Address, to: Address, arrived: bigint): Outcome {
  if (to === ZERO) return fails('AccountZero')
  if (arrived === 0n) return fails('AmountZero')
  credit(model, token, to, arrived)
  owe(model, token, arrived)
  return succeeds([arrived], ['Deposited', token, to, caller, arrived])
}

export function withdraw(model: EscrowModel, { caller }: Moment, token: Address, to: Address, amount: bigint): Outcome {
  const refused = shortage(model, token, caller, amount) ?? unreachable(model, to)
  return refused ?? succeeds([], send(model, token, caller, to, amount))
}

/** Nobody can be sent money there. */
export function unreachable(model: EscrowModel, to: Address): Outcome | undefined {
  return to === ZERO || to === model.address ? fails('RecipientInvalid', to) : undefined
}

/** Checks come first. @returns what is logged */
export function send(model: EscrowModel, token: Address, account: Address, to: Address, amount: bigint): Told {
  credit(model, token, account, -amount)
  owe(model, token, -amount)
  return ['Withdrawn', token, account, to, amount]
}

export function open(model: EscrowModel, { caller }: Moment, key: ChannelKey, amount: bigint): Outcome {
  const refused = shortage(model, key.token, caller, amount) ?? unfundable(model, key, amount)
  if (refused !== undefined) return refused
  credit(model, key.token, caller, -amount)
  return fund(model, caller, key, amount)
}

export function depositAndOpen(model: EscrowModel, { caller }: Moment, key: ChannelKey, arrived: bigint): Outcome {
  const refused = arrived === 0n ? fails('AmountZero') : unfundable(model, key, arrived)
  if (refused !== undefined) return refused
  owe(model, key.token, arrived)
  // The channel is what the money is for: the log says that it arrived from its payer's side and went there at once.
  const arrival: Told = ['Deposited', key.token, caller, caller, arrived]
  const funded = fund(model, caller, key, arrived)
  return funded.ok ? { ...funded, events: [arrival, ...funded.events] } : funded
}

export function redeem(model: EscrowModel, voucher: ModelVoucher): Outcome {
  const { key, cumulative } = voucher
  if (!voucher.isAuthentic) return fails('SignatureInvalid', channelSigner(key))
  const { paid, events } = settle(model, voucher)
  if (paid > 0n) return { ok: true, returns: [paid], events }
  const id = channelId(key)
  const { settled } = channelOf(model, id)
  return cumulative <= settled ? fails('VoucherNotIncreasing', settled, cumulative) : fails('ChannelEmpty', id)
}

/** All to one payee in one token under one arbiter. */
export function redeemMany(model: EscrowModel, vouchers: readonly ModelVoucher[], selectorOf: SelectorOf): Outcome {
  if (vouchers.length === 0) return fails('RecordsMalformed', 0n)
  let paid = 0n
  const events: Told[] = []
  for (const voucher of vouchers) {
    const id = channelId(voucher.key)
    const skip = (error: string) => events.push(['VoucherSkipped', id, voucher.cumulative, selectorOf(error)])
    // What promises nothing is skipped for that, whoever signed it.
    if (!voucher.isAuthentic && voucher.cumulative !== 0n) {
      skip('SignatureInvalid')
      continue
    }
    const one = settle(model, voucher)
    paid += one.paid
    events.push(...one.events)
    if (one.paid > 0n) continue
    skip(voucher.cumulative <= channelOf(model, id).settled ? 'VoucherNotIncreasing' : 'ChannelEmpty')
  }
  return paid > 0n ? { ok: true, returns: [paid], events } : fails('BatchPaysNothing')
}

export function requestClose(model: EscrowModel, { caller, nowSec }: Moment, key: ChannelKey): Outcome {
  const id = channelId(key)
  const channel = channelOf(model, id)
  if (caller !== key.payer && caller !== channelSigner(key)) return fails('CallerNotParty', caller)
  if (channel.closeAt !== 0n) return fails('ChannelClosing', channel.closeAt)
  if (leftIn(channel) === 0n) return fails('ChannelEmpty', id)
  const closeAt = nowSec + BigInt(decodeMeta(key.meta).closeDelaySec)
  model.channels.set(id, { ...channel, closeAt })
  return succeeds([closeAt], ['CloseRequested', id, closeAt])
}

export function close(model: EscrowModel, { caller, nowSec }: Moment, key: ChannelKey): Outcome {
  const id = channelId(key)
  const channel = channelOf(model, id)
  const refunded = leftIn(channel)
  if (refunded === 0n && channel.closeAt === 0n) return fails('ChannelEmpty', id)
  if (caller !== key.payee) {
    if (channel.closeAt === 0n || nowSec < channel.closeAt) return fails('CloseTooEarly', channel.closeAt)
    const heldUntil = least(channel.heldUntil, channel.closeAt + HOLD_SEC_MAX)
    if (nowSec < heldUntil) return fails('ChannelOnHold', heldUntil)
  }
  model.channels.set(id, { ...channel, deposit: channel.settled, closeAt: 0n })
  credit(model, key.token, key.payer, refunded)
  return succeeds([refunded], ['ChannelClosed', id, refunded])
}

export function redeemByArbiter(
  model: EscrowModel,
  { caller }: Moment,
  key: ChannelKey,
  amount: bigint,
  ref: string
): Outcome {
  if (caller !== key.arbiter) return fails('CallerNotArbiter', caller, key.arbiter)
  const id = channelId(key)
  const channel = channelOf(model, id)
  const paid = least(amount, leftIn(channel))
  if (paid === 0n) return succeeds([0n])
  model.channels.set(id, { ...channel, deposit: channel.deposit - paid })
  credit(model, key.token, key.payee, paid)
  return succeeds([paid], ['RedeemedByArbiter', id, paid, amount, ref])
}

export function hold(model: EscrowModel, { caller, nowSec }: Moment, key: ChannelKey, untilSec: bigint): Outcome {
  if (caller !== key.arbiter) return fails('CallerNotArbiter', caller, key.arbiter)
  const max = nowSec + HOLD_SEC_MAX
  if (untilSec <= nowSec || untilSec > max) return fails('HoldOutOfRange', untilSec, nowSec + 1n, max)
  const id = channelId(key)
  const channel = channelOf(model, id)
  if (untilSec <= channel.heldUntil) return succeeds([])
  model.channels.set(id, { ...channel, heldUntil: untilSec })
  return succeeds([], ['ChannelHeld', id, untilSec])
}

export function release(model: EscrowModel, { caller }: Moment, key: ChannelKey): Outcome {
  if (caller !== key.arbiter) return fails('CallerNotArbiter', caller, key.arbiter)
  const id = channelId(key)
  const channel = channelOf(model, id)
  if (channel.heldUntil === 0n) return succeeds([])
  model.channels.set(id, { ...channel, heldUntil: 0n })
  return succeeds([], ['ChannelReleased', id])
}

/** Balances, and what channels hold, are all there is to owe. */
export function isSolvent(model: EscrowModel, token: Address, tokenOf: (id: ChannelId) => string): boolean {
  let owed = 0n
  for (const [key, amount] of model.balances) if (key.startsWith(`${token}/`)) owed += amount
  for (const [id, channel] of model.channels) if (tokenOf(id) === token) owed += leftIn(channel)
  return owed === (model.liabilities.get(token) ?? 0n)
}

function settle(
  model: EscrowModel,
  { key, cumulative, commitment }: ModelVoucher
): { paid: bigint; events: readonly Told[] } {
  const id = channelId(key)
  const channel = channelOf(model, id)
  const covered = least(cumulative, channel.deposit)
  if (covered <= channel.settled) return { paid: 0n, events: [] }
  const paid = covered - channel.settled
  model.channels.set(id, { ...channel, settled: covered })
  credit(model, key.token, key.payee, paid)
  return { paid, events: [['Redeemed', id, paid, cumulative, commitment]] }
}

export function unfundable(model: EscrowModel, key: ChannelKey, amount: bigint): Outcome | undefined {
  if (key.payer === ZERO || key.payee === ZERO) return fails('AccountZero')
  const delaySec = BigInt(decodeMeta(key.meta).closeDelaySec)
  if (delaySec < CLOSE_DELAY_MIN_SEC || delaySec > CLOSE_DELAY_MAX_SEC) {
    return fails('CloseDelayOutOfRange', delaySec, CLOSE_DELAY_MIN_SEC, CLOSE_DELAY_MAX_SEC)
  }
  const { closeAt, deposit: funded } = channelOf(model, channelId(key))
  if (closeAt !== 0n) return fails('ChannelClosing', closeAt)
  return funded + amount > AMOUNT_MAX ? fails('ChannelFull', funded, amount) : undefined
}

/** Checks come first: see {@link unfundable}. */
export function fund(model: EscrowModel, from: Address, key: ChannelKey, amount: bigint): Outcome {
  const id = channelId(key)
  const channel = channelOf(model, id)
  const after = channel.deposit + amount
  model.channels.set(id, { ...channel, deposit: after })
  const isFirst = channel.deposit === 0n
  const opened: Told = ['ChannelOpened', id, key.payer, key.payee, key.token, key.arbiter, key.meta]
  return succeeds([id], ...(isFirst ? [opened] : []), ['ChannelFunded', id, from, amount, after])
}

export function shortage(model: EscrowModel, token: Address, account: Address, amount: bigint): Outcome | undefined {
  if (amount === 0n) return fails('AmountZero')
  const balance = balanceOf(model, token, account)
  return amount > balance ? fails('BalanceInsufficient', balance, amount) : undefined
}

export function credit({ balances }: EscrowModel, token: string, account: string, amount: bigint): void {
  const key = `${token}/${account}`
  balances.set(key, (balances.get(key) ?? 0n) + amount)
}

export function owe({ liabilities }: EscrowModel, token: string, amount: bigint): void {
  liabilities.set(token, (liabilities.get(token) ?? 0n) + amount)
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

export function fails(...error: Told): Outcome {
  return { ok: false, error }
}

export function succeeds(returns: readonly unknown[], ...events: readonly Told[]): Outcome {
  return { ok: true, returns, events }
}
