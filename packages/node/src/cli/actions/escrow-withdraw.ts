import { type Address, CodedError, isHex, sameHex, type Wei } from '@archipel/protocol'
import { formatTokens, parsePositiveAmount } from '../../config/units/amount.ts'
import { openChain, openChainWithWallet, ownAddress, tokenOf } from '../chain.ts'
import { codedError } from '../errors/coded.ts'
import type { Invocation } from '../host.ts'
import { confirm } from '../prompt.ts'

interface WithdrawOptions {
  all?: boolean
  to?: string
  dryRun?: boolean
}

/** Sends tokens from the balance in the escrow to the wallet, or to another address. */
export async function withdraw({ context, options, args }: Invocation<WithdrawOptions>): Promise<undefined> {
  const { signal, output } = context
  const wanted = amountOf(args[0], options.all === true)
  const isDryRun = options.dryRun === true
  const chain = isDryRun ? await openChain(context) : await openChainWithWallet(context)
  const own = await ownAddress(context)
  const to = options.to === undefined ? own : addressOf(options.to)
  await chain.checkChain({ signal })
  const [{ symbol }, before] = await Promise.all([tokenOf(chain, signal), chain.escrowBalance(own, { signal })])
  const money = (amount: Wei) => formatTokens(amount, symbol)
  const amount = wanted ?? before
  if (amount > before || amount === 0n) throw notEnough(amount, before, money)
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

/** undefined: all there is. */
function amountOf(text: string | string[] | undefined, isAll: boolean): Wei | undefined {
  if (isAll === (text !== undefined)) {
    throw codedError('E_USAGE', isAll ? '--all and an amount contradict each other' : 'how much? an amount, or --all', {
      hint: 'archipel escrow withdraw 5, or archipel escrow withdraw --all'
    })
  }
  return isAll ? undefined : parsePositiveAmount(String(text), 'amount')
}

function addressOf(text: string): Address {
  if (isHex(text, 20)) return text.toLowerCase() as Address
  throw codedError('E_USAGE', `--to: ${JSON.stringify(text)} is not an address: 0x and 40 hex digits`)
}

function notEnough(needed: Wei, balance: Wei, money: (amount: Wei) => string): CodedError {
  const what = needed === 0n ? 'nothing is free in the escrow' : `only ${money(balance)} are free in the escrow`
  return new CodedError('E_NO_FUNDS', what, {
    facts: { needed, balance },
    hint: 'what lies in channels comes back by archipel escrow close --all'
  })
}
