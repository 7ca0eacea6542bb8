import type { JobOutcome, Replica } from '@archipel/client'
import { decodeContentCid } from '@archipel/client'
import { type Result, resultDigest } from '@archipel/protocol'
import { formatDurationMs } from '../../config/units/duration.ts'
import { formatFuel } from '../../config/units/fuel.ts'
import { renderFields, renderTable } from '../output/table.ts'
import { formatBytes, plural, shortId, tokens } from './words.ts'

/** Files a job wrote, and where they are now. */
export interface JobOutput {
  /** Folder on this machine; undefined when they were left where they are kept. */
  readonly folder: string | undefined
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
}

/** A result for programs: CIDs as text. */
export function resultJson(result: Result): Record<string, unknown> {
  return {
    exitCode: result.exitCode,
    stdout: cidText(result.stdout),
    output: cidText(result.output),
    digest: resultDigest(result)
  }
}

/** CIDs come from providers: what is none is shown as it is. */
function cidText(bytes: Uint8Array): string {
  try {
    return decodeContentCid(bytes).toString()
  } catch {
    return `0x${Buffer.from(bytes).toString('hex')}`
  }
}

export function replicaJson(replica: Replica): Record<string, unknown> {
  const { provider, operator, region, state, agreement, digest, priceMax, paid, runMs, fuel, failure } = replica
  return {
    provider,
    operator,
    region,
    state,
    agreement: agreement ?? null,
    digest: digest ?? null,
    priceMax,
    paid,
    runMs: runMs ?? null,
    fuel: fuel ?? null,
    failure: failure ?? null
  }
}

export function outcomeJson(
  { job, result, replicas, paid, timings }: JobOutcome,
  output: JobOutput
): Record<string, unknown> {
  return {
    job,
    state: 'succeeded',
    result: resultJson(result),
    replicas: replicas.map(replicaJson),
    paid,
    timings: Object.fromEntries(Object.entries(timings).map(([name, ms]) => [name, Math.round(ms * 10) / 10])),
    output: { folder: output.folder ?? null, files: output.files }
  }
}

/** What came out, for people; the program's own output stands apart on stdout. */
export function outcomeText(outcome: JobOutcome, output: JobOutput, symbol: string): string {
  const { job, result, digest, replicas, paid, timings } = outcome
  const votes = replicas.filter(replica => replica.digest === digest).length
  const bytes = output.files.reduce((sum, file) => sum + file.bytes, 0)
  const place = output.folder === undefined ? '' : ` in ${output.folder}`
  const fields: [string, string][] = [
    ['job', job],
    ['result', `${digest}, the same from ${plural(votes, 'operator')}`],
    ['exit code', String(result.exitCode)],
    [
      'output',
      output.files.length === 0 ? 'no files' : `${plural(output.files.length, 'file')}, ${formatBytes(bytes)}${place}`
    ],
    ['paid', tokens(paid, symbol)],
    ['took', `${formatDurationMs(timings.totalMs)}, of which running ${formatDurationMs(timings.executeMs)}`]
  ]
  return `${renderFields(fields, plainStyle)}\n\n${replicaTable(replicas, symbol)}`
}

/** Unpainted: it also goes to stderr, where colours are another stream's business. */
export function replicaTable(replicas: readonly Replica[], symbol: string): string {
  return renderTable<Replica>(
    [
      { title: 'region', cell: ({ region }) => region },
      { title: 'provider', cell: ({ provider }) => provider },
      { title: 'state', cell: ({ state, failure }) => (failure === undefined ? state : `${state} (${failure.code})`) },
      { title: 'ran', cell: ({ runMs }) => (runMs === undefined ? '' : formatDurationMs(runMs)), align: 'right' },
      { title: 'fuel', cell: ({ fuel }) => (fuel === undefined ? '' : formatFuel(fuel)), align: 'right' },
      { title: 'paid', cell: ({ paid }) => tokens(paid, symbol), align: 'right' },
      { title: 'result', cell: ({ digest }) => (digest === undefined ? '' : shortId(digest)) }
    ],
    replicas,
    { style: plainStyle, width: undefined }
  )
}

const plainStyle = (_: unknown, text: string): string => text
