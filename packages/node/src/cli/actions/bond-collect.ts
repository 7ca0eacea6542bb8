import { formatTokens } from '../../config/units/amount.ts'
import { openBonds, openBondsWithWallet } from '../bonds.ts'
import { openChain, ownAddress, tokenOf } from '../chain.ts'
import { parseTo } from '../escrow/withdrawal.ts'
import type { Invocation } from '../host.ts'

interface CollectOptions {
  to?: string
}

/** Takes what slashes have credited to the wallet: as a harmed buyer, or for having reported a fault. */
export async function collectClaims({ context, options }: Invocation<CollectOptions>): Promise<undefined> {
  const { signal, output } = context
  const to = options.to === undefined ? undefined : parseTo(options.to)
  const [owner, chain, reads] = await Promise.all([ownAddress(context), openChain(context), openBonds(context)])
  await Promise.all([chain.checkChain({ signal }), reads.checkBonds({ signal })])
  const [{ symbol }, claimable] = await Promise.all([tokenOf(chain, signal), reads.claimable(owner, { signal })])
  // Not having anything to collect is no failure, and needs no password.
  const receipt =
    claimable === 0n
      ? undefined
      : await (await openBondsWithWallet(context)).collect({ signal, ...(to === undefined ? {} : { to }) })
  const paid = receipt?.paid ?? 0n
  await output.answer({
    json: { address: owner, to: to ?? owner, collected: paid, transaction: receipt?.hash ?? null },
    names: () => (receipt === undefined ? [] : [receipt.hash]),
    human: ({ fields }) =>
      fields([
        ['collected', formatTokens(paid, symbol)],
        ...(to === undefined ? [] : [['to', to] as const]),
        ...(receipt === undefined ? [] : [['transaction', receipt.hash] as const])
      ])
  })
}
