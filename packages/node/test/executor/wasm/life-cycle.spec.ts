import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { getPriority, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { createWasmExecutor, type Executor, type WasmExecutorInit } from '../../../src/executor/index.ts'
import { jobOf, never, run, text } from '../jobs.ts'
import { allGone, descendants, family, inGroups, isGone } from '../processes.ts'
import { exitWith, loopForever, noop, print, printAndLoop } from '../programs.ts'

const onLinux = process.platform === 'linux'
const running: Executor[] = []
afterEach(async () => {
  for (const executor of running.splice(0)) await executor.stop()
})

async function startExecutor(init: WasmExecutorInit = {}) {
  const pids: number[] = []
  const executor = createWasmExecutor({ ...init, onProcess: pid => pids.push(pid!) })
  running.push(executor)
  await executor.start()
  return { executor, pids }
}

/** Starts a program that never ends by itself; `started` resolves when it runs. */
function startLooping(executor: Executor, tenant = 'alice') {
  const controller = new AbortController()
  const started = Promise.withResolvers<void>()
  const job = jobOf({ program: printAndLoop, tenant, limits: { wallMs: 60_000 } })
  const done = executor.run(job, { signal: controller.signal, onOutput: () => started.resolve() })
  done.catch(started.reject)
  return { started: started.promise, done, cancel: (reason?: unknown) => controller.abort(reason) }
}

describe.runIf(onLinux)('stopping while processes start', () => {
  it('leaves none of them behind, at whatever step they are', async () => {
    const groups = new Set<number>()
    // Each round stops a little later, so that some are hit between the steps of their start.
    for (let round = 0; round < 8; round++) {
      const { executor, pids } = await startExecutor({ spares: 6 })
      await new Promise(resolve => setTimeout(resolve, round))
      await executor.stop()
      for (const pid of pids) groups.add(pid)
    }
    expect(groups.size).toBeGreaterThan(8)
    await allGone(inGroups(groups))
  })
})

describe('cancelling', () => {
  it('kills the program at once', async () => {
    const { executor } = await startExecutor()
    const job = startLooping(executor)
    await job.started
    const cancelledMs = performance.now()
    job.cancel('changed my mind')
    await expect(job.done).rejects.toMatchObject({ code: 'E_CANCELLED', cause: 'changed my mind' })
    expect(performance.now() - cancelledMs).toBeLessThan(1000)
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
  })

  it('does not start a job whose signal has aborted already', async () => {
    const { executor } = await startExecutor()
    let loads = 0
    const job = { program: noop, onLoad: () => loads++ }
    await expect(run(executor, job, AbortSignal.abort())).rejects.toMatchObject({ code: 'E_CANCELLED' })
    expect(loads).toBe(0)
  })

  it('gives up loading, and keeps the process for the next job', async () => {
    const { executor, pids } = await startExecutor({ tenantProcessesMax: 1, spares: 0 })
    const controller = new AbortController()
    const asked = Promise.withResolvers<AbortSignal>()
    const load = ({ signal }: { signal: AbortSignal }) => {
      asked.resolve(signal)
      return new Promise<Uint8Array>(() => {})
    }
    const done = executor.run(
      { ...jobOf({ program: noop }), program: { cid: 'x', load } },
      { signal: controller.signal }
    )
    const signal = await asked.promise
    controller.abort()
    await expect(done).rejects.toMatchObject({ code: 'E_CANCELLED' })
    expect(signal.aborted).toBe(true)
    expect(await run(executor, { program: exitWith(4) })).toMatchObject({ exitCode: 4 })
    expect(pids.length).toBe(1)
  })

  it('gives up reading the input', async () => {
    const { executor, pids } = await startExecutor({ tenantProcessesMax: 1, spares: 0 })
    const controller = new AbortController()
    const asked = Promise.withResolvers<void>()
    const read = () => {
      asked.resolve()
      return new Promise<Uint8Array>(() => {})
    }
    const files = [
      { path: 'a', bytes: new Uint8Array(400_000) },
      { path: 'b', read }
    ]
    const done = run(executor, { program: noop, files }, controller.signal)
    await asked.promise
    controller.abort()
    await expect(done).rejects.toMatchObject({ code: 'E_CANCELLED' })
    expect(await run(executor, { program: exitWith(4) })).toMatchObject({ exitCode: 4 })
    expect(pids.length).toBe(1)
  })
})

describe('what the caller throws', () => {
  it('ends the job and not the process, while its parts are collected', async () => {
    const { executor, pids } = await startExecutor({ tenantProcessesMax: 1, spares: 0 })
    const failing = async () => {
      throw new Error('no such block')
    }
    await expect(run(executor, { program: noop, files: [{ path: 'a', read: failing }] })).rejects.toThrow(
      'no such block'
    )
    const job = { ...jobOf({ program: noop }), program: { cid: 'x', load: failing } }
    await expect(executor.run(job, { signal: never })).rejects.toThrow('no such block')
    expect(await run(executor, { program: exitWith(5) })).toMatchObject({ exitCode: 5 })
    expect(pids.length).toBe(1)
  })

  it('ends a running program', async () => {
    const { executor } = await startExecutor()
    const onOutput = () => {
      throw new Error('disk full')
    }
    await expect(executor.run(jobOf({ program: printAndLoop }), { signal: never, onOutput })).rejects.toThrow(
      'disk full'
    )
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
  })
})

describe('output', () => {
  it('comes while the program runs', async () => {
    const { executor } = await startExecutor()
    const job = startLooping(executor)
    await job.started
    job.cancel()
    await expect(job.done).rejects.toMatchObject({ code: 'E_CANCELLED' })
  })

  it('tells the streams apart', async () => {
    const { executor } = await startExecutor()
    const seen: string[] = []
    const onOutput = (stream: string, bytes: Uint8Array) => seen.push(`${stream} ${text(bytes)}`)
    await executor.run(jobOf({ program: print('to err', 2) }), { signal: never, onOutput })
    expect(seen).toEqual(['stderr to err'])
  })
})

describe.runIf(onLinux)('processes', () => {
  it.each([[[]], [['bubblewrap']]])('that are killed fail their job only (avoiding %j)', async avoid => {
    const { executor, pids } = await startExecutor({ avoid, spares: 0 })
    const job = startLooping(executor)
    await job.started
    const [victim] = pids
      .flatMap(family)
      .reverse()
      .filter(pid => !isGone(pid))
    process.kill(victim!, 'SIGKILL')
    await expect(job.done).rejects.toMatchObject({ code: 'E_RUNNER_DIED', facts: { fault: 'host' } })
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
  })

  it('give way to the process that started them', async () => {
    const { executor, pids } = await startExecutor({ spares: 0 })
    await run(executor, { program: noop })
    const priorities = pids.flatMap(family).map(pid => getPriority(pid))
    expect(Math.max(...priorities)).toBe(getPriority() + 5)
  })

  it('are all gone after stop, whatever they were doing', async () => {
    const { executor, pids } = await startExecutor({ spares: 2 })
    const job = startLooping(executor)
    await job.started
    await run(executor, { program: noop, tenant: 'bob' })
    const everybody = pids.flatMap(family)
    expect(everybody.length).toBeGreaterThanOrEqual(pids.length)
    const stoppedMs = performance.now()
    await Promise.all([
      executor.stop(),
      expect(job.done).rejects.toMatchObject({ code: 'E_CANCELLED', facts: { fault: 'host' } })
    ])
    expect(performance.now() - stoppedMs).toBeLessThan(3000)
    await allGone([...everybody, ...pids])
    expect(descendants(process.pid).filter(pid => everybody.includes(pid) && !isGone(pid))).toEqual([])
  })

  it.each([[[]], [['bubblewrap']]])('end with the process that started them (avoiding %j)', async avoid => {
    const script = fileURLToPath(new URL('./parent.ts', import.meta.url))
    const parent = spawn(process.execPath, ['--no-warnings', script, JSON.stringify(avoid)], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    let children: number[] = []
    try {
      // It tells once its program loops.
      const [line] = (await once(parent.stdout, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer]
      expect(line.toString()).toContain('looping')
      children = descendants(parent.pid!)
      expect(children.length).toBeGreaterThan(0)
    } finally {
      parent.kill('SIGKILL')
    }
    await allGone(children)
  })
})

describe('starting and stopping', () => {
  it('may be done twice, and again', async () => {
    const { executor } = await startExecutor()
    await executor.start()
    await Promise.all([executor.stop(), executor.stop()])
    await executor.stop()
    await expect(run(executor, { program: noop })).rejects.toMatchObject({ code: 'E_NOT_STARTED' })
    expect(executor.isolation).toEqual([])
    await executor.start()
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
  })

  it('leaves no files behind', async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'archipel-test-')), 'executor')
    await mkdir(directory)
    await writeFile(join(directory, 'left over'), '')
    const { executor } = await startExecutor({ directory })
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
    expect(await readdir(directory)).not.toContain('left over')
    await executor.stop()
    expect(existsSync(directory)).toBe(false)
    await rm(dirname(directory), { recursive: true })
  })

  it('stops in the middle of starting', async () => {
    const pids: number[] = []
    const executor = createWasmExecutor({ onProcess: pid => pids.push(pid!) })
    const starting = executor.start()
    await executor.stop()
    await starting
    await expect(run(executor, { program: loopForever })).rejects.toMatchObject({ code: 'E_NOT_STARTED' })
    if (onLinux) await allGone(pids)
  })
})
