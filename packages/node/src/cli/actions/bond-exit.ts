import type { BondState, Bonds } from '@archipel/client'
import { type Address, CodedError, type UnixSec, type Wei } from '@archipel/protocol'
import { formatTokens, parsePositiveAmount } from '../../config/units/amount.ts'
import { type ExposureView, exposuresOf, openBonds, openBondsWithWallet, planReductions } from '../bonds.ts'
import { openChain, ownAddress, tokenOf } from '../chain.ts'
import type { Context } from '../context.ts'
import { codedError } from '../errors/coded.ts'
import { clockText } from '../escrow/words.ts'
import type { Invocation } from '../host.ts'
import { confirm } from '../prompt.ts'

interface ExitOptions {
  cancel?: boolean
  dryRun?: boolean
}

/** How far the exit is after this. */
type ExitStep = 'requested' | 'waiting' | 'paid' | 'cancelled'

interface Outcome {
  readonly step: ExitStep
  readonly amount: Wei
  readonly exitAt: UnixSec
  readonly transaction: string | undefined
}

interface Scene {
  readonly context: Context
  readonly bonds: Bonds
  readonly owner: Address
  readonly bond: BondState
  readonly exposures: readonly ExposureView[]
  readonly isDryRun: boolean
  readonly money: (amount: Wei) => string
}

/** Takes the bond back, one step at each call: request, wait, pay out. What is exposed is reduced along with it. */
export async function exitBond({ context, options, args }: Invocation<ExitOptions>): Promise<undefined> {
  const { signal, output } = context
  const wanted = args[0] === undefined ? undefined : parsePositiveAmount(String(args[0]), 'amount')
  if (options.cancel === true && wanted !== undefined) throw codedError('E_USAGE', '--cancel takes no amount')
  const isDryRun = options.dryRun === true
  const bonds = isDryRun ? await openBonds(context) : await openBondsWithWallet(context)
  const [owner, chain] = await Promise.all([ownAddress(context), openChain(context)])
  await Promise.all([chain.checkChain({ signal }), bonds.checkBonds({ signal })])
  const [{ symbol }, bond, exposures] = await Promise.all([
    tokenOf(chain, signal),
    bonds.bondOf(owner, { signal }),
    exposuresOf(context, bonds, owner)
  ])
  const money = (amount: Wei) => formatTokens(amount, symbol)
  const scene: Scene = { context, bonds, owner, bond, exposures, isDryRun, money }
  const outcome = await (options.cancel === true ? cancel(scene) : advance(scene, wanted))

  const { step, amount, exitAt, transaction } = outcome
  const left = isDryRun ? bond.amount : (await bonds.bondOf(owner, { signal })).amount
  await output.answer({
    json: { dryRun: isDryRun, owner, step, amount, exitAt, bond: left, transaction: transaction ?? null },
    names: () => (transaction === undefined ? [] : [transaction]),
    human: ({ fields }) =>
      fields([
        [isDryRun && step !== 'waiting' ? `would be ${step}` : step, money(amount)],
        ...(exitAt === 0 ? [] : [['from', clockText(exitAt)] as const]),
        ['bond', money(left)],
        ...(transaction === undefined ? [] : [['transaction', transaction] as const])
      ])
  })
  if (isDryRun) output.note('Nothing was sent.')
  else if (step === 'requested' || step === 'waiting') {
    output.note(`Until then it can still be slashed. From ${clockText(exitAt)} on: archipel bond exit`)
  }
}

async function advance(scene: Scene, wanted: Wei | undefined): Promise<Outcome> {
  const { context, bonds, bond } = scene
  if (bond.exitAt === 0) return request(scene, wanted ?? bond.amount)
  if (wanted !== undefined) {
    throw new CodedError('E_EXIT_PENDING', `an exit of ${scene.money(bond.exiting)} is under way`, {
      facts: { exiting: bond.exiting, exitAt: bond.exitAt },
      hint: 'complete it with archipel bond exit, or take it back with archipel bond exit --cancel'
    })
  }
  // Chains without traffic make no blocks: then our own clock is nearer to that of the next one.
  const nowSec = Math.max(await bonds.blockTimeSec({ signal: context.signal }), Math.floor(Date.now() / 1000))
  if (nowSec >= bond.exitAt) return pay(scene, nowSec)
  return { step: 'waiting', amount: bond.exiting, exitAt: bond.exitAt, transaction: undefined }
}

async function request(scene: Scene, amount: Wei): Promise<Outcome> {
  const { context, bonds, bond, exposures, isDryRun, money } = scene
  const { signal } = context
  if (amount === 0n || amount > bond.amount) throw tooSmall(amount, bond.amount, money)
  const reductions = planReductions(exposures, bond.amount - amount)
  if (isDryRun) {
    const nowSec = Math.max(await bonds.blockTimeSec({ signal }), Math.floor(Date.now() / 1000))
    return {
      step: 'requested',
      amount,
      exitAt: nowSec + (await bonds.exitDelaySec({ signal })),
      transaction: undefined
    }
  }
  const also = reductions.length === 0 ? '' : ' Your nodes will be worth less to buyers from now on.'
  await confirm(context, `Ask for ${money(amount)} of the bond?${also}`)
  for (const { arbiter, cap } of reductions) await bonds.requestReduce(arbiter, cap, { signal })
  const { hash, exitAt } = await bonds.requestExit(amount, { signal })
  return { step: 'requested', amount, exitAt, transaction: hash }
}

/** Due reductions first: what is exposed does not leave. */
async function pay({ context, bonds, bond, exposures, isDryRun, money }: Scene, nowSec: UnixSec): Promise<Outcome> {
  const { signal } = context
  if (isDryRun) return { step: 'paid', amount: bond.exiting, exitAt: 0, transaction: undefined }
  await confirm(context, `Take ${money(bond.exiting)} out of the bond?`)
  for (const { arbiter, reduceAt } of exposures) {
    if (reduceAt !== 0 && reduceAt <= nowSec) await bonds.reduce(arbiter, { signal })
  }
  const { hash, paid } = await bonds.exit({ signal })
  return { step: 'paid', amount: paid, exitAt: 0, transaction: hash }
}

/** Takes back the reductions as well: asked for again, an exposure stays as it is. */
async function cancel({ context, bonds, bond, exposures, isDryRun }: Scene): Promise<Outcome> {
  const { signal } = context
  if (bond.exitAt === 0) throw new CodedError('E_NO_EXIT', 'no exit of the bond is under way')
  if (isDryRun) return { step: 'cancelled', amount: bond.exiting, exitAt: 0, transaction: undefined }
  const { hash } = await bonds.cancelExit({ signal })
  for (const { arbiter, cap, reduceAt } of exposures) {
    if (reduceAt !== 0) await bonds.expose(arbiter, cap, { signal })
  }
  return { step: 'cancelled', amount: bond.exiting, exitAt: 0, transaction: hash }
}

function tooSmall(needed: Wei, amount: Wei, money: (amount: Wei) => string): CodedError {
  const what = amount === 0n ? 'there is no bond' : `the bond is ${money(amount)}`
  return new CodedError('E_BOND_TOO_SMALL', what, { facts: { needed, amount } })
}
