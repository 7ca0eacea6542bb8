import { type Address, type ChannelId, type Hex, sameHex, type UnixSec, type Wei } from '@archipel/protocol'
import { escrowInterface, read, tokenInterface } from '../contract/interfaces.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import { priceNow, readFeeMarket } from '../transactions/fees.ts'
import { lookAtCounts } from '../transactions/tx-look.ts'
import { CHANNEL_EVENTS, type ChannelEvent, type EscrowEvent, type EventOf, escrowEvents } from './events.ts'
import { readBlockNumber, readHistory } from './history.ts'

/** A channel as the chain has it; all zero if there never was one. */
export interface ChannelState {
  /** Everything ever put in and not refunded; what the channel holds is `deposit - settled`. */
  readonly deposit: Wei
  /** Everything ever paid to the payee. */
  readonly settled: Wei
  /** From when on anyone may close it; 0 while nobody has asked to. */
  readonly closeAt: UnixSec
}

/** How amounts of a token are written for people. */
export interface TokenInfo {
  readonly symbol: string
  /** 1 whole token is 10^decimals units. */
  readonly decimals: number
}

/** Blocks to look in; `toBlock` is inclusive, the latest if left out. */
export interface BlockRange {
  readonly fromBlock: number
  readonly toBlock?: number | undefined
}

/**
 * Questions about money that need no key. All see the latest block that enough endpoints have, and throw what
 * {@link Rpc.agree} throws.
 */
export interface ChainReads {
  blockNumber(options?: CallOptions): Promise<number>
  /** What a unit of gas costs now, in wei of the native coin: base fee and usual tip. */
  gasPrice(options?: CallOptions): Promise<bigint>
  /** Transactions of the account that are known to the network and not mined, whoever sent them. */
  unminedCount(account: Address, options?: CallOptions): Promise<number>
  /** Native coin, which pays for gas. */
  nativeBalance(account: Address, options?: CallOptions): Promise<bigint>
  tokenInfo(options?: CallOptions): Promise<TokenInfo>
  tokenBalance(account: Address, options?: CallOptions): Promise<Wei>
  /** What the escrow may take of the account's tokens. */
  allowance(account: Address, options?: CallOptions): Promise<Wei>
  /** What the account could withdraw from the escrow, or lock into channels. */
  escrowBalance(account: Address, options?: CallOptions): Promise<Wei>
  /** What the escrow owes in this token, to everybody together. */
  liabilities(options?: CallOptions): Promise<Wei>
  channelState(id: ChannelId, options?: CallOptions): Promise<ChannelState>
  /** Before when only the payee may close the channel, because its arbiter holds it; 0 if it does not. */
  heldUntil(id: ChannelId, options?: CallOptions): Promise<UnixSec>
  /** All events of one channel, in order. */
  channelEvents(id: ChannelId, range: BlockRange, options?: CallOptions): Promise<ChannelEvent[]>
  redeemedEvents(id: ChannelId, range: BlockRange, options?: CallOptions): Promise<EventOf<'Redeemed'>[]>
  /** Every channel that was ever opened for this payer, as often as it was opened; other tokens' too. */
  channelsOpenedFor(payer: Address, range: BlockRange, options?: CallOptions): Promise<EventOf<'ChannelOpened'>[]>
  /** All events of the escrow, for whoever wants to count every coin. */
  escrowEvents(range: BlockRange, options?: CallOptions): Promise<EscrowEvent[]>
}

export function createChainReads(rpc: Rpc, escrow: Address, token: Address): ChainReads {
  const askEscrow = (method: string, args: readonly unknown[], options?: CallOptions) =>
    read(rpc, { to: escrow, via: escrowInterface, method, args }, options)
  const askToken = (method: string, args: readonly unknown[], options?: CallOptions) =>
    read(rpc, { to: token, via: tokenInterface, method, args }, options)
  const history = (topics: readonly (Hex | readonly Hex[] | null)[], range: BlockRange, options?: CallOptions) =>
    readHistory(rpc, { escrow, topics, ...range }, options)

  return {
    blockNumber: options => readBlockNumber(rpc, options),
    gasPrice: async options => priceNow(await readFeeMarket(rpc, options)),
    async unminedCount(account, options = {}) {
      const { minedCount, pendingCount } = await lookAtCounts(rpc, account, options)
      return pendingCount - minedCount
    },
    async nativeBalance(account, options) {
      const [balance] = await rpc.agree({ method: 'eth_getBalance', params: block => [account, block] }, options)
      return BigInt(String(balance))
    },
    async tokenInfo(options) {
      const [[symbol], [decimals]] = await Promise.all([
        askToken('symbol', [], options),
        askToken('decimals', [], options)
      ])
      return { symbol: String(symbol), decimals: Number(decimals) }
    },
    tokenBalance: async (account, options) => wei(await askToken('balanceOf', [account], options)),
    allowance: async (account, options) => wei(await askToken('allowance', [account, escrow], options)),
    escrowBalance: async (account, options) => wei(await askEscrow('balanceOf', [token, account], options)),
    liabilities: async options => wei(await askEscrow('liabilities', [token], options)),
    async channelState(id, options) {
      const [deposit, settled, closeAt] = await askEscrow('channels', [id], options)
      return { deposit: BigInt(deposit), settled: BigInt(settled), closeAt: Number(closeAt) }
    },
    heldUntil: async (id, options) => Number(wei(await askEscrow('heldUntil', [id], options))),
    async channelEvents(id, range, options) {
      const events = await history([CHANNEL_EVENTS.map(escrowEvents.topicOf), id], range, options)
      return events.filter((event): event is ChannelEvent => 'id' in event && sameHex(event.id, id))
    },
    async redeemedEvents(id, range, options) {
      const events = await history([escrowEvents.topicOf('Redeemed'), id], range, options)
      return events.filter((event): event is EventOf<'Redeemed'> => event.name === 'Redeemed' && sameHex(event.id, id))
    },
    async channelsOpenedFor(payer, range, options) {
      const topic: Hex = `0x${payer.slice(2).toLowerCase().padStart(64, '0')}`
      const events = await history([escrowEvents.topicOf('ChannelOpened'), null, topic], range, options)
      return events.filter(
        (event): event is EventOf<'ChannelOpened'> => event.name === 'ChannelOpened' && sameHex(event.payer, payer)
      )
    },
    escrowEvents: (range, options) => history([], range, options)
  }
}

function wei([value]: readonly unknown[]): Wei {
  return BigInt(value as bigint)
}
