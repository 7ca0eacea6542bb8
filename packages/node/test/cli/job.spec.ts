import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createStore, parseBundle } from '@archipel/client'
import { describe, expect, test } from 'vitest'
import { openOwnBooks } from '../../src/books/open-books.ts'
import { networkFolder } from '../../src/config/folders.ts'
import { networkRoot, writeNetwork } from './fixtures.ts'
import { PAID, STDOUT, writeJob } from './job-fixtures.ts'
import { runCli, temporaryFolder } from './run-cli.ts'

const FIRST = `0x${'1a'.repeat(32)}` as const
const SECOND = `0x1a1b${'00'.repeat(30)}` as const

/** Books, and the descriptor of a network whose chain does not answer: these commands do not ask it. */
async function books(): Promise<{ home: string; agreement: string }> {
  const home = temporaryFolder()
  const { agreement } = await writeJob(home)
  writeNetwork(home, 'http://127.0.0.1:1')
  return { home, agreement }
}

describe('jobs, from the books alone', () => {
  test('are listed, newest first', async () => {
    const home = temporaryFolder()
    await writeJob(home)
    await writeJob(home, {
      id: SECOND,
      createdAt: 1_900_000_000,
      state: 'running',
      result: undefined,
      digest: undefined
    })
    const table = await runCli(['job', 'ls'], { home })
    expect(table.stdout).toMatch(
      /^JOB +STATE +AGE +QUORUM +PAID +PROGRAM\n0x1a1b0000 +running .*\n0x1a1a1a1a +succeeded/
    )
    const asJson = JSON.parse((await runCli(['job', 'ls', '--json'], { home })).stdout)
    expect(asJson).toMatchObject({
      schemaVersion: 1,
      jobs: [
        { id: SECOND, state: 'running' },
        { id: FIRST, paid: String(PAID) }
      ]
    })
    expect((await runCli(['job', 'ls', '-o', 'name'], { home })).stdout).toBe(`${SECOND}\n${FIRST}\n`)
    const limited = await runCli(['job', 'ls', '--limit', '1'], { home })
    expect(limited.stdout.split('\n')).toHaveLength(3)
    expect(limited.stderr).toMatch(/1 older ones are left out/)
  })

  test('are none on a machine that ran none, and looking leaves nothing behind', async () => {
    const home = temporaryFolder()
    expect(await runCli(['job', 'ls'], { home })).toMatchObject({ exitCode: 0, stdout: 'No jobs yet.\n' })
    expect(existsSync(join(networkRoot(home), 'buyer'))).toBe(false)
  })

  test('are found by the start of their id', async () => {
    const home = temporaryFolder()
    await writeJob(home)
    await writeJob(home, { id: SECOND })
    expect(await runCli(['job', 'describe', '1a1a', '-o', 'name'], { home })).toMatchObject({ stdout: `${FIRST}\n` })
    expect(await runCli(['job', 'describe', '0X1A1B', '-o', 'name'], { home })).toMatchObject({ stdout: `${SECOND}\n` })
  })

  test('are not found by what is no start of one id', async () => {
    const home = temporaryFolder()
    await writeJob(home)
    await writeJob(home, { id: SECOND })
    const both = await runCli(['job', 'describe', '0x1a'], { home })
    expect(both).toMatchObject({ exitCode: 2, stdout: '' })
    expect(both.stderr).toMatch(
      /^error\[E_AMBIGUOUS_ID\]: more than one job begins with 0x1a\nhint: .*0x1a1a.* and 0x1a1b/
    )
    const none = await runCli(['job', 'describe', '0x2b'], { home })
    expect(none).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/^error\[E_NO_SUCH_JOB\]/) })
    const bad = await runCli(['job', 'logs', 'mine'], { home })
    expect(bad).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error\[E_USAGE\]: "mine" is not an id/) })
  })

  test('are described: operators, results, money', async () => {
    const { home, agreement } = await books()
    const described = JSON.parse((await runCli(['job', 'describe', FIRST, '--json'], { home })).stdout)
    expect(described).toMatchObject({
      job: FIRST,
      state: 'succeeded',
      args: ['tool', '--fast'],
      wanted: { replicas: 1, quorum: 1, spread: 'operator' },
      result: { exitCode: 3 },
      paid: String(PAID),
      replicas: [
        { agreement, region: 'eu-west', state: 'paid', paid: String(PAID), runMs: 1500, receipts: 1, paidReceipts: 1 }
      ],
      channels: [{ deposit: String(2n * PAID), vouchered: String(PAID) }]
    })
    const { stdout } = await runCli(['job', 'describe', FIRST], { home })
    expect(stdout).toMatch(/^paid +0\.0000042 of at most 0\.01 tokens$/m)
    expect(stdout).toMatch(/^eu-west +0x[0-9a-f]{40} +paid +1\.5 s/m)
  })

  test('give back what their program printed: stdout as it is, stderr made safe', async () => {
    const { home } = await books()
    const logs = await runCli(['job', 'logs', FIRST], { home })
    expect(logs).toMatchObject({ exitCode: 0, stdout: STDOUT, stderr: 'a warning\n\\u001b[31mred\n' })
    const { stdout } = await runCli(['job', 'logs', FIRST, '--json'], { home })
    expect(JSON.parse(stdout)).toMatchObject({ job: FIRST, stdout: STDOUT, stderr: 'a warning\n\u001b[31mred' })
  })

  test('without a result have no logs, and say what to do', async () => {
    const home = temporaryFolder()
    await writeJob(home, { state: 'running', result: undefined, digest: undefined })
    const logs = await runCli(['job', 'logs', FIRST], { home })
    expect(logs).toMatchObject({ exitCode: 4, stdout: '' })
    expect(logs.stderr).toMatch(/^error\[E_NO_RESULT\].*\nhint: .*archipel job result 0x1a1a/)
  })

  test('are read through the process that works with them', { timeout: 60_000 }, async () => {
    const { home, agreement } = await books()
    const before = await Promise.all(COMMANDS.map(args => runCli(args, { home })))
    const own = await openOwnBooks({
      folder: networkFolder(networkRoot(home)),
      signal: new AbortController().signal,
      onWait: () => {}
    })
    try {
      const meanwhile = await Promise.all(COMMANDS.map(args => runCli(args, { home })))
      expect(meanwhile.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0])
      expect(meanwhile.slice(1)).toEqual(before.slice(1))
      expect(parseBundle(meanwhile[3]!.stdout)).toMatchObject({ id: agreement })
    } finally {
      await own.release()
    }
  })

  test('are not read while a stranger has them open', async () => {
    const { home } = await books()
    const store = await createStore({ location: join(networkRoot(home), 'buyer/store') })
    try {
      const locked = await runCli(['job', 'ls'], { home })
      expect(locked).toMatchObject({ exitCode: 13, stderr: expect.stringMatching(/^error\[E_STORE_LOCKED\]/) })
    } finally {
      await store.close()
    }
  })
})

