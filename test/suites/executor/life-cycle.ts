import type { Executor } from 'archipel'
import { afterEach, describe, expect, it } from 'vitest'
import { waitFor } from '../../fixtures/wait-for.ts'
import type { BackEnd, Program } from './back-end.ts'
import { failure, jobOf, never, text } from './back-end.ts'

/** Ending a program takes a fraction of a second on a quiet machine. */
const END_TIMEOUT_MS = 15_000

/** Starting, stopping, calling off, and what is left when something dies. */
export function lifeCycleCases(backEnd: BackEnd): void {
  const { programs } = backEnd
  const running: Executor[] = []

  async function start(): Promise<Executor> {
    const executor = backEnd.create()
    running.push(executor)
    await executor.start()
    return executor
  }

  const expectNothingLeft = () =>
    waitFor(async () => (await backEnd.leftovers()).length === 0, {
      timeoutMs: END_TIMEOUT_MS,
      what: 'the last of the jobs to be gone'
    })

  afterEach(async () => {
    for (const executor of running.splice(0)) await executor.stop()
    await expectNothingLeft()
  })

  /** Starts a program that never ends by itself; `started` resolves when it runs. */
  function startLooping(executor: Executor, tenant = 'alice') {
    const controller = new AbortController()
    const started = Promise.withResolvers<void>()
    const job = jobOf(backEnd, programs.printAndLoop(), { tenant, limits: { wallMs: 120_000 } })
    const done = executor.run(job, { signal: controller.signal, onOutput: () => started.resolve() })
    done.catch(started.reject)
    return { started: started.promise, done, cancel: (reason?: unknown) => controller.abort(reason) }
  }

  const runs = (executor: Executor, program: Program, tenant = 'alice') =>
    executor.run(jobOf(backEnd, program, { tenant }), { signal: never })

  describe('calling off', () => {
    it('ends the program and leaves nothing of it', async () => {
      const executor = await start()
      const job = startLooping(executor)
      await job.started
      job.cancel('changed my mind')
      await expect(job.done).rejects.toMatchObject({ code: 'E_CANCELLED', cause: 'changed my mind' })
      await executor.stop()
      await expectNothingLeft()
    })

    it('starts nothing where it came first', async () => {
      const executor = await start()
      const { args } = programs.exitWith(0)
      const load = () => Promise.reject(new Error('nobody should ask'))
      const job = jobOf(backEnd, { program: { cid: 'not asked for', load }, args })
      await expect(executor.run(job, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'E_CANCELLED' })
    })

    it('gives up loading', async () => {
      const executor = await start()
      const controller = new AbortController()
      const asked = Promise.withResolvers<AbortSignal>()
      const load = ({ signal }: { signal: AbortSignal }) => {
        asked.resolve(signal)
        return new Promise<Uint8Array>(() => {})
      }
      const job = jobOf(backEnd, { program: { cid: 'slow', load }, args: ['x'] })
      const done = executor.run(job, { signal: controller.signal })
      const signal = await asked.promise
      controller.abort()
      await expect(done).rejects.toMatchObject({ code: 'E_CANCELLED' })
      expect(signal.aborted).toBe(true)
      expect(await runs(executor, programs.exitWith(4))).toMatchObject({ exitCode: 4 })
    })
  })

  describe('telling', () => {
    it('says once, before any output, that the program begins', async () => {
      const executor = await start()
      const events: string[] = []
      await executor.run(jobOf(backEnd, programs.print('x', 'stdout')), {
        signal: never,
        onStarted: () => events.push('started'),
        onOutput: () => events.push('output')
      })
      expect(events).toEqual(['started', 'output'])
    })

    it('ends the program when nobody can listen any more', async () => {
      const executor = await start()
      const onOutput = () => {
        throw new Error('disk full')
      }
      const job = jobOf(backEnd, programs.printAndLoop())
      await expect(executor.run(job, { signal: never, onOutput })).rejects.toThrow('disk full')
    })
  })

  describe('several jobs at once', () => {
    it('do not get in each other’s way', async () => {
      const executor = await start()
      const texts = Array.from({ length: 6 }, (_, i) => `job ${i}`)
      const looping = startLooping(executor, 'carol')
      const results = await Promise.all(
        texts.map((content, i) => runs(executor, programs.print(content, 'stdout'), i % 2 === 0 ? 'alice' : 'bob'))
      )
      expect(results.map(({ stdout }) => text(stdout))).toEqual(texts)
      await looping.started
      looping.cancel()
      await expect(looping.done).rejects.toMatchObject({ code: 'E_CANCELLED' })
    })
  })

  describe('a death of what runs programs', () => {
    it('fails the job, blames the host, and the next job runs', async () => {
      const executor = await start()
      const job = startLooping(executor)
      await job.started
      const died = expect(job.done).rejects.toMatchObject(failure('E_RUNNER_DIED', 'host'))
      await Promise.all([backEnd.crash(), died])
      expect(await runs(executor, programs.exitWith(5))).toMatchObject({ exitCode: 5 })
    })
  })

  describe('starting and stopping', () => {
    it('may be done twice, and again', async () => {
      const executor = await start()
      await executor.start()
      expect(executor.isolation.length).toBeGreaterThan(0)
      await Promise.all([executor.stop(), executor.stop()])
      await executor.stop()
      await expect(runs(executor, programs.exitWith(0))).rejects.toMatchObject(failure('E_NOT_STARTED', 'host'))
      expect(executor.isolation).toEqual([])
      await executor.start()
      expect(await runs(executor, programs.exitWith(6))).toMatchObject({ exitCode: 6 })
    })

    it('ends what runs, within seconds', async () => {
      const executor = await start()
      const job = startLooping(executor)
      await job.started
      const ended = expect(job.done).rejects.toMatchObject(failure('E_CANCELLED', 'host'))
      const stoppedMs = performance.now()
      await Promise.all([executor.stop(), ended])
      expect(performance.now() - stoppedMs).toBeLessThan(END_TIMEOUT_MS)
      await expectNothingLeft()
    })
  })
}
