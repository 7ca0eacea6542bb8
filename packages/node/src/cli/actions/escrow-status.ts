import {
  type Chain,
  createBuyerRecords,
  type ProvidersChannel,
  readSpending,
  type SpendingLimits,
  type SpendingState,
  type Store,
  type StrayChannel
} from '@archipel/client'
import {
  type Address,
  type ChannelId,
  type ChannelKey,
  channelId,
  isCodedError,
  sameHex,
  type Wei,
  ZERO_ADDRESS
} from '@archipel/protocol'
import { readBooks } from '../../books/open-books.ts'
import { formatTokens } from '../../config/units/amount.ts'
import { openChain, ownAddress, tokenOf } from '../chain.ts'
import type { Context } from '../context.ts'
import { clockText, freeIn, stateOf } from '../escrow/words.ts'
import type { Invocation } from '../host.ts'
import type { Column } from '../output/table.ts'

/** One channel of a buyer, from the chain and from its own books. */
interface ChannelView {
  readonly id: ChannelId
  readonly payee: Address
  /** Who settles disputes about it; zero for nobody. */
  readonly arbiter: Address
  /** The node that keeps the channel's other end; known to the buyer's own books only. */
  readonly provider: Address | undefined
  readonly deposit: Wei
  /** Paid out on chain. */
  readonly settled: Wei
  /** Promised by vouchers in all; unknown without the buyer's books. */
  readonly vouchered: Wei | undefined
  /** Not promised: what the next jobs can use, or what a close brings back. Unknown without the books. */
  readonly free: Wei | undefined
  /** Unix time the buyer may take the rest back; 0 when nobody asked to close. */
  readonly closeAt: number
  /** Unix time up to which a dispute can keep it open for anybody but the payee; 0 if there is none. */
  readonly heldUntil: number
  /** The buyer wants its money back. */
  readonly exit: boolean
}

/** Where the money of a buyer is. Asks the process that works with the books, if there is one. */
export async function showEscrow({ context }: Invocation<object>): Promise<undefined> {
  const { signal } = context
  const [address, network, { limits }] = await Promise.all([ownAddress(context), context.network(), context.settings()])
  const chain = await openChain(context)
  await chain.checkChain({ signal })
  const [{ symbol }, balance, { channels, spending }] = await Promise.all([
    tokenOf(chain, signal),
    chain.escrowBalance(address, { signal }),
    readAll(context, chain, address, network.deployedAt, limits)
  ])
  const money = (amount: Wei | undefined) => (amount === undefined ? 'unknown' : formatTokens(amount, symbol))
  const columns: readonly Column<ChannelView>[] = [
    { title: 'provider', cell: ({ provider, payee }) => provider ?? `owner ${payee}`, widthMin: 13 },
    { title: 'deposit', cell: one => money(one.deposit), align: 'right' },
    { title: 'vouchered', cell: one => money(one.vouchered), align: 'right' },
    { title: 'settled', cell: one => money(one.settled), align: 'right' },
    { title: 'free', cell: one => money(one.free), align: 'right' },
    { title: 'state', cell: one => stateOf(one, nowSec()) },
    { title: 'channel', cell: ({ id }) => id, widthMin: 13 }
  ]
  await context.output.answer({
    json: {
      address,
      balance,
      token: { address: network.token, symbol },
      channels: channels.map(one => ({ ...one, state: stateOf(one, nowSec()) })),
      spending: spending === undefined ? null : { ...spending, freesAt: spending.freesAt ?? null }
    },
    names: () => channels.map(({ id }) => id),
    human: ({ table, fields }) => {
      const about = fields([
        ['account', address],
        ['free', money(balance)],
        ['spent', spending === undefined ? 'unknown' : spentText(spending, money)]
      ])
      return channels.length === 0 ? about : `${about}\n\n${table(columns, channels)}`
    }
  })
  if (channels.some(({ closeAt }) => closeAt !== 0)) {
    context.output.note('Next: archipel escrow close --all brings back what is due')
  }
}

function spentText({ spent, freesAt, limits: { day } }: SpendingState, money: (amount: Wei) => string): string {
  const limit = day === undefined ? '' : ` of ${money(day)} allowed`
  const frees = freesAt === undefined ? '' : `; the oldest leaves it ${clockText(freesAt)}`
  return `${money(spent)}${limit} in 24 hours${frees}`
}

interface Books {
  readonly known: readonly ProvidersChannel[]
  readonly strays: readonly StrayChannel[]
  /** Unknown when the books could not be read. */
  readonly spending: SpendingState | undefined
}

/** The chain says which channels there are, even when this machine's books are lost; the books say what was promised. */
async function readAll(
  context: Context,
  chain: Chain,
  payer: Address,
  fromBlock: number,
  limits: SpendingLimits
): Promise<{ channels: ChannelView[]; spending: SpendingState | undefined }> {
  const { signal } = context
  const [opened, { known, strays, spending }] = await Promise.all([
    chain.channelsOpenedFor(payer, { fromBlock }, { signal }),
    booksOf(context, limits)
  ])
  const keys = new Map<ChannelId, ChannelKey>()
  for (const event of opened) if (sameHex(event.token, chain.token)) keys.set(event.id, event)
  for (const { key } of known) if (sameHex(key.payer, payer)) keys.set(channelId(key), key)
  const books = new Map(known.map(channel => [channel.id, channel]))
  const leaving = new Set([...known, ...strays].filter(({ exit }) => exit === true).map(({ id }) => id))
  const channels = await Promise.all(
    [...keys].map(async ([id, { payee, arbiter }]): Promise<ChannelView> => {
      const book = books.get(id)
      // Nobody but an arbiter can hold it.
      const [state, heldUntil] = await Promise.all([
        chain.channelState(id, { signal }),
        sameHex(arbiter, ZERO_ADDRESS) ? 0 : chain.heldUntil(id, { signal })
      ])
      const about = { id, payee, arbiter, provider: book?.provider, vouchered: book?.cumulative, exit: leaving.has(id) }
      return {
        ...about,
        ...state,
        heldUntil,
        free: book === undefined ? undefined : freeIn({ ...state, ...book, ...state })
      }
    })
  )
  return { channels, spending }
}

/** What a program that does not answer has open is left out: the chain still says where the money is. */
async function booksOf(context: Context, limits: SpendingLimits): Promise<Books> {
  try {
    return await readBooks(await context.folder(), context.signal, store => booksIn(store, limits))
  } catch (err) {
    if (!isCodedError(err) || err.code !== 'E_STORE_LOCKED') throw err
    context.output.warn('another program has the books open: what was promised and spent is not shown')
    return { known: [], strays: [], spending: undefined }
  }
}

async function booksIn(store: Store, limits: SpendingLimits): Promise<Books> {
  const records = createBuyerRecords(store)
  return {
    known: await Array.fromAsync(records.channels.iterate(), ([, channel]) => channel),
    strays: await Array.fromAsync(records.strays.iterate(), ([, stray]) => stray),
    spending: await readSpending(records, limits, nowSec())
  }
}

function nowSec(): number {
  return Math.floor(Date.now() / 1000)
}