const COMMANDS = [
  ['job', 'ls'],
  ['job', 'describe', FIRST],
  ['job', 'logs', FIRST],
  ['job', 'receipt', FIRST]
]

describe('receipts', () => {
  test('of an agreement, and of a job with one, are its bundle', async () => {
    const { home, agreement } = await books()
    const { stdout, exitCode } = await runCli(['job', 'receipt', agreement], { home })
    expect(exitCode).toBe(0)
    expect(parseBundle(stdout)).toMatchObject({ id: agreement, voucher: { size: 1 } })
    expect((await runCli(['job', 'receipt', FIRST], { home })).stdout).toBe(stdout)
  })

  test('are written to a file, or to a folder for all of a job', async () => {
    const { home, agreement } = await books()
    const one = await runCli(['job', 'receipt', agreement, '--output', 'one.json', '--json'], { home })
    expect(JSON.parse(one.stdout)).toMatchObject({
      bundles: [{ agreement, file: join(home, 'one.json'), paidReceipts: 1 }]
    })
    const all = await runCli(['job', 'receipt', FIRST, '--output', 'all'], { home })
    expect(all.stdout).toBe(`${join(home, 'all', `${agreement}.json`)}\n`)
    expect(readdirSync(join(home, 'all'))).toEqual([`${agreement}.json`])
    const texts = ['one.json', `all/${agreement}.json`].map(file => readFileSync(join(home, file), 'utf8'))
    expect(texts[0]).toBe(texts[1])
    expect(parseBundle(texts[0]!).id).toBe(agreement)
  })

  test('of a job nobody agreed to are none', async () => {
    const home = temporaryFolder()
    await writeJob(home, { agreements: [] })
    writeNetwork(home, 'http://127.0.0.1:1')
    const result = await runCli(['job', 'receipt', FIRST], { home })
    expect(result).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/0 agreements.*\nhint: nothing was agreed/)
    })
  })
})
