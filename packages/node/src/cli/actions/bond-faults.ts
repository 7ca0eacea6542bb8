import { balanceOf, type FaultRecord } from '@archipel/client'
import { type Address, equivocator, type Wei } from '@archipel/protocol'
import { walletAddress } from '../../wallet/wallet.ts'
import type { Context } from '../context.ts'
import { readBuyersFaults, readNodesFaults } from '../faults/read.ts'
import { faultId, faultJson, foundText, stateText } from '../faults/words.ts'
import type { Invocation } from '../host.ts'
import type { Column } from '../output/table.ts'
import { roundAmount, shortId } from '../run/words.ts'
import { NODE_WALLET } from './node-init.ts'

/** A fault, on whose record it is, and whose money it is about. */
interface Row {
  readonly by: 'buyer' | 'node'
  readonly me: Address
  readonly fault: FaultRecord
}

/** What providers signed twice, as the buyer and the node of this computer found out. Asks no chain: both look at it. */
export async function listFaults({ context }: Invocation<object>): Promise<undefined> {
  const { output } = context
  const rows = (await Promise.all([buyersRows(context), nodesRows(context)])).flat()
  rows.sort((a, b) => b.fault.foundAt - a.fault.foundAt)
  await output.answer({
    json: { faults: rows.map(({ by, me, fault }) => ({ by, ...faultJson(fault, me) })) },
    names: () => rows.map(({ fault }) => fault.id),
    human: ({ table }) => (rows.length === 0 ? 'No faults.' : table(COLUMNS, rows))
  })
  const gains = (by: Row['by']) => rows.filter(row => row.by === by).reduce((sum, row) => sum + gainOf(row), 0n)
  if (gains('buyer') > 0n) output.note('What it brought is credited to the wallet: archipel bond collect')
  if (gains('node') > 0n) {
    output.note("The node's reward is credited to its key: archipel bond collect --wallet node --to ADDRESS")
  }
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'fault', cell: ({ fault }) => faultId(fault) },
  { title: 'provider', cell: ({ fault }) => shortId(equivocator(fault.proof)) },
  { title: 'signed', cell: ({ fault }) => (fault.proof.kind === 'receipts' ? 'two receipts' : 'two offers') },
  { title: 'found', cell: ({ fault, by }) => `${foundText(fault)} by ${by === 'node' ? 'the node' : 'you'}` },
  { title: 'brought', cell: row => roundAmount(gainOf(row)), align: 'right' },
  { title: 'fee', cell: ({ fault, me }) => roundAmount(balanceOf(fault, me).feeWei), align: 'right' },
  { title: 'state', cell: ({ fault, me }) => stateText(fault, me), widthMin: 12 }
]

function gainOf({ fault, me }: Row): Wei {
  const { compensation, reward } = balanceOf(fault, me)
  return compensation + reward
}

async function buyersRows(context: Context): Promise<Row[]> {
  const [{ wallet }, folder] = await Promise.all([context.settings(), context.folder()])
  const me = await addressOf(context, wallet)
  if (me === undefined) return []
  const faults = await readBuyersFaults(folder, context.signal)
  // Whoever paid for the agreement was compensated, whichever wallet is chosen now.
  return faults.map(fault => ({ by: 'buyer', me: fault.harm?.channel.payer ?? me, fault }))
}

async function nodesRows(context: Context): Promise<Row[]> {
  const me = await addressOf(context, NODE_WALLET)
  if (me === undefined) return []
  return (await readNodesFaults(await context.folder(), context.signal)).map(fault => ({ by: 'node', me, fault }))
}

/** undefined where there is no such wallet: whoever only provides has no buyer, and the other way round. */
async function addressOf(context: Context, wallet: string): Promise<Address | undefined> {
  try {
    return await walletAddress((await context.folder()).keystore, wallet)
  } catch (err) {
    if ((err as { code?: string }).code !== 'E_NO_WALLET') throw err
    return undefined
  }
}
