import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { toolPath } from '../root.ts'
import type { Counts, Stage } from './stage.ts'

/** What we read of vitest's JSON report. */
interface Report {
  success: boolean
  testResults: { status: string; assertionResults: { status: string }[] }[]
}

/** Runs one project of vitest.config.ts. */
export function vitest(project: 'unit' | 'system', timeoutMs: number, env: NodeJS.ProcessEnv = {}): Stage {
  return {
    name: project,
    async run(write) {
      const folder = await mkdtemp(join(tmpdir(), 'archipel-test-'))
      const reportFile = join(folder, 'report.json')
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
      const colors = process.stdout.isTTY ? [] : ['--no-color']
      try {
        const { exitCode } = await runCommand(
          toolPath('vitest'),
          ['run', '--project', project, ...reporters, ...colors],
          {
            timeoutMs,
            env: { ...process.env, ...env },
            onOutput: write
          }
        )
        return countReport(JSON.parse(await readFile(reportFile, 'utf8')), exitCode)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }
  }
}

/** A file that fails outside its tests, and a run that fails without a failed test, count as one failure each. */
export function countReport(report: Report, exitCode: number): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const file of report.testResults) {
    const failedBefore = counts.failed
    for (const { status } of file.assertionResults) {
      if (status === 'passed') counts.passed++
      else if (status === 'failed') counts.failed++
      else counts.skipped++
    }
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed++
  }
  if (counts.failed === 0 && (exitCode !== 0 || !report.success)) counts.failed++
  return counts
}
