import type { Wei } from '@archipel/protocol'
import { formatTokens } from '../../config/units/amount.ts'
import { arbiterName, type ExposureView, exposuresOf, openBonds, parseOwner } from '../bonds.ts'
import { openChain, ownAddress, tokenOf } from '../chain.ts'
import { clockText } from '../escrow/words.ts'
import type { Invocation } from '../host.ts'
import type { Column } from '../output/table.ts'

/** What stands behind an owner's nodes: the wallet's own, or anybody's. */
export async function showBond({ context, args }: Invocation<object>): Promise<undefined> {
  const { signal } = context
  const owner = args[0] === undefined ? await ownAddress(context) : parseOwner(String(args[0]))
  const [bonds, chain, network] = await Promise.all([openBonds(context), openChain(context), context.network()])
  await Promise.all([chain.checkChain({ signal }), bonds.checkBonds({ signal })])
  const [{ symbol }, { amount, exiting, exitAt }, exposures, claimable, keys] = await Promise.all([
    tokenOf(chain, signal),
    bonds.bondOf(owner, { signal }),
    exposuresOf(context, bonds, owner),
    bonds.claimable(owner, { signal }),
    bonds.keysOf(owner, { fromBlock: network.deployedAt }, { signal })
  ])
  const exposed = exposures.reduce((sum, { cap }) => sum + cap, 0n)
  const money = (sum: Wei) => formatTokens(sum, symbol)
  const columns: readonly Column<ExposureView>[] = [
    { title: 'arbiter', cell: ({ arbiter }) => arbiterName(arbiter, network), widthMin: 13 },
    { title: 'exposed', cell: ({ cap }) => money(cap), align: 'right' },
    { title: 'cover', cell: ({ cover }) => money(cover), align: 'right' },
    { title: 'state', cell: ({ reduceAt }) => (reduceAt === 0 ? 'kept' : `reduced from ${clockText(reduceAt)} on`) }
  ]
  await context.output.answer({
    json: {
      owner,
      bonds: bonds.bonds,
      token: { address: bonds.token, symbol },
      amount,
      exposed,
      exiting,
      exitAt,
      claimable,
      exposures,
      keys
    },
    names: () => keys,
    human: ({ fields, table }) => {
      const about = fields([
        ['owner', owner],
        ['bond', money(amount)],
        ['exposed', money(exposed)],
        ['leaving', exitAt === 0 ? 'nothing' : `${money(exiting)}, from ${clockText(exitAt)} on`],
        ['claimable', money(claimable)],
        ...keys.map(key => ['node', key] as const)
      ])
      return exposures.length === 0 ? about : `${about}\n\n${table(columns, exposures)}`
    }
  })
  if (keys.length === 0 && amount > 0n) {
    context.output.note('No node is backed by it: archipel bond add, on the computer of the node')
  }
}
