import { afterEach, describe, expect, it } from 'vitest'
import { createWasmExecutor, type Executor, type WasmExecutorInit } from '../../../src/executor/index.ts'
import { jobOf, never, run, until } from '../jobs.ts'
import { isGone } from '../processes.ts'
import { exitWith, noop, printAndLoop } from '../programs.ts'

const running: Executor[] = []
afterEach(async () => {
  for (const executor of running.splice(0)) await executor.stop()
})

async function startExecutor(init: WasmExecutorInit) {
  const pids: number[] = []
  const executor = createWasmExecutor({ spares: 0, ...init, onProcess: pid => pids.push(pid!) })
  running.push(executor)
  await executor.start()
  return { executor, pids, alive: () => pids.filter(pid => !isGone(pid)) }
}

/** Endless programs of a tenant, all running. */
async function occupy(executor: Executor, tenant: string, count = 1) {
  const controller = new AbortController()
  const jobs = Array.from({ length: count }, () => {
    const started = Promise.withResolvers<void>()
    const job = jobOf({ program: printAndLoop, tenant, limits: { wallMs: 60_000 } })
    const done = executor.run(job, { signal: controller.signal, onOutput: () => started.resolve() })
    done.catch(() => {})
    return { started: started.promise, done }
  })
  await Promise.all(jobs.map(({ started }) => started))
  return { free: () => controller.abort() }
}

describe('one tenant', () => {
  it('keeps its process, and the program compiled in it', async () => {
    const { executor, pids } = await startExecutor({ tenantProcessesMax: 1 })
    let loads = 0
    for (let i = 0; i < 5; i++) await run(executor, { program: noop, onLoad: () => loads++ })
    expect([pids.length, loads]).toEqual([1, 1])
  })

  it('gets a fresh program each time', async () => {
    const { executor } = await startExecutor({ tenantProcessesMax: 1 })
    const file = { path: 'state', bytes: new TextEncoder().encode('1') }
    for (let i = 0; i < 3; i++) {
      const { usage } = await run(executor, { program: exitWith(i), files: [file] })
      expect(usage.memoryBytes).toBe(65_536)
    }
  })

  it('runs several jobs at once, in processes up to its bound', async () => {
    const { executor, pids } = await startExecutor({ tenantProcessesMax: 3, processesMax: 5 })
    const results = await Promise.all(Array.from({ length: 40 }, (_, i) => run(executor, { program: exitWith(i % 7) })))
    expect(results.map(({ exitCode }) => exitCode)).toEqual(Array.from({ length: 40 }, (_, i) => i % 7))
    expect(pids.length).toBe(3)
  })

  it('compiles once for each memory size', async () => {
    const { executor } = await startExecutor({ tenantProcessesMax: 1 })
    let loads = 0
    for (const memoryBytes of [65_536, 131_072, 65_536]) {
      await run(executor, { program: noop, onLoad: () => loads++, limits: { memoryBytes } })
    }
    expect(loads).toBe(2)
  })

  it('loses its process after it has been idle', async () => {
    const { executor, alive } = await startExecutor({ idleMs: 50 })
    await run(executor, { program: noop })
    expect(alive().length).toBe(1)
    await until('end of the idle process', () => alive().length === 0)
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
  })
})

describe('two tenants', () => {
  it('never share a process', async () => {
    const { executor, pids } = await startExecutor({ processesMax: 4, tenantProcessesMax: 1 })
    const loads = { alice: 0, bob: 0 }
    for (let i = 0; i < 3; i++) {
      for (const tenant of ['alice', 'bob'] as const)
        await run(executor, { program: noop, tenant, onLoad: () => loads[tenant]++ })
    }
    expect(loads).toEqual({ alice: 1, bob: 1 })
    expect(pids.length).toBe(2)
  })

  it('never share one even where only one may exist', async () => {
    const { executor, pids, alive } = await startExecutor({ processesMax: 1 })
    for (const tenant of ['alice', 'bob', 'alice']) {
      let loads = 0
      await run(executor, { program: noop, tenant, onLoad: () => loads++ })
      expect(loads).toBe(1)
      expect(alive().length).toBe(1)
    }
    expect(new Set(pids).size).toBe(3)
  })

  it('both get their turn when one has an endless line of jobs', async () => {
    const { executor } = await startExecutor({ processesMax: 1 })
    let bobDone = false
    let rounds = 0
    const alice = Array.from({ length: 4 }, async () => {
      for (; !bobDone && rounds < 100_000; rounds++) await run(executor, { program: noop, tenant: 'alice' })
    })
    await run(executor, { program: noop, tenant: 'bob' })
    bobDone = true
    await Promise.all(alice)
    expect(rounds).toBeGreaterThan(0)
    expect(rounds).toBeLessThan(100_000)
  })

  it('find spare processes waiting', async () => {
    const { executor, pids } = await startExecutor({ spares: 2, processesMax: 6 })
    await until('spares', () => pids.length === 2)
    await run(executor, { program: noop, tenant: 'alice' })
    await run(executor, { program: noop, tenant: 'bob' })
    await until('new spares', () => pids.length === 4)
  })

  it('keep a spare process at the cost of an idle one, within the bound', async () => {
    const { executor, pids, alive } = await startExecutor({ spares: 1, processesMax: 2 })
    for (const tenant of ['a', 'b', 'c']) {
      await run(executor, { program: noop, tenant })
      const started = pids.length
      await until('a new spare', () => pids.length > started || alive().length === 2)
      expect(alive().length).toBeLessThanOrEqual(2)
    }
  })
})

describe('the waiting line', () => {
  it('takes as many as it may, and not one more', async () => {
    const { executor } = await startExecutor({ processesMax: 1, waitingMax: 4 })
    const { free } = await occupy(executor, 'alice')
    const waiting = ['alice', 'alice', 'bob', 'bob'].map(tenant => run(executor, { program: noop, tenant }))
    await expect(run(executor, { program: noop, tenant: 'carol' })).rejects.toMatchObject({
      code: 'E_BUSY',
      facts: { waiting: 4, waitingMax: 4, fault: 'host' }
    })
    free()
    expect((await Promise.all(waiting)).map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0])
  })

  it('is not filled by one tenant', async () => {
    const { executor } = await startExecutor({ processesMax: 1, waitingMax: 4 })
    const { free } = await occupy(executor, 'alice')
    const waiting = [1, 2].map(() => run(executor, { program: noop }))
    await expect(run(executor, { program: noop })).rejects.toMatchObject({
      code: 'E_BUSY',
      facts: { waitingOfTenant: 2 }
    })
    const bob = run(executor, { program: noop, tenant: 'bob' })
    free()
    expect(await Promise.all([...waiting, bob])).toHaveLength(3)
  })

  it('lets go of whoever cancels', async () => {
    const { executor } = await startExecutor({ processesMax: 1, waitingMax: 2 })
    const { free } = await occupy(executor, 'alice')
    const controller = new AbortController()
    const waiting = run(executor, { program: noop }, controller.signal)
    controller.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'E_CANCELLED' })
    const next = run(executor, { program: exitWith(6) })
    free()
    expect(await next).toMatchObject({ exitCode: 6 })
  })

  it('is left by all when the executor stops', async () => {
    const { executor } = await startExecutor({ processesMax: 1 })
    await occupy(executor, 'alice')
    const waiting = executor.run(jobOf({ program: noop }), { signal: never })
    await Promise.all([executor.stop(), expect(waiting).rejects.toMatchObject({ code: 'E_CANCELLED' })])
  })
})
