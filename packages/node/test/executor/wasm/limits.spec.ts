import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../src/executor/index.ts'
import { STRING_BYTES_MAX } from '../../../src/executor/limits.ts'
import { PROGRAM_BYTES_MAX } from '../../../src/executor/wasm/limits.ts'
import { jobOf, MIB, never, run, text, textFile } from '../jobs.ts'
import {
  command,
  exitWith,
  flood,
  growAll,
  loopForever,
  noop,
  print,
  recurseForever,
  trap,
  writeFile
} from '../programs.ts'

const PAGE = 65_536
const executor = createWasmExecutor({ memoryBytesMax: 64 * MIB })
beforeAll(() => executor.start())
afterAll(() => executor.stop())

const fault = (code: string, by: string) =>
  expect.objectContaining({ code, facts: expect.objectContaining({ fault: by }) })

describe('how a program ends', () => {
  it('gives its exit code, up to the largest', async () => {
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0, files: [] })
    expect(await run(executor, { program: exitWith(7) })).toMatchObject({ exitCode: 7 })
    expect(await run(executor, { program: exitWith(-1) })).toMatchObject({ exitCode: 2 ** 32 - 1 })
  })

  it('makes a trap a result, with what was written before and one line of its own', async () => {
    const result = await run(executor, { program: trap })
    expect(result.exitCode).toBe(134)
    expect(text(result.stdout)).toBe('before')
    expect(text(result.stderr)).toBe('trap: unreachable\n')
  })

  it('traps a segment that does not fit the memory', async () => {
    const program = command({ body: '', more: '(data (i32.const 65535) "too long")' })
    expect(await run(executor, { program })).toMatchObject({ exitCode: 134 })
  })

  it('says so when it nests too deep for this machine', async () => {
    await expect(run(executor, { program: recurseForever })).rejects.toEqual(fault('E_STACK', 'program'))
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
  })

  it('accounts for memory and output', async () => {
    const { usage } = await run(executor, { program: print('four', 2), limits: { memoryBytes: PAGE } })
    expect(usage).toMatchObject({ memoryBytes: PAGE, outputBytes: 4 })
    expect(usage.runMs).toBeLessThan(1000)
  })
})

describe('time', () => {
  it('kills a program that runs longer than agreed, and goes on with the next', async () => {
    const startedMs = performance.now()
    await expect(run(executor, { program: loopForever, limits: { wallMs: 200 } })).rejects.toEqual(
      fault('E_WALL_TIME', 'program')
    )
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(199)
    expect(performance.now() - startedMs).toBeLessThan(5000)
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
  })

  it('does not count the time that loading takes', async () => {
    const job = jobOf({ program: exitWith(3), limits: { wallMs: 1000 } })
    const load = async () => {
      await new Promise(resolve => setTimeout(resolve, 1200))
      return exitWith(3)
    }
    const result = await executor.run({ ...job, program: { cid: 'slow', load } }, { signal: never })
    expect(result.exitCode).toBe(3)
  })
})

describe('memory', () => {
  it('lets a program grow to exactly what was agreed', async () => {
    for (const pages of [1, 2, 100]) {
      const result = await run(executor, { program: growAll(), limits: { memoryBytes: pages * PAGE } })
      expect(result).toMatchObject({ exitCode: pages, usage: { memoryBytes: pages * PAGE } })
    }
  })

  it('keeps a smaller maximum of the program itself', async () => {
    expect(await run(executor, { program: growAll('1 5') })).toMatchObject({ exitCode: 5 })
  })

  it('refuses a program that starts with a page more', async () => {
    const program = growAll('3')
    expect(await run(executor, { program, limits: { memoryBytes: 3 * PAGE } })).toMatchObject({ exitCode: 3 })
    await expect(run(executor, { program, limits: { memoryBytes: 3 * PAGE - 1 } })).rejects.toEqual(
      fault('E_MEMORY', 'program')
    )
  })

  it('refuses a job larger than the executor takes', async () => {
    const limits = { memoryBytes: 64 * MIB }
    expect(await run(executor, { program: growAll(), limits })).toMatchObject({ exitCode: 1024 })
    await expect(run(executor, { program: noop, limits: { memoryBytes: 64 * MIB + 1 } })).rejects.toEqual(
      fault('E_BAD_JOB', 'buyer')
    )
  })

  it('survives a program that fills the engine instead of its own memory', async () => {
    const tables = Array.from({ length: 20 }, (_, i) => i)
    const program = command({
      more: tables.map(i => `(table $t${i} 1 externref)`).join(''),
      body: tables.map(i => `(drop (table.grow $t${i} (ref.null extern) (i32.const 9000000)))`).join('')
    })
    await expect(run(executor, { program })).rejects.toEqual(fault('E_MEMORY', 'program'))
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
  })
})

