import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { codedError } from '../../src/cli/errors/coded.ts'
import { interruptionOf } from '../../src/cli/interrupts.ts'

const MODULE = new URL('../../src/cli/interrupts.ts', import.meta.url).href

test('the first signal asks, the second ends the process', async () => {
  const script = `const { watchInterrupts } = await import(${JSON.stringify(MODULE)})
const { signal } = watchInterrupts()
signal.addEventListener('abort', () => console.log(signal.reason.message))
setInterval(() => {}, 1e6)
console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = async () => String((await once(child.stdout, 'data'))[0])
  expect(await said()).toBe('ready\n')
  child.kill('SIGTERM')
  expect(await said()).toBe('stopped by SIGTERM\n')
  expect(child.exitCode).toBeNull()
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([130, null])
})

describe('after an interruption', () => {
  const stopped = (code: string, facts: Record<string, unknown>) =>
    AbortSignal.abort(codedError(code, 'stopped', { facts }))
  const byInt = stopped('E_CANCELLED', { signal: 'SIGINT' })

  test('what only says that it was aborted is told as what aborted it', () => {
    for (const err of [
      byInt.reason,
      new DOMException('x', 'AbortError'),
      Object.assign(new Error(), { code: 'ABORT_ERR' })
    ]) {
      expect(interruptionOf(err, byInt)).toEqual({ err: byInt.reason, exitCode: 130 })
    }
    const abort = new DOMException('x', 'AbortError')
    expect(interruptionOf(abort, stopped('E_CANCELLED', { signal: 'SIGTERM' })).exitCode).toBe(143)
    expect(interruptionOf(abort, stopped('E_TIMEOUT', { timeoutMs: 5 })).exitCode).toBe(124)
  })

  test('what says how the money stands keeps saying it', () => {
    const err = codedError('E_CANCELLED', 'cancelled; 0.2 tokens are set aside for 3 providers')
    expect(interruptionOf(err, byInt)).toEqual({ err, exitCode: 130 })
  })

  test('another failure stays what it is', () => {
    const err = codedError('E_NO_FUNDS', 'too poor')
    expect(interruptionOf(err, byInt)).toEqual({ err })
    expect(interruptionOf(err, new AbortController().signal)).toEqual({ err })
  })
})
