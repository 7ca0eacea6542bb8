import { afterEach, describe, expect, it, vi } from 'vitest'
import { runCommand } from '../command.ts'
import { requireFacility } from '../facilities.ts'
import { countForgeReport } from '../stages/contracts.ts'
import { countBlocks, runnableBlocks } from '../stages/readme.ts'
import { runStages } from '../stages/run-stages.ts'
import type { Counts, Stage } from '../stages/stage.ts'
import { countReport } from '../stages/vitest.ts'

const stage = (name: string, result: Counts | Error): Stage => ({
  name,
  run: async () => {
    if (result instanceof Error) throw result
    return result
  }
})

afterEach(() => vi.restoreAllMocks())

describe('runStages', () => {
  const run = async (stages: Stage[]) => {
    const lines: string[] = []
    vi.spyOn(console, 'log').mockImplementation(text => lines.push(...String(text).split('\n')))
    vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
    const isGood = await runStages([[stages]])
    return { isGood, lastLine: lines.at(-1) }
  }

  it('adds up, and ends with the line that counts', async () => {
    const result = await run([
      stage('a', { passed: 2, failed: 0, skipped: 1 }),
      stage('b', { passed: 3, failed: 0, skipped: 0 })
    ])
    expect(result).toEqual({ isGood: true, lastLine: '5 passed, 0 failed, 1 skipped' })
  })

  it('runs on after a failure and counts a crash as one', async () => {
    const result = await run([stage('a', new Error('crash')), stage('b', { passed: 1, failed: 0, skipped: 0 })])
    expect(result).toEqual({ isGood: false, lastLine: '1 passed, 1 failed, 0 skipped' })
  })

  it('does not call nothing a success', async () => {
    expect((await run([stage('a', { passed: 0, failed: 0, skipped: 4 })])).isGood).toBe(false)
  })
})

describe('countReport', () => {
  const file = (status: string, ...tests: string[]) => ({
    status,
    assertionResults: tests.map(each => ({ status: each }))
  })

  it('counts tests', () => {
    const report = {
      success: false,
      testResults: [file('failed', 'passed', 'failed'), file('passed', 'pending', 'passed')]
    }
    expect(countReport(report, 1)).toEqual({ passed: 2, failed: 1, skipped: 1 })
  })

  it('counts a file that cannot be loaded', () => {
    expect(countReport({ success: false, testResults: [file('failed'), file('passed', 'passed')] }, 1)).toMatchObject({
      failed: 1
    })
  })

  it('counts a run that failed although every test passed, such as by an unhandled rejection', () => {
    expect(countReport({ success: true, testResults: [file('passed', 'passed')] }, 1)).toMatchObject({ failed: 1 })
  })
})

describe('countForgeReport', () => {
  const report = JSON.stringify({
    'test/A.t.sol:A': {
      test_results: {
        'test_a()': { status: 'Success', reason: null, counterexample: null },
        'test_b()': { status: 'Failure', reason: 'assertion failed', counterexample: null },
        'test_c()': { status: 'Skipped', reason: null, counterexample: null }
      }
    }
  })

  it('finds the report after what the compiler printed', () => {
    const lines: string[] = []
    const counts = countForgeReport(`Compiling 3 files\n${report}\n`, 1, text => lines.push(text))
    expect(counts).toEqual({ passed: 1, failed: 1, skipped: 1 })
    expect(lines.join('')).toContain('FAILED test_b(): assertion failed')
  })

  it.each(['', 'Error: compilation failed\n', '{}\n'])('counts a run without tests as a failure: %j', stdout => {
    expect(countForgeReport(stdout, 0, () => {})).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe('readme', () => {
  it('runs blocks that say so', () => {
    const text = 'a\n```sh run\nnpm a\nnpm b\n```\n```sh\nnpm c\n```\n```\nd\n```\n```sh run\nnpm e\n```\n'
    expect(runnableBlocks(text)).toEqual(['npm a\nnpm b\n', 'npm e\n'])
  })

  it('skips what follows a failure, and wants at least one block', () => {
    expect(countBlocks(4, 4, 0)).toEqual({ passed: 4, failed: 0, skipped: 0 })
    expect(countBlocks(4, 1, 1)).toEqual({ passed: 1, failed: 1, skipped: 2 })
    expect(countBlocks(0, 0, 0)).toMatchObject({ failed: 1 })
  })
})

describe('runCommand', () => {
  const node = (code: string, timeoutMs = 10_000) => runCommand(process.execPath, ['-e', code], { timeoutMs })

  it('returns what was printed and the exit code', async () => {
    const result = await node("console.log('out'); console.error('err'); process.exitCode = 3")
    expect(result).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' })
  })

  it('kills what runs too long, children included', async () => {
    const child = 'setInterval(() => {}, 1000)'
    const result = await node(
      `require('child_process').spawn(process.execPath, ['-e', '${child}'], { stdio: 'inherit' })`,
      500
    )
    // Resolved at all: the grandchild held our pipe open until it was killed too.
    expect(result.exitCode).toBe(124)
  })

  it('reports a program that does not exist', async () => {
    expect((await runCommand('archipel-no-such-program', [], { timeoutMs: 1000 })).exitCode).toBe(127)
  })
})

describe('requireFacility', () => {
  it('agrees with the machine, and turns a missing facility into an error only where it is required', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    if (requireFacility('bubblewrap', '')) expect(requireFacility('bubblewrap', 'all')).toBe(true)
    else expect(() => requireFacility('bubblewrap', 'all')).toThrow('bubblewrap is required but missing')
  })
})
