import type { JobRecord } from '@archipel/client'
import type { Wei } from '@archipel/protocol'
import { formatDurationMs } from '../../config/units/duration.ts'
import { codedError } from '../errors/coded.ts'
import type { Invocation } from '../host.ts'
import { withBooks } from '../job-books.ts'
import type { Column } from '../output/table.ts'
import { commandId, roundAmount } from '../run/words.ts'

interface LsOptions {
  limit: string
}

interface Row extends JobRecord {
  readonly paid: Wei
}

export async function listJobs({ context, options }: Invocation<LsOptions>): Promise<undefined> {
  if (!/^[1-9]\d{0,4}$/.test(options.limit))
    throw codedError('E_USAGE', `--limit: ${JSON.stringify(options.limit)} is no number`)
  const { all, rows } = await withBooks(context, async books => {
    const jobs = await books.jobs()
    const shown = jobs.slice(0, Number(options.limit))
    const withPaid = async (job: JobRecord): Promise<Row> => {
      const agreements = await books.agreementsOf(job)
      return { ...job, paid: agreements.reduce((sum, { paid }) => sum + paid, 0n) }
    }
    return { all: jobs.length, rows: await Promise.all(shown.map(withPaid)) }
  })
  await context.output.answer({
    json: {
      jobs: rows.map(({ id, state, createdAt, args, replicas, quorum, digest, priceMax, paid }) => {
        return { id, state, createdAt, args, replicas, quorum, digest: digest ?? null, priceMax, paid }
      })
    },
    names: () => rows.map(({ id }) => id),
    human: ({ table }) => (rows.length === 0 ? 'No jobs yet.' : table(COLUMNS, rows))
  })
  if (rows.length === 0) context.output.note('archipel run --help says how to run one.')
  if (rows.length < all) context.output.note(`${all - rows.length} older ones are left out: --limit ${all}`)
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'job', cell: ({ id }) => commandId(id) },
  { title: 'state', cell: ({ state }) => state, style: ({ state }) => (state === 'failed' ? 'red' : undefined) },
  {
    title: 'age',
    cell: ({ createdAt }) => formatDurationMs(Math.max(0, Date.now() - createdAt * 1000)),
    align: 'right'
  },
  { title: 'quorum', cell: ({ quorum, replicas }) => `${quorum}/${replicas}`, align: 'right' },
  { title: 'paid', cell: ({ paid }) => roundAmount(paid), align: 'right' },
  { title: 'program', cell: ({ args }) => args.join(' '), widthMin: 10 }
]
