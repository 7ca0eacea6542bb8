import { existsSync } from 'node:fs'
import { type Chain, createBuyerRecords, createStore } from '@archipel/client'
import { type Address, type ChannelId, type ChannelKey, channelId, sameHex, type Wei } from '@archipel/protocol'
import { clientFiles } from '../../config/folders.ts'
import { formatTokens, parsePositiveAmount } from '../../config/units/amount.ts'
import { walletAddress } from '../../wallet/wallet.ts'
import { openChain, openChainWithWallet, tokenOf } from '../chain.ts'
import type { Context } from '../context.ts'
import type { Invocation } from '../host.ts'
import type { Column } from '../output/table.ts'

export async function deposit({ context, args }: Invocation<object>): Promise<undefined> {
  const amount = parsePositiveAmount(String(args[0]), 'amount')
  const { signal } = context
  const chain = await openChainWithWallet(context)
  await chain.checkChain({ signal })
  const { symbol } = await tokenOf(chain, signal)
  const { hash, credited } = await chain.deposit(amount, { signal })
  const balance = await chain.escrowBalance(chain.address!, { signal })
  await context.output.answer({
    json: { address: chain.address, credited, balance, transaction: hash },
    names: () => [hash],
    human: ({ fields }) =>
      fields([
        ['deposited', formatTokens(credited, symbol)],
        ['balance', formatTokens(balance, symbol)],
        ['transaction', hash]
      ])
  })
  context.output.note('Jobs are paid from it: archipel run …')
}

/** One channel of a buyer, from the chain and from its own books. */
interface ChannelView {
  readonly id: ChannelId
  readonly payee: Address
  /** The node that keeps the channel's other end; known to the buyer's own books only. */
  readonly provider: Address | undefined
  readonly deposit: Wei
  /** Paid out on chain. */
  readonly settled: Wei
  /** Promised by vouchers in all; unknown without the buyer's books. */
  readonly vouchered: Wei | undefined
  /** Unix time the buyer may take the rest back; 0 when nobody asked to close. */
  readonly closeAt: number
}

export async function showEscrow({ context }: Invocation<object>): Promise<undefined> {
  const { signal } = context
  const [{ wallet }, { keystore }, network] = await Promise.all([
    context.settings(),
    context.folder(),
    context.network()
  ])
  const address = await walletAddress(keystore, wallet)
  const chain = await openChain(context)
  await chain.checkChain({ signal })
  const [{ symbol }, balance, channels] = await Promise.all([
    tokenOf(chain, signal),
    chain.escrowBalance(address, { signal }),
    channelsOf(context, chain, address, network.deployedAt)
  ])
  const money = (amount: Wei | undefined) => (amount === undefined ? 'unknown' : formatTokens(amount, symbol))
  const columns: readonly Column<ChannelView>[] = [
    { title: 'provider', cell: ({ provider, payee }) => provider ?? `owner ${payee}`, widthMin: 13 },
    { title: 'deposit', cell: one => money(one.deposit), align: 'right' },
    { title: 'vouchered', cell: one => money(one.vouchered), align: 'right' },
    { title: 'settled', cell: one => money(one.settled), align: 'right' },
    { title: 'state', cell: stateOf },
    { title: 'channel', cell: ({ id }) => id, widthMin: 13 }
  ]
  await context.output.answer({
    json: { address, balance, token: { address: network.token, symbol }, channels },
    names: () => channels.map(({ id }) => id),
    human: ({ table, fields }) => {
      const about = fields([
        ['account', address],
        ['free', money(balance)]
      ])
      return channels.length === 0 ? about : `${about}\n\n${table(columns, channels)}`
    }
  })
}

/** The chain says which channels there are, even when this machine's books are lost; the books say what was promised. */
async function channelsOf(context: Context, chain: Chain, payer: Address, fromBlock: number): Promise<ChannelView[]> {
  const { signal } = context
  const [events, books] = await Promise.all([chain.escrowEvents({ fromBlock }, { signal }), booksOf(context)])
  const keys = new Map<ChannelId, ChannelKey>(
    events.flatMap(event =>
      event.name === 'ChannelOpened' && sameHex(event.payer, payer) && sameHex(event.token, chain.token)
        ? [[event.id, event]]
        : []
    )
  )
  for (const { key } of books.values()) if (sameHex(key.payer, payer)) keys.set(channelId(key), key)
  return Promise.all(
    [...keys].map(async ([id, { payee }]) => {
      const book = books.get(id)
      const state = await chain.channelState(id, { signal })
      return { id, payee, provider: book?.provider, vouchered: book?.cumulative, ...state }
    })
  )
}

/** Channels by id, from the buyer's store. A store in use by a running job is not waited for. */
async function booksOf(context: Context) {
  const { store: location } = clientFiles(await context.folder())
  type Books = Map<ChannelId, { key: ChannelKey; provider: Address; cumulative: Wei }>
  const books: Books = new Map()
  if (!existsSync(location)) return books
  try {
    const store = await createStore({ location })
    try {
      for await (const [, channel] of createBuyerRecords(store).channels.iterate()) books.set(channel.id, channel)
    } finally {
      await store.close()
    }
  } catch (err) {
    if ((err as { code?: string }).code !== 'E_STORE_LOCKED') throw err
    context.output.warn('a running job uses the books: what vouchers promised is not shown')
  }
  return books
}

function stateOf({ closeAt, deposit, settled }: ChannelView): string {
  if (closeAt !== 0) return `closing until ${new Date(closeAt * 1000).toISOString().slice(0, 19)}Z`
  return deposit > settled ? 'open' : 'empty'
}
