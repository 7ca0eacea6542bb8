import { createChain, createCourt } from '@archipel/client'
import { formatAmount } from '../../config/units/amount.ts'
import { aboutText, endText, ifNobodyActs, nextText } from '../../dispute/words.ts'
import { findCase, type OwnCase, readOwnCases } from '../dispute/own-cases.ts'
import { type Happening, readTimeline } from '../dispute/timeline.ts'
import { codedError } from '../errors/coded.ts'
import { clockText } from '../escrow/words.ts'
import type { Invocation } from '../host.ts'
import type { Column } from '../output/table.ts'
import { plural } from '../run/words.ts'
import { caseJson } from './dispute-ls.ts'

/** A case from the books and the chain: what happened, what it cost, what speaks for us, and what comes next. */
export async function showDispute({ context, args }: Invocation<object>): Promise<undefined> {
  const [all, network] = await Promise.all([readOwnCases(context), context.network()])
  const one = findCase(all, String(args[0]))
  const { court, bonds } = network
  if (court === undefined || bonds === undefined) throw codedError('E_NO_COURT', 'this network has no court')
  const doors = { court: createCourt({ ...network, court, bonds }), chain: createChain(network) }
  const timeline = await readTimeline(one, doors, context.signal)
  const closing = one.end === undefined ? ifNobodyActs(one.phase, one.kind) : undefined
  await context.output.answer({
    json: {
      case: { ...caseJson(one), channel: one.channel, evidence: one.evidence },
      timeline: timeline.map(({ feeWei, ...rest }) => ({ ...rest, feeWei: feeWei ?? null })),
      ifNobodyActs: closing ?? null
    },
    names: () => [one.id],
    human: ({ fields, table }) => {
      const about = fields([
        ['case', one.id],
        ['about', aboutText(one)],
        ['role', `${one.role}, ${one.side}`],
        ['agreement', one.agreement],
        ['phase', one.phase],
        [one.end === undefined ? 'next' : 'end', one.end === undefined ? nextText(one) : endText(one)],
        ['spent', spentText(one)],
        ['evidence', evidenceText(one)],
        ...(closing === undefined ? [] : [['if nobody acts', closing] as const])
      ])
      return timeline.length === 0 ? about : `${about}\n\n${table(COLUMNS, timeline)}`
    }
  })
}

function spentText({ spentWei, steps }: OwnCase): string {
  const open = steps.filter(({ transaction }) => transaction === undefined).length
  const stakes = steps.reduce((sum, { stake }) => sum + stake, 0n)
  const unseen = open === 0 ? '' : `; ${plural(open, 'transaction')} of which the end is not known yet`
  const sent = plural(steps.length - open, 'transaction')
  return `${formatAmount(spentWei)} in fees for ${sent}, ${formatAmount(stakes)} staked${unseen}`
}

function evidenceText({ evidence, role }: OwnCase): string {
  const { receipts, paidReceipts, paid, dataChunks, hasSecret } = evidence
  return [
    `the agreement signed by ${role === 'provider' ? 'the buyer' : 'you'}`,
    `${plural(receipts, 'receipt')}, ${paidReceipts} of them paid with ${formatAmount(paid)}`,
    ...(dataChunks === 0 ? [] : [`the output, ${plural(dataChunks, 'part')}`]),
    ...(hasSecret ? ['a secret for drawing juries'] : [])
  ].join('; ')
}

const COLUMNS: readonly Column<Happening>[] = [
  { title: 'when', cell: ({ atSec }) => clockText(atSec) },
  { title: 'what', cell: ({ text }) => text, widthMin: 20 },
  { title: 'your fee', cell: ({ feeWei }) => (feeWei === undefined ? '' : formatAmount(feeWei)), align: 'right' },
  { title: 'transaction', cell: ({ transaction }) => transaction, widthMin: 13 }
]
