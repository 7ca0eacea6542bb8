import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from '../root.ts'

/** A command that tells how it was started, then does as told. */
const COMMAND = `
const [verb, value] = process.argv.slice(2)
console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), major: process.versions.node.split('.')[0] }))
if (verb === 'exit') process.exitCode = Number(value)
if (verb === 'wait') {
  let count = 0
  const timer = setInterval(() => {}, 1000)
  process.on(value, () => {
    count++
    setTimeout(() => { console.log('signals: ' + count); process.exit(42) }, 100)
  })
  console.log('ready')
}
`

/** Stands where pnpm does and notes that it was called: what pnpm does is tried by the fresh clone in CI. */
const PNPM = `#!/usr/bin/env node
if (process.argv[2] === '--version') console.log('11.0.0')
else {
  require('node:fs').appendFileSync(process.cwd() + '/installs', process.argv.slice(2).join(' ') + '\\n')
  setTimeout(() => {}, 300)
}
`

let checkout: string

beforeEach(async () => {
  checkout = await realpath(await mkdtemp(join(tmpdir(), 'archipel-bootstrap-test-')))
  await mkdir(join(checkout, 'scripts'))
  await cp(join(ROOT, 'scripts/bootstrap.mjs'), join(checkout, 'scripts/bootstrap.mjs'))
  await cp(join(ROOT, 'scripts/bootstrap'), join(checkout, 'scripts/bootstrap'), { recursive: true })
  await writeFile(join(checkout, 'pnpm-lock.yaml'), 'lock')
  await writeFile(join(checkout, 'pnpm-workspace.yaml'), 'workspace')
  await writeFile(join(checkout, 'package.json'), '{ "type": "module" }')
  await mkdir(join(checkout, 'packages/node/bin'), { recursive: true })
  await writeFile(join(checkout, 'packages/node/bin/archipel.js'), COMMAND)
  await mkdir(join(checkout, 'fake'))
  await writeFile(join(checkout, 'fake/package.json'), '{ "type": "commonjs" }')
  await writeFile(join(checkout, 'fake/pnpm'), PNPM, { mode: 0o755 })
})

afterEach(() => rm(checkout, { recursive: true, force: true }))

function start(args: readonly string[], cwd = checkout, env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  const path = [join(checkout, 'fake'), dirname(process.execPath), process.env.PATH].join(delimiter)
  const { INIT_CWD: _, ...inherited } = process.env
  return spawn(process.execPath, [join(checkout, 'scripts/bootstrap.mjs'), ...args], {
    cwd,
    env: { ...inherited, PATH: path, ...env }
  })
}

async function finish(child: ChildProcessWithoutNullStreams) {
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', text => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    output.stderr += text
  })
  const exitCode = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { exitCode, ...output }
}

async function printed(child: ChildProcessWithoutNullStreams, text: string): Promise<void> {
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) if (String(chunk).includes(text)) return
}

const installs = async () => (await readdir(checkout)).includes('installs')

describe('bootstrap', () => {
  it('passes arguments as they were typed, prints nothing of its own on stdout, returns the exit code', async () => {
    const args = ['exit', '10', 'a b', '', '$HOME', `'"\\`, '*', '--json']
    const { exitCode, stdout } = await finish(start(['archipel', ...args]))
    expect(exitCode).toBe(10)
    expect(JSON.parse(stdout)).toMatchObject({ args, cwd: checkout })
  })

  it('runs the command in the folder npm was called from', async () => {
    const folder = join(checkout, 'fake')
    const fromNpm = await finish(start(['archipel'], checkout, { INIT_CWD: folder }))
    const directly = await finish(start(['archipel'], folder))
    expect(JSON.parse(fromNpm.stdout).cwd).toBe(folder)
    expect(JSON.parse(directly.stdout).cwd).toBe(folder)
  })

  it('refuses tasks it does not know', async () => {
    expect(await finish(start(['constructor']))).toMatchObject({ exitCode: 2, stdout: '' })
    expect((await finish(start([]))).stderr).toContain('error[E_USAGE]')
  })

  it('installs once, and again only after the lock file changed', async () => {
    await finish(start(['archipel']))
    expect(await installs()).toBe(true)
    await rm(join(checkout, 'installs'))
    await finish(start(['archipel']))
    expect(await installs()).toBe(false)
    await writeFile(join(checkout, 'pnpm-lock.yaml'), 'another')
    await finish(start(['archipel']))
    expect(await installs()).toBe(true)
  })

  it('looks for its tools again when they are gone', async () => {
    await finish(start(['archipel']))
    await rename(join(checkout, 'fake'), join(checkout, 'moved'))
    await writeFile(join(checkout, 'pnpm-lock.yaml'), 'another')
    const path = [join(checkout, 'moved'), dirname(process.execPath), process.env.PATH].join(delimiter)
    expect(await finish(start(['archipel', 'exit', '3'], checkout, { PATH: path }))).toMatchObject({ exitCode: 3 })
  })

  it('installs once when several start on a fresh clone, also after an installer was killed', async () => {
    await mkdir(join(checkout, 'node_modules/.archipel'), { recursive: true })
    // The largest process id Linux gives is 2 ** 22: this one runs nowhere.
    await writeFile(join(checkout, 'node_modules/.archipel/install.lock'), String(2 ** 22 + 1))
    const runs = await Promise.all([1, 2, 3].map(() => finish(start(['archipel', 'exit', '3']))))
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([3, 3, 3])
    expect(runs.filter(({ stderr }) => stderr.includes('installing dependencies'))).toHaveLength(1)
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'delivers a doubled %s once, and lets the command end itself',
    async signal => {
      const child = start(['archipel', 'wait', signal])
      await printed(child, 'ready')
      const finished = finish(child)
      // As in a terminal: one from the keyboard, one from npm.
      child.kill(signal)
      child.kill(signal)
      expect(await finished).toMatchObject({ exitCode: 42, stdout: expect.stringContaining('signals: 1') })
    }
  )

  it('reports a command killed by a signal as 128 + its number', async () => {
    const child = start(['archipel', 'wait', 'SIGINT'])
    await printed(child, 'ready')
    const finished = finish(child)
    child.kill('SIGTERM')
    expect((await finished).exitCode).toBe(143)
  })
})
