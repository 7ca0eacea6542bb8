import { type Bonds, type ExposureState, exposedMax } from '@archipel/client'
import { type Address, CodedError, type UnixSec, type Wei } from '@archipel/protocol'
import { formatTokens, parseAmount } from '../../config/units/amount.ts'
import { arbiterOf, openBonds, openBondsWithWallet } from '../bonds.ts'
import { openChain, ownAddress, tokenOf } from '../chain.ts'
import type { Context } from '../context.ts'
import { clockText } from '../escrow/words.ts'
import type { Invocation } from '../host.ts'
import { confirm } from '../prompt.ts'

interface ExposeOptions {
  dryRun?: boolean
}

/** What is done towards an exposure: raised and kept at once, lowered by a request and, a month later, for good. */
type ExposeStep = 'raised' | 'kept' | 'requested' | 'waiting' | 'lowered'

interface Scene {
  readonly context: Context
  readonly bonds: Bonds
  readonly owner: Address
  readonly arbiter: Address
  readonly before: ExposureState
  /** What is to be exposed in all. */
  readonly wanted: Wei
  readonly isDryRun: boolean
  readonly money: (amount: Wei) => string
}

interface Outcome {
  readonly step: ExposeStep
  readonly reduceAt: UnixSec
  readonly transaction: string | undefined
}

/** Sets what one arbiter can take of the bond: more at once, less after a month. The same call again completes it. */
export async function exposeBond({ context, options, args }: Invocation<ExposeOptions>): Promise<undefined> {
  const { signal, output } = context
  const isDryRun = options.dryRun === true
  const arbiter = arbiterOf(String(args[0]), await context.network())
  const wanted = parseAmount(String(args[1]), 'amount')
  const bonds = isDryRun ? await openBonds(context) : await openBondsWithWallet(context)
  const [owner, chain] = await Promise.all([ownAddress(context), openChain(context)])
  await Promise.all([chain.checkChain({ signal }), bonds.checkBonds({ signal })])
  const [{ symbol }, before] = await Promise.all([tokenOf(chain, signal), bonds.exposureOf(owner, arbiter, { signal })])
  const money = (amount: Wei) => formatTokens(amount, symbol)
  const scene: Scene = { context, bonds, owner, arbiter, before, wanted, isDryRun, money }
  const { step, reduceAt, transaction } = await advance(scene)

  const now = isDryRun ? before : await bonds.exposureOf(owner, arbiter, { signal })
  await output.answer({
    json: {
      dryRun: isDryRun,
      owner,
      arbiter,
      step,
      exposed: now.cap,
      cover: now.cover,
      reduceAt,
      transaction: transaction ?? null
    },
    names: () => (transaction === undefined ? [] : [transaction]),
    human: ({ fields }) =>
      fields([
        [isDryRun && transaction === undefined && step !== 'waiting' ? `would be ${step}` : step, money(wanted)],
        ['arbiter', arbiter],
        ['exposed', money(now.cap)],
        ['cover', money(now.cover)],
        ...(reduceAt === 0 ? [] : [['from', clockText(reduceAt)] as const]),
        ...(transaction === undefined ? [] : [['transaction', transaction] as const])
      ])
  })
  if (isDryRun) output.note('Nothing was sent.')
  else if (step === 'requested' || step === 'waiting') {
    output.note(
      `Until then it can take ${money(now.cap)}. From ${clockText(reduceAt)} on: archipel bond expose ${args[0]} ${args[1]}`
    )
  }
}

async function advance(scene: Scene): Promise<Outcome> {
  const { wanted, before } = scene
  if (wanted > before.cap) return raise(scene)
  if (wanted < before.cap) return lower(scene)
  return before.reduceAt === 0 ? { step: 'kept', reduceAt: 0, transaction: undefined } : takeBack(scene)
}

async function raise({ context, bonds, owner, arbiter, before, wanted, isDryRun, money }: Scene): Promise<Outcome> {
  const { signal } = context
  const [{ amount }, exposed] = await Promise.all([bonds.bondOf(owner, { signal }), bonds.exposedOf(owner, { signal })])
  const most = exposedMax(amount) - (exposed - before.cap)
  if (wanted > most) throw tooMuch(wanted, most, money)
  if (isDryRun) return { step: 'raised', reduceAt: 0, transaction: undefined }
  await confirm(context, `Let ${arbiter} take up to ${money(wanted)} of the bond? Lowering it takes a month.`)
  const { hash } = await bonds.expose(arbiter, wanted, { signal })
  return { step: 'raised', reduceAt: 0, transaction: hash }
}

/** Asked for again, an exposure stays as it is. */
async function takeBack({ context, bonds, arbiter, wanted, isDryRun }: Scene): Promise<Outcome> {
  if (isDryRun) return { step: 'kept', reduceAt: 0, transaction: undefined }
  const { hash } = await bonds.expose(arbiter, wanted, { signal: context.signal })
  return { step: 'kept', reduceAt: 0, transaction: hash }
}

async function lower({ context, bonds, arbiter, before, wanted, isDryRun, money }: Scene): Promise<Outcome> {
  const { signal } = context
  // Chains without traffic make no blocks: then our own clock is nearer to that of the next one.
  const nowSec = Math.max(await bonds.blockTimeSec({ signal }), Math.floor(Date.now() / 1000))
  const isAsked = before.reduceAt !== 0 && before.cover === wanted
  if (isAsked && before.reduceAt > nowSec) {
    return { step: 'waiting', reduceAt: before.reduceAt, transaction: undefined }
  }
  if (isAsked) {
    if (isDryRun) return { step: 'lowered', reduceAt: 0, transaction: undefined }
    const { hash } = await bonds.reduce(arbiter, { signal })
    return { step: 'lowered', reduceAt: 0, transaction: hash }
  }
  if (isDryRun) {
    return { step: 'requested', reduceAt: nowSec + (await bonds.exitDelaySec({ signal })), transaction: undefined }
  }
  const anew = before.reduceAt === 0 ? '' : ' The month that is under way begins anew.'
  await confirm(
    context,
    `Ask to expose only ${money(wanted)} to ${arbiter}? Your nodes are worth less to buyers from now on, and it takes a month.${anew}`
  )
  const { hash, reduceAt } = await bonds.requestReduce(arbiter, wanted, { signal })
  return { step: 'requested', reduceAt, transaction: hash }
}

function tooMuch(wanted: Wei, most: Wei, money: (amount: Wei) => string): CodedError {
  return new CodedError('E_BOND_EXPOSED', `at most ${money(most)} of the bond can be exposed there`, {
    facts: { wanted, most },
    hint: 'a fifth of a bond is for no arbiter; add to it with: archipel bond add AMOUNT'
  })
}
