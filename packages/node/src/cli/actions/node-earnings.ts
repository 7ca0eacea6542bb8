import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Chain, createStore } from '@archipel/client'
import { CodedError, isCodedError, sameHex, type Wei } from '@archipel/protocol'
import { type NetworkFolder, nodeFiles } from '../../config/folders.ts'
import { readNodeConfig } from '../../config/node-config.ts'
import { formatAmount, formatTokens } from '../../config/units/amount.ts'
import { askStatus } from '../../control/control-client.ts'
import { createChannelBooks, redeemable } from '../../payment/channel-books.ts'
import type { SentStatus, TokenEarnings } from '../../provider.ts'
import { earningsOf } from '../../redeem/earnings.ts'
import { createProviderRecords, type ProviderRecords } from '../../store/records.ts'
import { openChain } from '../chain.ts'
import type { Invocation } from '../host.ts'
import type { Column } from '../output/table.ts'
import { plural } from '../run/words.ts'

/** What a node earned: promised by vouchers, paid out, still to be redeemed, and how much of that time runs out for. */
export async function showEarnings({ context }: Invocation<object>): Promise<undefined> {
  const { signal, output } = context
  const [folder, network] = await Promise.all([context.folder(), context.network()])
  const { owner } = (await readNodeConfig(nodeFiles(folder).config)).provider
  const [{ tokens, isRunning, inCourt }, balance] = await Promise.all([
    readEarnings(folder, signal),
    withdrawable(await openChain(context), owner, signal)
  ])
  // The token of the network has a name; another one is from before a change, and known by its address.
  const symbolOf = ({ token }: Pick<TokenEarnings, 'token'>) =>
    sameHex(token, network.token) ? balance?.symbol : undefined
  const money = (amount: Wei, symbol: string | undefined) =>
    symbol === undefined ? formatAmount(amount) : formatTokens(amount, symbol)
  const column = (title: 'vouchered' | 'redeemed' | 'waiting', of = title): Column<TokenEarnings> => ({
    title,
    cell: row => money(row[of], symbolOf(row)),
    align: 'right'
  })
  const columns: readonly Column<TokenEarnings>[] = [
    { title: 'token', cell: row => symbolOf(row) ?? row.token, widthMin: 6 },
    column('vouchered'),
    column('redeemed'),
    column('waiting'),
    { title: 'at risk', cell: row => money(row.atRisk, symbolOf(row)), align: 'right' }
  ]
  await output.answer({
    json: { owner, isRunning, tokens, inCourt, withdrawable: balance?.amount ?? null },
    names: () => tokens.map(({ token }) => token),
    human: ({ table, fields }) => {
      const about = fields([
        ['owner', owner],
        [
          'withdrawable',
          balance === undefined ? 'unknown: the chain does not answer' : money(balance.amount, balance.symbol)
        ],
        ...(inCourt.cases === 0
          ? []
          : [['in court', `${money(inCourt.amount, balance?.symbol)} in ${plural(inCourt.cases, 'case')}`] as const])
      ])
      return tokens.length === 0 ? about : `${about}\n\n${table(columns, tokens)}`
    }
  })
  if (tokens.length === 0) output.note('Nothing was earned yet.')
  if (!isRunning && tokens.some(({ waiting }) => waiting > 0n))
    output.warn('the node does not run: its vouchers are redeemed once it does')
}

interface Earnings {
  readonly tokens: TokenEarnings[]
  readonly isRunning: boolean
  /** What open cases are about. */
  readonly inCourt: { readonly cases: number; readonly amount: Wei }
}

/** From the running node, or from its books while nobody else has them open. */
async function readEarnings(folder: NetworkFolder, signal: AbortSignal): Promise<Earnings> {
  try {
    const { redeem, disputes } = (await askStatus(nodeFiles(folder).control, { signal })) as SentStatus
    const inCourt = { cases: disputes?.open ?? 0, amount: BigInt(disputes?.amount ?? 0) }
    return { tokens: redeem.tokens.map(parsed), isRunning: true, inCourt }
  } catch (err) {
    if (!isCodedError(err) || err.code !== 'E_NODE_NOT_RUNNING') throw err
  }
  const location = join(folder.node, 'store')
  if (!existsSync(location)) return { tokens: [], isRunning: false, inCourt: { cases: 0, amount: 0n } }
  const store = await createStore({ location })
  try {
    const records = createProviderRecords(store)
    const books = createChannelBooks({ records, isPromised: () => false })
    await books.start()
    const due = () => [...books.values()].filter(channel => channel.voucher !== undefined && redeemable(channel) > 0n)
    return { tokens: earningsOf({ books, due }), isRunning: false, inCourt: await inCourtOf(records) }
  } finally {
    await store.close()
  }
}

async function inCourtOf({ disputes }: Pick<ProviderRecords, 'disputes'>): Promise<Earnings['inCourt']> {
  let [cases, amount] = [0, 0n]
  for await (const [, record] of disputes.iterate()) {
    if (record.end !== undefined) continue
    cases++
    amount += record.amount
  }
  return { cases, amount }
}

function parsed({ token, ...amounts }: SentStatus['redeem']['tokens'][number]): TokenEarnings {
  const { vouchered, redeemed, waiting, atRisk } = amounts
  return {
    token,
    vouchered: BigInt(vouchered),
    redeemed: BigInt(redeemed),
    waiting: BigInt(waiting),
    atRisk: BigInt(atRisk)
  }
}

/** undefined where the chain does not answer: what is in the books is told all the same. */
async function withdrawable(
  chain: Chain,
  owner: `0x${string}`,
  signal: AbortSignal
): Promise<{ amount: Wei; symbol: string } | undefined> {
  try {
    const [amount, { symbol }] = await Promise.all([
      chain.escrowBalance(owner, { signal }),
      chain.tokenInfo({ signal })
    ])
    return { amount, symbol }
  } catch (err) {
    signal.throwIfAborted()
    if (err instanceof CodedError) return undefined
    throw err
  }
}
