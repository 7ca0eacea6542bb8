import type { Wei } from '@archipel/protocol'
import { parsePositiveAmount } from '../../config/units/amount.ts'
import { openChain, openChainWithWallet, ownAddress } from '../chain.ts'
import { codedError } from '../errors/coded.ts'
import { parseTo, withdrawFrom } from '../escrow/withdrawal.ts'
import type { Invocation } from '../host.ts'

interface WithdrawOptions {
  all?: boolean
  to?: string
  dryRun?: boolean
}

/** Sends tokens from the balance in the escrow to the wallet, or to another address. */
export async function withdraw({ context, options, args }: Invocation<WithdrawOptions>): Promise<undefined> {
  const amount = amountOf(args[0], options.all === true)
  const isDryRun = options.dryRun === true
  const chain = isDryRun ? await openChain(context) : await openChainWithWallet(context)
  const own = await ownAddress(context)
  const to = options.to === undefined ? own : parseTo(options.to)
  const hint = 'what lies in channels comes back by archipel escrow close --all'
  await withdrawFrom(context, { chain, own, to, amount, isDryRun, hint })
}

/** undefined: all there is. */
function amountOf(text: string | string[] | undefined, isAll: boolean): Wei | undefined {
  if (isAll === (text !== undefined)) {
    throw codedError('E_USAGE', isAll ? '--all and an amount contradict each other' : 'how much? an amount, or --all', {
      hint: 'archipel escrow withdraw 5, or archipel escrow withdraw --all'
    })
  }
  return isAll ? undefined : parsePositiveAmount(String(text), 'amount')
}
