import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { acquireLock, lockHolder, turnOf } from '../../src/control/lock.ts'
import { identifyProcess, isAlive, ownIdentity, signalProcess } from '../../src/control/process-identity.ts'
import { temporaryFolder } from '../config/temporary-folder.ts'

const LOCK_MODULE = new URL('../../src/control/lock.ts', import.meta.url).href

describe('a lock', () => {
  test('belongs to one until it is released, and says to whom', async () => {
    const file = join(temporaryFolder(), 'deep/lock')
    const lock = await acquireLock(file, 'the thing')
    await expect(acquireLock(file, 'the thing')).rejects.toMatchObject({
      code: 'E_LOCKED',
      message: `the thing is in use by process ${process.pid}`,
      facts: { file, pid: process.pid }
    })
    expect(await lockHolder(file)).toMatchObject({ pid: process.pid })
    await lock.release()
    await lock.release()
    expect(await lockHolder(file)).toBeUndefined()
    await (await acquireLock(file, 'the thing')).release()
    expect(readdirSync(join(file, '..'))).toEqual([])
  })

  test('of a killed process is taken over without a word', async () => {
    const file = join(temporaryFolder(), 'lock')
    const child = await holder(file)
    await expect(acquireLock(file, 'it')).rejects.toMatchObject({ code: 'E_LOCKED', facts: { pid: child.pid } })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const lock = await acquireLock(file, 'it')
    expect(await lockHolder(file)).toMatchObject({ pid: process.pid })
    await lock.release()
  })

  const stale: [string, () => string][] = [
    ['a pid that is in use again', () => JSON.stringify({ ...ownIdentity(), startedAt: '1' })],
    ['an earlier boot', () => JSON.stringify({ ...ownIdentity(), bootId: 'earlier' })],
    ['a write cut short', () => '{"pid":'],
    ['nothing', () => '']
  ]
  test.for(stale)('left by %s is stale', async ([, content]) => {
    const file = join(temporaryFolder(), 'lock')
    writeFileSync(file, content())
    await (await acquireLock(file, 'it')).release()
  })

  test('that is stale goes to exactly one of many takers', async () => {
    for (let round = 0; round < 20; round++) {
      const file = join(temporaryFolder(), 'lock')
      writeFileSync(file, JSON.stringify({ ...ownIdentity(), startedAt: '1' }))
      const takers = await Promise.allSettled(Array.from({ length: 8 }, () => acquireLock(file, 'it')))
      expect(takers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await lockHolder(file)).toMatchObject({ pid: process.pid })
      expect(readdirSync(join(file, '..'))).toEqual(['lock'])
    }
  })

  test('is taken over even from one who died while taking it over', async () => {
    const file = join(temporaryFolder(), 'lock')
    const dead = (nonce: string) => JSON.stringify({ ...ownIdentity(), startedAt: '1', nonce })
    writeFileSync(file, dead('a'))
    writeFileSync(turnOf(file, dead('a')), dead('b'))
    await (await acquireLock(file, 'it')).release()
    expect(readdirSync(join(file, '..'))).toEqual([])
  })

  test('released late does not remove the lock of the next', async () => {
    const file = join(temporaryFolder(), 'lock')
    const first = await acquireLock(file, 'it')
    const foreign = JSON.stringify({ ...ownIdentity(), nonce: 'other' })
    writeFileSync(file, foreign)
    await first.release()
    expect(readFileSync(file, 'utf8')).toBe(foreign)
  })
})

describe('a process', () => {
  test('is known by more than its number', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' })
    const identity = identifyProcess(child.pid!)!
    expect(isAlive(identity)).toBe(true)
    const other = { ...identity, startedAt: String(Number(identity.startedAt) - 1) }
    expect(signalProcess(other, 'SIGKILL')).toBe(false)
    expect(isAlive(identity)).toBe(true)
    expect(signalProcess(identity, 'SIGKILL')).toBe(true)
    await once(child, 'exit')
    expect(isAlive(identity)).toBe(false)
    expect(signalProcess(identity, 'SIGKILL')).toBe(false)
    expect(existsSync(`/proc/${child.pid}`)).toBe(false)
  })
})

/** Another process that holds the lock. */
async function holder(file: string) {
  const script = `const { acquireLock } = await import(${JSON.stringify(LOCK_MODULE)})
await acquireLock(${JSON.stringify(file)}, 'it'); console.log('held'); setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return child
}
