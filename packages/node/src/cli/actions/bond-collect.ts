import { formatTokens } from '../../config/units/amount.ts'
import { openBonds, openBondsWithWallet } from '../bonds.ts'
import { openChain, ownAddress, tokenOf } from '../chain.ts'
import type { Invocation } from '../host.ts'

/** Takes what slashes have credited to the wallet: as a harmed buyer, or for having reported a fault. */
export async function collectClaims({ context }: Invocation<object>): Promise<undefined> {
  const { signal, output } = context
  const [owner, chain, reads] = await Promise.all([ownAddress(context), openChain(context), openBonds(context)])
  await Promise.all([chain.checkChain({ signal }), reads.checkBonds({ signal })])
  const [{ symbol }, claimable] = await Promise.all([tokenOf(chain, signal), reads.claimable(owner, { signal })])
  // Not having anything to collect is no failure, and needs no password.
  const receipt = claimable === 0n ? undefined : await (await openBondsWithWallet(context)).collect({ signal })
  const paid = receipt?.paid ?? 0n
  await output.answer({
    json: { address: owner, collected: paid, transaction: receipt?.hash ?? null },
    names: () => (receipt === undefined ? [] : [receipt.hash]),
    human: ({ fields }) =>
      fields([
        ['collected', formatTokens(paid, symbol)],
        ...(receipt === undefined ? [] : [['transaction', receipt.hash] as const])
      ])
  })
}
