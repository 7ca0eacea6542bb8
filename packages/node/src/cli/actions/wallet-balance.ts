import { formatAmount, formatTokens } from '../../config/units/amount.ts'
import { walletAddress } from '../../wallet/wallet.ts'
import { openChain, tokenOf } from '../chain.ts'
import type { Invocation } from '../host.ts'

export async function showBalance({ context }: Invocation<object>): Promise<undefined> {
  const { signal } = context
  const [{ wallet }, { keystore }, chain] = await Promise.all([
    context.settings(),
    context.folder(),
    openChain(context)
  ])
  const address = await walletAddress(keystore, wallet)
  await chain.checkChain({ signal })
  const [{ symbol }, tokens, escrow, gas] = await Promise.all([
    tokenOf(chain, signal),
    chain.tokenBalance(address, { signal }),
    chain.escrowBalance(address, { signal }),
    chain.nativeBalance(address, { signal })
  ])
  await context.output.answer({
    json: { address, token: { address: chain.token, symbol }, tokens, escrow, gas },
    names: () => [address],
    human: ({ fields }) =>
      fields([
        ['address', address],
        ['tokens', formatTokens(tokens, symbol)],
        ['in escrow', formatTokens(escrow, symbol)],
        ['for gas', `${formatAmount(gas)} coin`]
      ])
  })
}
