import { channelId, isCodedError, sameHex, type Wei } from '@archipel/protocol'
import type { Chain, ChannelEvent, ChannelState, EventOf } from '../chain/index.ts'
import type { CallOptions } from '../chain/rpc/rpc.ts'
import type { AuditBundle } from './bundle.ts'
import { type Checks, createChecks, expect } from './checks.ts'
import { isReleasedEscrow } from './known-escrow.ts'
import { CHAIN_READS_MAX } from './limits.ts'
import { replayChannel } from './replay-channel.ts'
import type { AuditCheck, AuditedChain, PaymentState } from './report.ts'

/** What an audit asks of a chain. */
export type AuditChain = Pick<
  Chain,
  | 'chainId'
  | 'escrow'
  | 'token'
  | 'checkChain'
  | 'blockNumber'
  | 'channelState'
  | 'channelEvents'
  | 'liabilities'
  | 'tokenBalance'
>

/** The chain at about one moment. */
interface Snapshot {
  readonly blockNumber: number
  readonly events: readonly ChannelEvent[]
  readonly state: ChannelState
  readonly liabilities: Wei
  readonly balance: Wei
}

export interface ChainFindings {
  readonly checks: readonly AuditCheck[]
  readonly chain: AuditedChain | undefined
}

/**
 * What the chain says about the bundle's channel and its escrow.
 *
 * @throws CodedError E_RPC_DOWN, E_WRONG_CHAIN and what else keeps the chain from being read; the signal's reason
 */
export async function checkOnChain(
  bundle: AuditBundle,
  chain: AuditChain,
  options: CallOptions
): Promise<ChainFindings> {
  const escrow = await checkEscrow(bundle, chain, options)
  if (!escrow.ok) return { checks: escrow.done, chain: undefined }
  for (let reads = 1; ; reads++) {
    const snapshot = await read(bundle, chain, options)
    const checks = createChecks()
    checkSnapshot(checks, bundle, snapshot)
    if (!checks.ok && reads < CHAIN_READS_MAX) continue
    return { checks: [...escrow.done, ...checks.done], chain: describe(bundle, snapshot) }
  }
}

/** An escrow that is not there is the bundle's fault; a chain that cannot be asked is nobody's. */
async function checkEscrow(bundle: AuditBundle, chain: AuditChain, options: CallOptions): Promise<Checks> {
  const checks = createChecks()
  const missing = await chain.checkChain(options).then(
    () => undefined,
    err => {
      if (isCodedError(err) && err.code === 'E_NO_CONTRACT') return err
      throw err
    }
  )
  checks.check('escrow is on the chain and takes these signatures', () => {
    if (missing !== undefined) throw missing
    const { escrow } = bundle.network
    return `${escrow}${isReleasedEscrow(escrow) ? ', the released code' : ''}`
  })
  return checks
}

async function read({ channel, network }: AuditBundle, chain: AuditChain, options: CallOptions): Promise<Snapshot> {
  const id = channelId(channel)
  const blockNumber = await chain.blockNumber(options)
  const [events, state] = await Promise.all([
    chain.channelEvents(id, { fromBlock: network.deployedAt }, options),
    chain.channelState(id, options)
  ])
  // In this order: what comes in between can only make the balance larger.
  const liabilities = await chain.liabilities(options)
  const balance = await chain.tokenBalance(chain.escrow, options)
  return { blockNumber, events, state, liabilities, balance }
}

function checkSnapshot({ check }: Checks, bundle: AuditBundle, snapshot: Snapshot): void {
  const { events, state, liabilities, balance } = snapshot
  const redemptions = redeemed(events)
  check('channel was opened, and all its events follow from the rules of the escrow', () => {
    const replayed = replayChannel(events)
    expect(replayed.deposit === state.deposit, `events lead to deposit ${replayed.deposit}, it is ${state.deposit}`)
    expect(replayed.closeAt === state.closeAt, `events lead to closeAt ${replayed.closeAt}, it is ${state.closeAt}`)
    return `${events.length} events, deposit ${state.deposit}`
  })
  check('what was redeemed adds up to what the channel paid, within its deposit', () => {
    const sum = redemptions.reduce((total, { paid }) => total + paid, 0n)
    expect(sum === state.settled, `events paid ${sum}, the escrow says ${state.settled}`)
    expect(state.settled <= state.deposit, `${state.settled} paid from a deposit of ${state.deposit}`)
    return `${redemptions.length} times, ${sum}`
  })
  check('no other voucher of the same amount was redeemed', () => {
    const { voucher } = bundle
    if (voucher === undefined) return 'no receipt is paid'
    const { cumulative, commitment } = voucher.body
    const same = redemptions.filter(event => event.cumulative === cumulative)
    const isOther = same.some(event => !sameHex(event.commitment, commitment))
    expect(!isOther || !isFirstOfItsAmount(bundle), 'one with another commitment was')
    return settlementOf(bundle, snapshot)
  })
  check('escrow holds at least what it owes', () => {
    expect(liabilities <= balance, `it owes ${liabilities} and holds ${balance}`)
    return `${balance} held, ${liabilities} owed`
  })
}

