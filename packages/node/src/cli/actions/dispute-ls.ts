import { formatAmount } from '../../config/units/amount.ts'
import { endText, nextText } from '../../dispute/words.ts'
import { type OwnCase, readOwnCases } from '../dispute/own-cases.ts'
import { clockText } from '../escrow/words.ts'
import type { Invocation } from '../host.ts'
import type { Column } from '../output/table.ts'
import { commandId, roundAmount } from '../run/words.ts'

interface LsOptions {
  all?: boolean
}

/** Cases as the books have them: a look at the chain is the business of whoever acts. */
export async function listDisputes({ context, options }: Invocation<LsOptions>): Promise<undefined> {
  const all = await readOwnCases(context)
  const shown = options.all === true ? all : all.filter(({ end }) => end === undefined)
  await context.output.answer({
    json: { cases: shown.map(caseJson) },
    names: () => shown.map(({ id }) => id),
    human: ({ table }) => (shown.length === 0 ? 'No open cases.' : table(COLUMNS, shown))
  })
  if (shown.length < all.length) context.output.note(`${all.length - shown.length} that are over are left out: --all`)
  if (shown.some(({ role, end }) => role === 'buyer' && end === undefined))
    context.output.note('Next: archipel dispute act looks at those of the buyer and does what is due')
}

/** A case for programs: times in seconds, amounts in smallest units. */
export function caseJson(one: OwnCase): Record<string, unknown> {
  const { id, kind, role, side, agreement, counterparty, amount, phase, next, untilSec, spentWei, end, steps } = one
  return {
    id,
    kind,
    role,
    side,
    agreement,
    counterparty,
    amount,
    phase,
    deadline: untilSec ?? null,
    next: next === undefined ? null : { type: next.type, what: next.what, missing: next.missing },
    spentWei,
    end: end ?? null,
    steps: steps.map(({ transaction, feeWei, ...step }) => ({
      ...step,
      transaction: transaction ?? null,
      feeWei: feeWei ?? null
    }))
  }
}

const COLUMNS: readonly Column<OwnCase>[] = [
  { title: 'case', cell: ({ id }) => commandId(id) },
  { title: 'kind', cell: ({ kind }) => kind },
  { title: 'role', cell: ({ role, side }) => `${role}, ${side}` },
  { title: 'against', cell: ({ counterparty }) => counterparty, widthMin: 13 },
  { title: 'amount', cell: ({ amount }) => roundAmount(amount), align: 'right' },
  { title: 'phase', cell: ({ phase }) => phase },
  { title: 'deadline', cell: ({ untilSec }) => (untilSec === undefined ? '' : clockText(untilSec)) },
  { title: 'fees', cell: ({ spentWei }) => formatAmount(spentWei), align: 'right' },
  { title: 'next', cell: one => (one.end === undefined ? nextText(one) : endText(one)), widthMin: 20 }
]
