import type { Chain } from '@archipel/client'
import { type Address, CodedError, isHex, sameHex, type Wei } from '@archipel/protocol'
import { formatTokens } from '../../config/units/amount.ts'
import { tokenOf } from '../chain.ts'
import type { Context } from '../context.ts'
import { codedError } from '../errors/coded.ts'
import { confirm } from '../prompt.ts'

export interface Withdrawal {
  /** With the key that signs, unless this is a dry run. */
  readonly chain: Chain
  /** Whose balance in the escrow it is taken from. */
  readonly own: Address
  readonly to: Address
  /** undefined: all there is. */
  readonly amount: Wei | undefined
  readonly isDryRun: boolean
  /** What to do about a balance that is too low. */
  readonly hint: string
}

/** Sends tokens out of a balance in the escrow, once a person agreed, and says so. @throws CodedError E_NO_FUNDS, … */
export async function withdrawFrom(
  context: Context,
  { chain, own, to, amount: wanted, isDryRun, hint }: Withdrawal
): Promise<void> {
  const { signal, output } = context
  await chain.checkChain({ signal })
  const [{ symbol }, before] = await Promise.all([tokenOf(chain, signal), chain.escrowBalance(own, { signal })])
  const money = (amount: Wei) => formatTokens(amount, symbol)
  const amount = wanted ?? before
  if (amount > before || amount === 0n) throw notEnough(amount, before, money, hint)
  const isOwn = sameHex(to, own)
  if (!isDryRun) {
    await confirm(context, `Send ${money(amount)} to ${isOwn ? `this wallet, ${to}` : to}?`)
  }
  const receipt = isDryRun ? undefined : await chain.withdraw(amount, { signal, to })
  const balance = receipt === undefined ? before - amount : await chain.escrowBalance(own, { signal })
  await output.answer({
    json: { dryRun: isDryRun, address: own, to, withdrawn: amount, balance, transaction: receipt?.hash ?? null },
    names: () => (receipt === undefined ? [] : [receipt.hash]),
    human: ({ fields }) =>
      fields([
        [isDryRun ? 'would withdraw' : 'withdrawn', money(amount)],
        ['to', isOwn ? `${to} (this wallet)` : to],
        ['balance left', money(balance)],
        ...(receipt === undefined ? [] : [['transaction', receipt.hash] as const])
      ])
  })
  if (isDryRun) output.note('Nothing was sent.')
}

/** An address from `--to`. @throws CodedError E_USAGE */
export function parseTo(text: string): Address {
  if (isHex(text, 20)) return text.toLowerCase() as Address
  throw codedError('E_USAGE', `--to: ${JSON.stringify(text)} is not an address: 0x and 40 hex digits`)
}

function notEnough(needed: Wei, balance: Wei, money: (amount: Wei) => string, hint: string): CodedError {
  const what = needed === 0n ? 'nothing is free in the escrow' : `only ${money(balance)} are free in the escrow`
  return new CodedError('E_NO_FUNDS', what, { facts: { needed, balance }, hint })
}
