import type { Wei } from '@archipel/protocol'
import { formatTokens, parsePositiveAmount } from '../../config/units/amount.ts'
import { openChain, openChainWithWallet, ownAddress, tokenOf } from '../chain.ts'
import type { Invocation } from '../host.ts'

interface DepositOptions {
  dryRun?: boolean
}

/** Moves tokens of the wallet into its balance in the escrow. */
export async function deposit({ context, options, args }: Invocation<DepositOptions>): Promise<undefined> {
  const amount = parsePositiveAmount(String(args[0]), 'amount')
  const { signal, output } = context
  const isDryRun = options.dryRun === true
  const chain = isDryRun ? await openChain(context) : await openChainWithWallet(context)
  const address = await ownAddress(context)
  await chain.checkChain({ signal })
  const [{ symbol }, tokens, before] = await Promise.all([
    tokenOf(chain, signal),
    chain.tokenBalance(address, { signal }),
    chain.escrowBalance(address, { signal })
  ])
  const told = (credited: Wei, balance: Wei, transaction: string | null) => ({
    json: { dryRun: isDryRun, address, credited, balance, transaction },
    names: () => (transaction === null ? [] : [transaction]),
    human: ({ fields }: Pick<typeof output, 'fields'>) =>
      fields([
        [isDryRun ? 'would deposit' : 'deposited', formatTokens(credited, symbol)],
        ['balance', formatTokens(balance, symbol)],
        ...(transaction === null ? [] : [['transaction', transaction] as const])
      ])
  })
  if (isDryRun) {
    await output.answer(told(amount, before + amount, null))
    if (tokens < amount) output.warn(`the wallet has ${formatTokens(tokens, symbol)}: that is not enough`)
    output.note('Nothing was sent.')
    return
  }
  const { hash, credited } = await chain.deposit(amount, { signal })
  await output.answer(told(credited, await chain.escrowBalance(address, { signal }), hash))
  output.note('Jobs are paid from it: archipel run …')
}
