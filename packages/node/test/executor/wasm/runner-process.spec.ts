import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { DIAGNOSTIC_BYTES_MAX, METERED_BYTES_MAX } from '../../../src/executor/wasm/limits.ts'
import { FRAME, FRAME_BYTES_MAX } from '../../../src/executor/wasm/runner/wire.ts'
import { startRunnerProcess } from '../../../src/executor/wasm/runner-process.ts'
import { jobOf, never } from '../jobs.ts'
import { noop } from '../programs.ts'

/** A process in the place of a runner that does what the script says; `send(type, text)` writes a frame. */
function startScript(script: string) {
  const send = `const send = (type, text = '') => {
    const header = Buffer.alloc(5)
    header.writeUInt32LE(text.length, 0)
    header[4] = type
    process.stdout.write(Buffer.concat([header, Buffer.from(text)]))
  };`
  return startRunnerProcess({ command: [process.execPath, '-e', send + script], directory: tmpdir() })
}

const ready = `send(${FRAME.ready});`
const job = jobOf({ program: noop, limits: { wallMs: 5000 } })
const died = { code: 'E_RUNNER_DIED' }

async function expectDeath(script: string) {
  const runner = startScript(script)
  await expect(runner.run(job, { signal: never })).rejects.toMatchObject(died)
  await runner.closed
  expect(runner.isAlive()).toBe(false)
}

describe('a process that does not start', () => {
  it('is told with its exit code and what it said', async () => {
    const runner = startScript('console.error("no such flag"); process.exit(9)')
    await expect(runner.ready).rejects.toMatchObject({
      ...died,
      facts: { exitCode: 9, fault: 'host', diagnostics: expect.stringContaining('no such flag') }
    })
    await runner.closed
  })

  it('is told where there is no such command', async () => {
    const runner = startRunnerProcess({ command: ['/no/such/command'], directory: tmpdir() })
    await expect(runner.ready).rejects.toMatchObject(died)
    await runner.closed
    expect(runner.pid).toBeUndefined()
  })

  it('may say much, of which a bounded part is kept', async () => {
    const runner = startScript('process.stderr.write("x".repeat(1e6), () => process.exit(1))')
    const error = await runner.ready.catch(err => err)
    expect(error.facts.diagnostics.length).toBe(DIAGNOSTIC_BYTES_MAX)
  })
})

describe('a process that does not keep to the protocol', () => {
  it('is killed for a frame that is too long', () =>
    expectDeath(
      `${ready} const b = Buffer.alloc(5); b.writeUInt32LE(${FRAME_BYTES_MAX + 1}); process.stdout.write(b); setInterval(() => {}, 1000)`
    ))

  it('is killed for frames before it is ready', () =>
    expectDeath(`send(${FRAME.stdout}, 'x'); setInterval(() => {}, 1000)`))

  it('is killed for a frame that makes no sense', () =>
    expectDeath(`${ready} process.stdin.once('data', () => send(99)); setInterval(() => {}, 1000)`))

  it('is killed for asking for the program twice', () =>
    expectDeath(`${ready} process.stdin.on('data', () => send(${FRAME.needProgram})); setInterval(() => {}, 1000)`))

  it('is told to have ended when it ends in the middle', () =>
    expectDeath(`${ready} process.stdin.once('data', () => process.exit(0))`))
})

describe('a process that does not keep to the protocol when it meters a program', () => {
  const onInput = (script: string) =>
    `${ready} process.stdin.once('data', () => { ${script} }); setInterval(() => {}, 1000)`

  it.each([
    ['says something else', `send(${FRAME.stdout}, 'x')`],
    ['sends data that it did not announce', `send(${FRAME.data}, 'x')`],
    ['sends more than it announced', `send(${FRAME.metered}, '{"sizeBytes":1}'); send(${FRAME.data}, 'xy')`],
    ['says something unreadable', `send(${FRAME.metered}, '{')`],
    ['ends with no failure', `send(${FRAME.done}, '{}')`],
    ['ends in the middle', `send(${FRAME.metered}, '{"sizeBytes":9}'); process.exit(0)`]
  ])('is killed where it %s', async (_, script) => {
    const runner = startScript(onInput(script))
    await expect(runner.meter(noop, never)).rejects.toMatchObject(died)
    await runner.closed
  })

  it.each([0, -1, 1.5, METERED_BYTES_MAX + 1])('is killed where it announces %s bytes', async sizeBytes => {
    const runner = startScript(onInput(`send(${FRAME.metered}, '{"sizeBytes":${sizeBytes}}')`))
    await expect(runner.meter(noop, never)).rejects.toMatchObject({ code: 'E_BAD_PROGRAM' })
    await runner.closed
  })

  it('is killed when the program is not wanted any more', async () => {
    const runner = startScript(onInput(''))
    await expect(runner.meter(noop, AbortSignal.timeout(300))).rejects.toMatchObject({ code: 'E_CANCELLED' })
    await runner.closed
  })
})

it('is killed on request, even if it will not listen', async () => {
  const runner = startScript(`${ready} process.on('SIGTERM', () => {}); for (;;);`)
  await runner.ready.catch(() => {})
  runner.kill()
  await runner.closed
  expect(runner.isAlive()).toBe(false)
})
