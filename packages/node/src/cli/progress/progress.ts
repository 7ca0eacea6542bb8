import type { JobProgress } from '@archipel/client'
import type { Output } from '../output/output.ts'
import type { Style } from '../output/style.ts'
import { plainLines } from './plain.ts'
import { drawScreen } from './screen.ts'
import { EMPTY_VIEW, type JobView, stepView } from './view.ts'

/** Shows a job while it runs, and remembers what it saw. */
export interface Progress {
  readonly view: JobView
  readonly onProgress: (progress: JobProgress) => void
  /** Leaves the last picture as it is. Safe to call twice. */
  stop(): void
}

export interface ProgressInit {
  output: Pick<Output, 'isAnimated' | 'note'>
  stderr: Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows'>
  /** For stderr. */
  style: Style
  symbol: string
  nowMs?: () => number
}

const REDRAW_MS = 100
/** For terminals that do not tell their size. */
const DEFAULT_SIZE = { columns: 80, rows: 24 }

/** On a terminal, a few lines redrawn in place; anywhere else a plain line for each change. */
export function createProgress(init: ProgressInit): Progress {
  const { output, symbol, nowMs = () => performance.now() } = init
  let view = EMPTY_VIEW
  const canvas = output.isAnimated ? createCanvas(init, () => view, nowMs) : undefined
  return {
    get view() {
      return view
    },
    onProgress(progress) {
      const before = view
      view = stepView(before, progress, nowMs())
      if (canvas !== undefined) canvas.draw()
      else for (const line of plainLines(before, progress, view, symbol)) output.note(line)
    },
    stop() {
      canvas?.stop()
    }
  }
}

function createCanvas({ stderr, style, symbol }: ProgressInit, view: () => JobView, nowMs: () => number) {
  let drawn = 0
  let stopped = false

  function draw(): void {
    if (stopped) return
    const columns = stderr.columns || DEFAULT_SIZE.columns
    const rows = stderr.rows || DEFAULT_SIZE.rows
    // One column is left free: a terminal wraps when the last one is filled.
    const lines = drawScreen(view(), { columns: columns - 1, rows, symbol, style, nowMs: nowMs() })
    // Up to where the last picture began, then each line anew, then nothing of what was below.
    const up = drawn > 0 ? `\u001b[${drawn}A` : ''
    stderr.write(`${up}\r${lines.map(line => `${line}\u001b[K\n`).join('')}\u001b[J`)
    drawn = lines.length
  }

  draw()
  const timer = setInterval(draw, REDRAW_MS)
  timer.unref()
  return {
    draw,
    stop() {
      draw()
      stopped = true
      clearInterval(timer)
    }
  }
}
