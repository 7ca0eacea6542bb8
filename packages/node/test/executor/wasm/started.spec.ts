import { afterEach, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../src/executor/index.ts'
import { jobOf, never } from '../jobs.ts'
import { loopForever, noop } from '../programs.ts'

const executor = createWasmExecutor({ processesMax: 1, tenantProcessesMax: 1 })
afterEach(() => executor.stop())

it('tells when a program begins to run, not when it waits for a process', async () => {
  await executor.start()
  const order: string[] = []
  const looping = Promise.withResolvers<void>()
  const cancel = new AbortController()
  const first = executor.run(jobOf({ program: loopForever, limits: { wallMs: 60_000 } }), {
    signal: cancel.signal,
    onStarted() {
      order.push('first')
      looping.resolve()
    }
  })
  const second = executor.run(jobOf({ program: noop }), { signal: never, onStarted: () => order.push('second') })
  await looping.promise
  expect(order).toEqual(['first'])
  cancel.abort()
  await expect(first).rejects.toMatchObject({ code: 'E_CANCELLED' })
  await second
  expect(order).toEqual(['first', 'second'])
})
