import { formatDurationMs } from '../../config/units/duration.ts'
import { escapeText } from '../output/escape.ts'
import type { Style, StyleName } from '../output/style.ts'
import { failureText, shortId, tokens } from '../run/words.ts'
import { fetchedText } from './plain.ts'
import { isWorking, type JobView, type ReplicaView } from './view.ts'

export interface ScreenInit {
  /** Of the terminal. */
  columns: number
  rows: number
  symbol: string
  style: Style
  nowMs: number
}

const STAGES: Readonly<Record<JobView['stage'], string>> = {
  preparing: 'reading program and input',
  placing: 'looking for offers',
  running: 'running',
  agreed: 'bringing the result back'
}
/** Lines left for what stands above and for the prompt. */
const SPARE_ROWS = 4

/** The picture of a job: one line for its stage, one for each operator. No line is wider than the terminal. */
export function drawScreen(view: JobView, { columns, rows, symbol, style, nowMs }: ScreenInit): string[] {
  const replicas = [...view.replicas.values()]
  const width = Math.max(0, ...replicas.map(({ region }) => region.length))
  const room = Math.max(1, rows - SPARE_ROWS)
  // When there are too many, those still at work are what one wants to see.
  const shown = [...replicas].sort((a, b) => Number(isWorking(b)) - Number(isWorking(a))).slice(0, room)
  const lines = replicas
    .filter(replica => shown.includes(replica))
    .map(replica => {
      const name = cut(`  ${replica.region.padEnd(width)}  ${shortId(replica.provider)}  `, columns)
      const state = replica.state.padEnd(11)
      const rest = cut(describe(replica, symbol, nowMs), Math.max(0, columns - name.length - state.length))
      return `${name}${style(colourOf(replica), cut(state, columns - name.length))}${rest}`
    })
  if (shown.length < replicas.length) lines.push(cut(`  and ${replicas.length - shown.length} more`, columns))
  return [cut(headline(view), columns), ...lines]
}

function headline(view: JobView): string {
  const { job, stage, quorum } = view
  const parts = [job === undefined ? 'job' : `job ${shortId(job)}`, STAGES[stage]]
  if (quorum !== undefined) parts.push(`${quorum.votes} of ${quorum.replicas} agree on ${shortId(quorum.digest)}`)
  if (view.fetchedBytes > 0) parts.push(fetchedText(view))
  return parts.join(' · ')
}

function describe(replica: ReplicaView, symbol: string, nowMs: number): string {
  const { state, startedMs, sinceMs, priceMax, paid, runMs, failure, digest } = replica
  if (state === 'failed') return failure === undefined ? '' : failureText(failure)
  if (isWorking(replica)) {
    const elapsed = formatDurationMs(nowMs - startedMs).padStart(8)
    const money = paid > 0n ? `paid ${tokens(paid, symbol)}, at most` : 'at most'
    return `${elapsed}  ${money} ${tokens(priceMax, symbol)}`
  }
  const ran = formatDurationMs(runMs ?? sinceMs - startedMs).padStart(8)
  return `${ran}  ${shortId(digest ?? '')}  ${state === 'paid' ? `paid ${tokens(paid, symbol)}` : ''}`.trimEnd()
}

function colourOf({ state }: ReplicaView): StyleName {
  if (state === 'paid') return 'green'
  if (state === 'failed' || state === 'rejected') return 'red'
  return state === 'delivered' ? 'cyan' : 'dim'
}

/** Also makes the text safe: regions and failures are other people's words. */
function cut(text: string, columns: number): string {
  const chars = [...escapeText(text)]
  if (chars.length <= columns) return chars.join('')
  return columns <= 0 ? '' : `${chars.slice(0, columns - 1).join('')}…`
}
