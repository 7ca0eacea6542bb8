import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStore } from '@archipel/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireFacility } from '../../../../../scripts/facilities.ts'
import { createWasmExecutor } from '../../../src/executor/index.ts'
import { findCommand } from '../../../src/executor/wasm/sandbox/find-command.ts'
import { run, text, textFile, until } from '../jobs.ts'
import { descendants, environmentOf, family, filesOf } from '../processes.ts'
import { assemble, command, noop, print, printStrings, printSurroundings, readFile } from '../programs.ts'

const onLinux = process.platform === 'linux'
const hasBubblewrap = requireFacility('bubblewrap')
const hasSetpriv = (await findCommand('setpriv')) !== undefined

/** Each way of confinement that this machine may have, by the layers to leave out. */
const ways = [
  { name: 'the strongest there is', avoid: [], outer: hasBubblewrap ? 'bubblewrap' : undefined },
  { name: 'without bubblewrap', avoid: ['bubblewrap'], outer: hasSetpriv ? 'setpriv' : undefined },
  { name: 'with Node alone', avoid: ['bubblewrap', 'setpriv', 'rlimits', 'cgroup'], outer: undefined }
]

describe.each(ways)('confinement: $name', ({ avoid, outer }) => {
  const pids: number[] = []
  const executor = createWasmExecutor({ avoid, spares: 0, onProcess: pid => pids.push(pid!) })

  beforeAll(async () => {
    process.env.ARCHIPEL_TEST_SECRET = 'do-not-leak'
    await executor.start()
  })
  afterAll(() => executor.stop())

  it('names the layers in force', () => {
    expect(executor.isolation.slice(0, 2)).toEqual(['process', 'permission'])
    for (const layer of avoid) expect(executor.isolation).not.toContain(layer)
    if (avoid.length === 4) expect(executor.isolation).toEqual(['process', 'permission'])
    // Installed and still not in force means that this machine does not allow it; the next layer must take over.
    if (outer !== undefined && !executor.isolation.includes(outer)) expect(executor.isolation.length).toBeGreaterThan(1)
  })

  it('runs programs', async () => {
    const result = await run(executor, { program: print('hello') })
    expect([result.exitCode, text(result.stdout)]).toEqual([0, 'hello'])
  })

  it('gives a program the variables of its job and no others', async () => {
    const result = await run(executor, { program: printStrings, args: ['a', 'b'], env: ['B=2', 'A=1'] })
    expect(text(result.stdout)).toBe('a\0b\0')
    expect(text(result.stderr)).toBe('A=1\0B=2\0')
    expect(text((await run(executor, { program: printStrings, args: [] })).stderr)).toBe('')
  })

  it.runIf(onLinux)('keeps no file of the node open, its database above all', async () => {
    const location = await mkdtemp(join(tmpdir(), 'archipel-inherited-'))
    const store = await createStore({ location })
    const other = createWasmExecutor({ avoid, onProcess: pid => started.push(pid!) })
    const started: number[] = []
    try {
      await other.start()
      await run(other, { program: noop })
      // The wrappers around the runner have them too; they are nobody's to command.
      const runners = started
        .flatMap(family)
        .filter(pid => /(^|\/)node\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')))
      expect(runners.length).toBeGreaterThan(0)
      const inherited = () => runners.flatMap(filesOf).filter(path => path.startsWith(location))
      // A spare one may still be starting: it closes them before it says that it is ready.
      await until(`runners to close ${inherited()}`, () => inherited().length === 0)
    } finally {
      await other.stop()
      await store.close()
      await rm(location, { recursive: true, force: true })
    }
  })

  it('shows a program its input and nothing of the machine', async () => {
    const files = [textFile('data/in.txt', 'input')]
    expect(text((await run(executor, { program: readFile('data/in.txt'), files })).stdout)).toBe('input')
    for (const path of ['etc/passwd', 'proc/self/environ', 'archipel/node', 'tmp', 'package.json']) {
      expect([path, (await run(executor, { program: readFile(path) })).exitCode]).toEqual([path, 144])
    }
    for (const path of ['/etc/passwd', '../../etc/passwd', '..']) {
      expect([path, (await run(executor, { program: readFile(path) })).exitCode]).toEqual([path, 176])
    }
  })

  it('refuses programs that ask for more than WASI', async () => {
    const asking = (module: string, name: string) => importing(`(import "${module}" "${name}" (func (param i32)))`)
    for (const [module, name] of [
      ['env', 'system'],
      ['wasi_unstable', 'proc_exit'],
      ['wasi_snapshot_preview1', 'proc_fork']
    ] as const) {
      await expect(run(executor, { program: asking(module, name) })).rejects.toMatchObject({
        code: 'E_BAD_PROGRAM',
        facts: { import: `${module}.${name}` }
      })
    }
    const memory = importing('(import "wasi_snapshot_preview1" "memory" (memory 1))')
    await expect(run(executor, { program: memory })).rejects.toMatchObject({ code: 'E_BAD_PROGRAM' })
  })

  it('cannot be told falsehoods through standard output', async () => {
    // A frame that would end the job with exit code 0.
    const forged = '\\1f\\00\\00\\00\\14{\\22exitCode\\22:0,\\22runMs\\22:0}'
    const program = command({
      data: forged,
      body: '(call $print (i32.const 1) (i32.const 256) (i32.const 30)) (call $proc_exit (i32.const 9))'
    })
    const result = await run(executor, { program })
    expect(result.exitCode).toBe(9)
    expect(result.stdout.length).toBe(30)
  })

  it.runIf(onLinux)('starts its processes without our environment, in a session of their own', async () => {
    await run(executor, { program: noop, tenant: 'bob' })
    const processes = pids.flatMap(family).filter(pid => descendants(process.pid).includes(pid))
    expect(processes.length).toBeGreaterThan(0)
    for (const pid of processes) {
      expect(environmentOf(pid)).not.toContain('do-not-leak')
      expect(environmentOf(pid)).not.toContain('HOME=')
    }
  })

  if (!onLinux || outer !== 'bubblewrap') return
  it('has no network and no host files around the process', async () => {
    expect(executor.isolation).toContain('bubblewrap')
    await run(executor, { program: noop })
    const runner = pids.flatMap(descendants).at(-1)!
    for (const namespace of ['net', 'pid', 'mnt', 'ipc', 'uts', 'user']) {
      expect(readlinkSync(`/proc/${runner}/ns/${namespace}`)).not.toBe(readlinkSync(`/proc/self/ns/${namespace}`))
    }
    const top = readdirSync(`/proc/${runner}/root`)
    for (const name of ['etc', 'home', 'root', 'tmp', 'proc', 'sys']) expect(top).not.toContain(name)
    expect(
      readFileSync(`/proc/${runner}/net/dev`, 'utf8')
        .split('\n')
        .filter(line => line.includes(':')).length
    ).toBe(1)
    expect(readFileSync(`/proc/${runner}/status`, 'utf8')).toMatch(/CapEff:\s+0+\n/)
    expect(readFileSync(`/proc/${runner}/status`, 'utf8')).toMatch(/NoNewPrivs:\s+1\n/)
  })
})

function importing(what: string): Uint8Array {
  return assemble(`(module ${what} (func (export "_start")))`)
}

describe('determinism', () => {
  it('shows a program the same surroundings in any process', async () => {
    const surroundings: string[] = []
    for (const avoid of [[], ['bubblewrap', 'rlimits']]) {
      const executor = createWasmExecutor({ avoid })
      await executor.start()
      for (const tenant of ['alice', 'bob']) {
        const files = [textFile('b', ''), textFile('a', '')]
        const result = await run(executor, { program: printSurroundings, tenant, files })
        surroundings.push(Buffer.from(result.stdout).toString('hex'))
      }
      await executor.stop()
    }
    expect(surroundings[0]!.length).toBeGreaterThan(300)
    expect(new Set(surroundings).size).toBe(1)
  })

  it('gives other random numbers for other arguments', async () => {
    const executor = createWasmExecutor()
    await executor.start()
    const outputs = await Promise.all(
      [['1'], ['2']].map(async args => text((await run(executor, { program: printSurroundings, args })).stdout))
    )
    await executor.stop()
    expect(outputs[0]).not.toBe(outputs[1])
  })
})
