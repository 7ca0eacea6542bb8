import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { askStatus } from '../../src/control/control-client.ts'
import { createControlServer } from '../../src/control/control-server.ts'
import { temporaryFolder } from '../config/temporary-folder.ts'

async function serve(path: string, status: () => Promise<unknown>) {
  const server = createControlServer({ path, answers: { '/status': status } })
  await server.start()
  onTestFinished(() => server.stop())
  return server
}

describe('the control socket', () => {
  test('answers its own user, with amounts as decimal strings', async () => {
    const path = join(temporaryFolder(), 'control.sock')
    await serve(path, async () => ({ peers: 3, earned: 10n ** 20n }))
    expect(await askStatus(path)).toEqual({ peers: 3, earned: '100000000000000000000' })
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
  })

  test('replaces a file that a crash left, and is gone after a stop', async () => {
    const path = join(temporaryFolder(), 'control.sock')
    writeFileSync(path, '')
    const server = await serve(path, async () => ({}))
    expect(await askStatus(path)).toEqual({})
    await server.stop()
    await server.stop()
    await expect(askStatus(path)).rejects.toMatchObject({ code: 'E_NODE_NOT_RUNNING' })
  })

  test.runIf(process.platform === 'linux')('works in a folder whose path is too long for a socket', async () => {
    const folder = join(temporaryFolder(), 'x'.repeat(120))
    mkdirSync(folder)
    const path = join(folder, 'control.sock')
    await serve(path, async () => ({ deep: true }))
    expect(await askStatus(path)).toEqual({ deep: true })
  })

  test('tells that a status failed', async () => {
    const path = join(temporaryFolder(), 'control.sock')
    await serve(path, async () => Promise.reject(new Error('no idea')))
    await expect(askStatus(path)).rejects.toMatchObject({
      code: 'E_NODE_NO_STATUS',
      message: expect.stringContaining('no idea')
    })
  })

  test('is not waited for without end', async () => {
    const path = join(temporaryFolder(), 'control.sock')
    await serve(path, () => new Promise(() => {}))
    await expect(askStatus(path, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'E_NODE_NO_STATUS' })
    const controller = new AbortController()
    const asked = askStatus(path, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
  })

  test('may say only so much', async () => {
    const path = join(temporaryFolder(), 'control.sock')
    const size = (length: number) => serveRaw(path, JSON.stringify('x'.repeat(length - 2)))
    const fits = await size(1 << 20)
    await expect(askStatus(path)).resolves.toHaveLength((1 << 20) - 2)
    await fits()
    const tooLong = await size((1 << 20) + 1)
    await expect(askStatus(path)).rejects.toMatchObject({ code: 'E_NODE_NO_STATUS' })
    await tooLong()
  })

  test('has the questions it was made with', async () => {
    const path = join(temporaryFolder(), 'control.sock')
    await serve(path, async () => ({}))
    expect(await codeOf(path, '/')).toBe(404)
    expect(await codeOf(path, '/status', 'POST')).toBe(405)
  })
})

async function serveRaw(path: string, text: string) {
  const server = createServer((_, res) => res.end(text))
  await new Promise<void>(resolve => server.listen(path, resolve))
  return () => new Promise<void>(resolve => server.close(() => resolve()))
}

async function codeOf(socketPath: string, path: string, method = 'GET'): Promise<number | undefined> {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    request({ socketPath, path, method, agent: false }, res => resolve(res.resume().statusCode))
      .on('error', reject)
      .end()
  })
}
