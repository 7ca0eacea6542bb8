import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { requireFacility } from '../../../../../../scripts/facilities.ts'
import { PROCESS_BYTES_MAX } from '../../../../src/executor/wasm/limits.ts'
import { FRAME } from '../../../../src/executor/wasm/runner/wire.ts'
import { startRunnerProcess } from '../../../../src/executor/wasm/runner-process.ts'
import type { RunnerGroup } from '../../../../src/executor/wasm/sandbox/cgroup/group.ts'
import { type Groups, openGroups } from '../../../../src/executor/wasm/sandbox/cgroup/groups.ts'
import { jobOf, MIB, never, until } from '../../jobs.ts'
import { noop } from '../../programs.ts'

const available = requireFacility('cgroup')

describe.skipIf(!available)('groups of runners', () => {
  let groups: Groups
  beforeAll(async () => {
    const opened = await openGroups()
    if (opened.groups === undefined) throw new Error(opened.reason)
    groups = opened.groups
  })
  afterAll(() => groups.close())

  it('bound memory, raise it for a larger job, and lower it again', async () => {
    const group = groups.create()
    expect(memoryMaxOf(group)).toBe(PROCESS_BYTES_MAX)
    group.limitMemory(PROCESS_BYTES_MAX + 512 * MIB)
    expect(memoryMaxOf(group)).toBe(PROCESS_BYTES_MAX + 512 * MIB)
    group.limitMemory(PROCESS_BYTES_MAX + MIB)
    expect(memoryMaxOf(group)).toBe(PROCESS_BYTES_MAX + MIB)
    await group.remove()
    expect(group.folders.some(existsSync)).toBe(false)
  })

  it('end a process that takes more than its bound, which is the program’s fault and told so', async () => {
    const group = groups.create()
    // So that the test does not take a gibibyte of whoever runs it.
    group.limitMemory(128 * MIB)
    const runner = startIn(
      { ...group, limitMemory: () => {} },
      'const held = []; process.stdin.on("data", () => { for (;;) held.push(Buffer.alloc(8e6, 1)) })'
    )
    const job = jobOf({ program: noop })
    await expect(runner.run(job, { signal: never })).rejects.toMatchObject({
      code: 'E_MEMORY',
      facts: { fault: 'program', bound: 'cgroup' }
    })
    await until('removal of the group', () => !group.folders.some(existsSync))
  })

  it('bound processes', async () => {
    const group = groups.create()
    const script = 'i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i+1)); done; echo all'
    const shell = spawn('/bin/sh', ['-c', `${JOIN}; ${script}`, 'sh', ...group.folders], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true
    })
    let said = ''
    for (const stream of [shell.stdout, shell.stderr]) stream.on('data', chunk => (said += chunk))
    try {
      await until('refusal of a process', () => /[Cc]annot fork|temporarily unavailable/.test(said))
      expect(said).not.toContain('all')
    } finally {
      process.kill(-shell.pid!, 'SIGKILL')
    }
    await group.remove()
    expect(group.folders.some(existsSync)).toBe(false)
  })

  it('cannot be joined where they could not be made, which ends the process instead of letting it run', async () => {
    const opened = await openGroups()
    const closed = opened.groups!
    await closed.close()
    const runner = startIn(closed.create(), '')
    await expect(runner.ready).rejects.toMatchObject({
      code: 'E_RUNNER_DIED',
      facts: { diagnostics: expect.stringContaining('cgroup.procs') }
    })
  })
})

describe.skipIf(!available)('groups of a node that was killed', () => {
  const children: ChildProcess[] = []
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await openAndClose()
  })

  async function startMaker(): Promise<{ kill(): Promise<void>; folders: string[] }> {
    const script = fileURLToPath(new URL('../../make-groups.ts', import.meta.url))
    const child = spawn(process.execPath, ['--no-warnings', script, 'stay'], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const [line] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(15_000) })) as [Buffer]
    const kill = async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    return { kill, folders: JSON.parse(line.toString()) as string[] }
  }

  it('are removed by the next, and those of a living one are not', async () => {
    const [killed, living] = await Promise.all([startMaker(), startMaker()])
    await killed.kill()
    expect(killed.folders.every(existsSync)).toBe(true)
    await openAndClose()
    expect(killed.folders.map(dirname).some(existsSync)).toBe(false)
    expect(living.folders.every(existsSync)).toBe(true)
    await living.kill()
  })
})

async function openAndClose(): Promise<void> {
  const opened = await openGroups()
  await opened.groups?.close()
}

const JOIN = 'for folder in "$@"; do echo $$ >"$folder/cgroup.procs" || exit 1; done'

/** A process in the place of a runner that is in the group and says that it is ready. */
function startIn(group: RunnerGroup, script: string) {
  const ready = `process.stdout.write(Buffer.from([0, 0, 0, 0, ${FRAME.ready}]));`
  const shell = `${JOIN}; exec "$0" -e "$SCRIPT"`.replace('"$SCRIPT"', quoted(ready + script))
  return startRunnerProcess({
    command: ['/bin/sh', '-c', shell, process.execPath, ...group.folders],
    directory: tmpdir(),
    group
  })
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`

function memoryMaxOf({ folders }: RunnerGroup): number {
  const file = folders
    .flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
    .find(path => /\/memory\.(?:max|limit_in_bytes)$/.test(path))
  return Number(readFileSync(file!, 'utf8'))
}
