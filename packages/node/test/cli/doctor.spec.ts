import { expect, test } from 'vitest'
import type { Check } from '../../src/doctor/diagnose.ts'
import { runCli } from './run-cli.ts'

interface Told {
  schemaVersion: number
  level: string
  isolation: string[]
  checks: Check[]
}

async function doctor(args: readonly string[], env?: Record<string, string>) {
  const { exitCode, stdout, stderr } = await runCli(
    ['node', 'doctor', '--json', ...args],
    env === undefined ? {} : { env }
  )
  return { exitCode, stderr, told: JSON.parse(stdout) as Told }
}

const stateOf = ({ checks }: Told, name: string) => checks.find(check => check.name === name)?.state

test('runs a program for real, and needs neither a network nor a configuration', async () => {
  const { exitCode, told } = await doctor([])
  expect(exitCode).toBe(0)
  expect(told).toMatchObject({ schemaVersion: 1, level: expect.stringMatching(/^(?:basic|contained|hardened)$/) })
  expect(told.isolation.slice(0, 2)).toEqual(['process', 'permission'])
  for (const name of ['node', 'layer process', 'executor wasm'])
    expect([name, stateOf(told, name)]).toEqual([name, 'works'])
})

test('says what is not installed, and fails for it only when asked to be strict', async () => {
  const lacking = { PATH: '/nowhere' }
  const { exitCode, told } = await doctor([], lacking)
  expect(exitCode).toBe(0)
  expect(stateOf(told, 'layer bubblewrap')).toBe('missing')
  expect(told.level).toBe('basic')
  expect(told.checks.find(({ name }) => name === 'layer seccomp')?.remedy).toContain('install bubblewrap')
  expect((await doctor(['--strict'], lacking)).exitCode).toBe(14)
})
