import type { JobRecord, Replica } from '@archipel/client'
import { type BuyerAgreement, type BuyerChannel, RECEIPT_FINAL } from '@archipel/protocol'
import type { Invocation } from '../host.ts'
import { withBooks } from '../job-books.ts'
import { replicaJson, replicaTable, resultJson } from '../run/report.ts'
import { failureText, roundAmount } from '../run/words.ts'

/** The command line knows the token's name only from the chain, which this command does not ask. */
const SYMBOL = 'tokens'

export async function describeJob({ context, args }: Invocation<object>): Promise<undefined> {
  const { job, agreements, channels } = await withBooks(context, async books => {
    const job = await books.job(String(args[0]))
    const agreements = await books.agreementsOf(job)
    const channels = await Promise.all(agreements.map(({ channel }) => books.records.channels.get(channel)))
    return { job, agreements, channels: channels.filter(channel => channel !== undefined) }
  })
  const replicas = agreements.map(replicaOf)
  await context.output.answer({
    json: {
      ...jobJson(job),
      replicas: agreements.map((state, i) => ({
        ...replicaJson(replicas[i]!),
        channel: state.channel,
        receipts: state.receipts.length,
        paidReceipts: state.paidReceipts
      })),
      paid: replicas.reduce((sum, { paid }) => sum + paid, 0n),
      channels: channels.map(({ id, deposit, cumulative }) => ({ id, deposit, vouchered: cumulative }))
    },
    names: () => [job.id],
    human: ({ fields }) => {
      const about = fields(fieldsOf(job, replicas, channels))
      return replicas.length === 0 ? about : `${about}\n\n${replicaTable(replicas, SYMBOL)}`
    }
  })
  if (job.state === 'running') context.output.note(`Next: archipel job result ${job.id} takes it up again`)
}

/** A replica as the buyer's books have it. */
export function replicaOf(state: BuyerAgreement): Replica {
  const { owner, provider, domains } = state.offer.body
  const last = state.receipts.at(-1)?.body
  return {
    provider,
    operator: owner,
    region: domains.region,
    state: state.phase.code,
    agreement: state.id,
    digest: last?.kind === RECEIPT_FINAL ? last.result : undefined,
    paid: state.paid,
    priceMax: state.bid.body.priceMax,
    runMs: last?.usage.runMs,
    fuel: state.demand.body.fuel > 0 ? last?.usage.fuel : undefined,
    failure: state.phase.code === 'failed' ? state.phase.failure : undefined
  }
}

function jobJson(job: JobRecord): Record<string, unknown> {
  const { id, state, createdAt, deadline, args, program, input, replicas, quorum, spread, priceMax, result, failure } =
    job
  return {
    job: id,
    state,
    createdAt,
    deadline,
    args,
    program,
    input: input ?? null,
    wanted: { replicas, quorum, spread },
    priceMax,
    result: result === undefined ? null : resultJson(result),
    failure: failure ?? null
  }
}

function fieldsOf(job: JobRecord, replicas: readonly Replica[], channels: readonly BuyerChannel[]): [string, string][] {
  const { id, state, createdAt, args, program, input, quorum, spread, priceMax, digest, result, failure } = job
  const sum = (amounts: readonly bigint[]) => roundAmount(amounts.reduce((total, amount) => total + amount, 0n))
  return [
    ['job', id],
    ['state', failure === undefined ? state : `${state}: ${failureText(failure)}`],
    ['created', new Date(createdAt * 1000).toISOString()],
    ['command', args.join(' ')],
    ['program', program],
    ['input', input ?? 'none'],
    ['wanted', `${quorum} of ${job.replicas} that agree, no two in one ${spread}`],
    ['result', digest ?? 'none'],
    ...(result === undefined ? [] : [['exit code', String(result.exitCode)] as [string, string]]),
    ['paid', `${sum(replicas.map(({ paid }) => paid))} of at most ${roundAmount(priceMax)} tokens`],
    [
      'in channels',
      `${sum(channels.map(({ deposit, cumulative }) => deposit - cumulative))} tokens not promised to anybody`
    ]
  ]
}