describe('output', () => {
  it.each([
    ['standard output', flood(1000)],
    ['standard error', flood(1000, 2)],
    ['output files', writeFile('output/file', 1000)]
  ])('counts %s, and takes no byte more than agreed', async (_, program) => {
    const result = await run(executor, { program, limits: { outputBytes: 1000 } })
    expect(result.usage.outputBytes).toBe(1000)
    await expect(run(executor, { program, limits: { outputBytes: 999 } })).rejects.toEqual(
      fault('E_OUTPUT_LIMIT', 'program')
    )
  })

  it('takes several megabytes', async () => {
    const result = await run(executor, { program: flood(5 * MIB), limits: { outputBytes: 5 * MIB } })
    expect(result.stdout.length).toBe(5 * MIB)
    const { files } = await run(executor, {
      program: writeFile('output/big', 5 * MIB),
      limits: { outputBytes: 5 * MIB, diskBytes: 5 * MIB }
    })
    expect(files.map(({ path, bytes }) => [path, bytes.length])).toEqual([['big', 5 * MIB]])
  })
})

describe('disk', () => {
  it('counts what is written', async () => {
    const program = writeFile('scratch', 1000)
    expect(await run(executor, { program, limits: { diskBytes: 1000 } })).toMatchObject({ exitCode: 0, files: [] })
    await expect(run(executor, { program, limits: { diskBytes: 999 } })).rejects.toEqual(
      fault('E_DISK_LIMIT', 'program')
    )
  })

  it('counts the input, and blames the buyer for it', async () => {
    const files = [textFile('a', '12345'), textFile('b', '67890')]
    expect(await run(executor, { program: noop, files, limits: { diskBytes: 10 } })).toMatchObject({ exitCode: 0 })
    await expect(run(executor, { program: noop, files, limits: { diskBytes: 9 } })).rejects.toEqual(
      fault('E_DISK_LIMIT', 'buyer')
    )
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
  })
})

describe('programs that are none', () => {
  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('#!/bin/sh\necho hello\n')],
    ['a cut-off module', noop.subarray(0, noop.length - 3)],
    ['a component', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)],
    [
      'a section longer than the module',
      Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f)
    ]
  ])('refuses %s', async (_, program) => {
    await expect(run(executor, { program })).rejects.toEqual(fault('E_BAD_PROGRAM', 'program'))
    expect(await run(executor, { program: noop })).toMatchObject({ exitCode: 0 })
  })

  it('refuses one byte more than a program may have, before sending it anywhere', async () => {
    await expect(run(executor, { program: new Uint8Array(PROGRAM_BYTES_MAX + 1) })).rejects.toMatchObject({
      code: 'E_BAD_PROGRAM',
      facts: { programBytesMax: PROGRAM_BYTES_MAX }
    })
    await expect(run(executor, { program: new Uint8Array(PROGRAM_BYTES_MAX) })).rejects.toMatchObject({
      code: 'E_BAD_PROGRAM',
      message: 'the program is not a WebAssembly module'
    })
  })
})

describe('jobs that are none', () => {
  it('refuses limits out of range', async () => {
    for (const limits of [
      { wallMs: 0 },
      { wallMs: 2 ** 31 },
      { memoryBytes: 65_535 },
      { diskBytes: -1 },
      { outputBytes: 0.5 }
    ]) {
      await expect(run(executor, { program: noop, limits })).rejects.toEqual(fault('E_BAD_JOB', 'buyer'))
    }
  })

  it('refuses strings that a program cannot be given', async () => {
    for (const strings of [{ args: ['a\0b'] }, { env: ['PATH'] }, { env: ['=x'] }]) {
      await expect(run(executor, { program: noop, ...strings })).rejects.toEqual(fault('E_BAD_JOB', 'buyer'))
    }
    const longest = 'x'.repeat(STRING_BYTES_MAX - 1)
    expect(await run(executor, { program: noop, args: [longest] })).toMatchObject({ exitCode: 0 })
    await expect(run(executor, { program: noop, args: [`${longest}x`] })).rejects.toEqual(fault('E_BAD_JOB', 'buyer'))
  })

  it.each(['', '/etc/passwd', '../up', 'a/../b', 'a//b', 'a/.', 'output', 'output/x', 'a\0b', 'x'.repeat(256)])(
    'refuses the input path %j',
    async path => {
      await expect(run(executor, { program: noop, files: [textFile(path, '')] })).rejects.toEqual(
        fault('E_BAD_INPUT', 'buyer')
      )
    }
  )

  it('refuses a path that comes twice, and one below a file', async () => {
    for (const [a, b] of [
      ['x', 'x'],
      ['x', 'x/y']
    ] as const) {
      await expect(run(executor, { program: noop, files: [textFile(a, ''), textFile(b, '')] })).rejects.toEqual(
        fault('E_BAD_INPUT', 'buyer')
      )
    }
  })
})