/**
 * True when no earlier voucher of the channel can have promised the same amount: the last receipt it pays for is in the
 * bundle, and added something. A receipt may add nothing, so that the log grows and the amount does not.
 */
function isFirstOfItsAmount({ receipts, voucher }: AuditBundle): boolean {
  const last = receipts.find(({ payment }) => payment?.index === (voucher?.size ?? 0) - 1)?.payment
  return last !== undefined && last.cumulative > (last.previous?.cumulative ?? 0n)
}

/** Where the voucher stands, in words. An unredeemed one is no mismatch: redeeming is the payee's business. */
function settlementOf({ voucher }: AuditBundle, { events, state }: Snapshot): string {
  const { cumulative = 0n } = voucher?.body ?? {}
  const redemptions = redeemed(events)
  const own = redemptions.find(event => event.cumulative === cumulative)
  if (state.settled >= cumulative)
    return own === undefined ? 'superseded by a higher one, paid on chain' : 'paid on chain'
  if (own !== undefined) return `redeemed, but the deposit covered ${state.settled} of ${cumulative}`
  const missing = cumulative - state.settled
  return state.deposit >= cumulative
    ? `held, ${missing} not redeemed yet`
    : `held, ${missing} not redeemed, of which the channel covers ${state.deposit - state.settled}`
}

/**
 * How much of what this agreement was promised has arrived: a channel pays its leaves in order, so each has arrived as
 * far as the channel's total reaches into it.
 */
export function redeemedOf({ receipts }: AuditBundle, settled: Wei): Wei {
  return receipts.reduce((sum, { payment }) => {
    if (payment === undefined) return sum
    const from = payment.previous?.cumulative ?? 0n
    const to = payment.cumulative < settled ? payment.cumulative : settled
    return to > from ? sum + to - from : sum
  }, 0n)
}

export function paymentStateOf(bundle: AuditBundle, { settled, deposit, vouchered }: AuditedChain): PaymentState {
  const last = bundle.receipts.findLast(({ payment }) => payment !== undefined)?.payment
  if (last === undefined) return 'unpaid'
  if (settled >= last.cumulative) return 'on-chain'
  if (deposit < (last.cumulative < vouchered ? last.cumulative : vouchered)) return 'uncovered'
  return redeemedOf(bundle, settled) > 0n ? 'partly-on-chain' : 'held'
}

function describe(bundle: AuditBundle, snapshot: Snapshot): AuditedChain {
  const { channel, network, voucher } = bundle
  const { blockNumber, events, state, liabilities, balance } = snapshot
  const last = events.findLast(({ name }) => name === 'ChannelFunded' || name === 'ChannelClosed')
  return {
    chainId: network.chainId,
    blockNumber,
    escrow: network.escrow,
    isReleasedEscrow: isReleasedEscrow(network.escrow),
    token: network.token,
    channel: channelId(channel),
    state: state.closeAt !== 0 ? 'closing' : last?.name === 'ChannelClosed' ? 'closed' : 'open',
    deposit: state.deposit,
    settled: state.settled,
    vouchered: voucher?.body.cumulative ?? 0n,
    redemptions: redeemed(events).map(({ transactionHash, blockNumber, paid, cumulative, commitment }) => {
      return { transactionHash, blockNumber, paid, cumulative, commitment }
    }),
    liabilities,
    balance
  }
}

function redeemed(events: readonly ChannelEvent[]): EventOf<'Redeemed'>[] {
  return events.filter(event => event.name === 'Redeemed')
}
