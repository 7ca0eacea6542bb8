import type { JobProgress } from '@archipel/client'
import { formatDurationMs } from '../../config/units/duration.ts'
import { failureText, formatBytes, shortId, tokens } from '../run/words.ts'
import type { JobView, ReplicaView } from './view.ts'

/** What changed between two views, a line for each change: for logs, pipes and readers of screens. */
export function plainLines(before: JobView, progress: JobProgress, after: JobView, symbol: string): string[] {
  switch (progress.type) {
    case 'prepared':
      return [
        `job ${progress.job} prepared: program ${progress.program}${progress.input ? `, input ${progress.input}` : ''}`
      ]
    case 'channel':
      return progress.action === 'reuse'
        ? []
        : [
            `channel to ${progress.provider} ${progress.action === 'open' ? 'opened' : 'topped up'}: ${tokens(progress.deposit, symbol)}`
          ]
    case 'replica': {
      const { provider } = progress.replica
      return replicaLines(before.replicas.get(provider), after.replicas.get(provider)!, symbol)
    }
    case 'replaced':
      return [`${progress.lost} is replaced by ${progress.by}`]
    case 'quorum':
      return [`${progress.votes} of ${progress.replicas} replicas agree on ${progress.digest}`]
    case 'offers':
    case 'fetched':
      return []
  }
}

function replicaLines(before: ReplicaView | undefined, after: ReplicaView, symbol: string): string[] {
  const name = `${after.region} ${after.provider}`
  const lines: string[] = []
  if (before?.state !== after.state) lines.push(`${name}: ${describe(after, symbol)}`)
  const isMore = after.paid > (before?.paid ?? 0n)
  if (isMore && after.state !== 'paid') lines.push(`${name}: paid ${tokens(after.paid, symbol)} so far`)
  return lines
}

function describe({ state, priceMax, paid, digest, runMs, failure }: ReplicaView, symbol: string): string {
  switch (state) {
    case 'agreed':
      return `agreed, at most ${tokens(priceMax, symbol)}`
    case 'paid':
      return `paid ${tokens(paid, symbol)}`
    case 'delivered':
      return `delivered ${digest ?? ''}${runMs === undefined ? '' : ` after running ${formatDurationMs(runMs)}`}`
    case 'rejected':
      return `rejected: its result ${shortId(digest ?? '')}, or what it asks for it, is not what the others say`
    case 'failed':
      return failure === undefined ? 'failed' : `failed: ${failureText(failure)}`
    default:
      return state
  }
}

/** The line under everything once there is something to bring back. */
export function fetchedText({ fetchedBytes }: JobView): string {
  return `${formatBytes(fetchedBytes)} of output fetched`
}
