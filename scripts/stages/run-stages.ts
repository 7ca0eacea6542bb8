import { addCounts, type Counts, FAILED, type Stage } from './stage.ts'

interface Finished extends Counts {
  name: string
  seconds: number
}

/**
 * Runs groups of stages one after another. The lanes of a group run at the same time, the stages of a lane in order.
 * A failure stops nothing: all are reported. The last line printed is `N passed, N failed, N skipped`.
 *
 * @returns whether nothing failed and something ran
 */
export async function runStages(groups: readonly (readonly (readonly Stage[])[])[]): Promise<boolean> {
  const finished: Finished[] = []
  for (const lanes of groups) {
    // Two lanes printing at once would be unreadable, so each stage's text waits for its end. A lone lane prints live.
    const isLive = lanes.filter(lane => lane.length > 0).length === 1
    await Promise.all(
      lanes.map(async lane => {
        for (const stage of lane) finished.push(await runStage(stage, isLive))
      })
    )
  }
  const total = addCounts(finished)
  console.log(`\n${table(finished)}\n`)
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  return total.failed === 0 && total.passed > 0
}

async function runStage(stage: Stage, isLive: boolean): Promise<Finished> {
  const startMs = performance.now()
  let waiting = ''
  const write = (text: string) => {
    if (isLive) process.stdout.write(text)
    else waiting += text
  }
  if (isLive) console.log(heading(stage.name))
  let counts: Counts
  try {
    counts = await stage.run(write)
  } catch (err) {
    write(`${err instanceof Error ? err.stack : err}\n`)
    counts = FAILED
  }
  const seconds = (performance.now() - startMs) / 1000
  if (!isLive) console.log(`${heading(stage.name)}\n${waiting.trimEnd()}`)
  console.log(`${stage.name}: ${counts.failed === 0 ? 'ok' : 'FAILED'} in ${seconds.toFixed(1)} s`)
  return { name: stage.name, seconds, ...counts }
}

function heading(name: string): string {
  return `\n── ${name} ${'─'.repeat(Math.max(0, 76 - name.length))}`
}

function table(stages: readonly Finished[]): string {
  const rows = stages.map(stage => [
    stage.name,
    stage.failed === 0 ? 'ok' : 'FAILED',
    String(stage.passed),
    String(stage.failed),
    String(stage.skipped),
    `${stage.seconds.toFixed(1)} s`
  ])
  const all = [['stage', 'result', 'passed', 'failed', 'skipped', 'time'], ...rows]
  const widths = all[0]!.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  const cell = (text: string, column: number) =>
    column < 2 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)
  return all.map(row => row.map(cell).join('  ')).join('\n')
}
