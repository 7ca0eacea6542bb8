import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../src/executor/index.ts'
import { FUEL } from '../../../src/executor/wasm/wasi/fuel.ts'
import { jobOf, never, run, text, textFile } from '../jobs.ts'
import {
  assemble,
  command,
  exitWith,
  flood,
  growAll,
  loopForever,
  noop,
  print,
  printSurroundings,
  recurseForever,
  trap,
  writeFile
} from '../programs.ts'

const executor = createWasmExecutor()
beforeAll(() => executor.start())
afterAll(() => executor.stop())

const PLENTY = 10_000_000_000
const fault = (code: string, by: string) =>
  expect.objectContaining({ code, facts: expect.objectContaining({ fault: by }) })

async function fuelOf(program: Uint8Array, fuel = PLENTY): Promise<number> {
  const { usage } = await run(executor, { program, limits: { fuel } })
  return usage.fuel!
}

describe('with a limit of fuel', () => {
  it('says how much was used, and only then', async () => {
    expect((await run(executor, { program: noop, limits: { fuel: 10 } })).usage.fuel).toBe(0)
    expect((await run(executor, { program: noop })).usage).not.toHaveProperty('fuel')
    const counted = command({
      body: '(local.set 0 (i32.const 1000)) (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))',
      locals: '(local i32)'
    })
    expect(await fuelOf(counted)).toBe(5003)
  })

  it('ends a program that used it up, whose fault that is', async () => {
    await expect(run(executor, { program: loopForever, limits: { fuel: 1_000_000 } })).rejects.toMatchObject({
      code: 'E_FUEL',
      facts: { fault: 'program', fuel: 1_000_000, fuelMax: 1_000_000 }
    })
    // Exactly enough, and one less.
    const fuel = await fuelOf(print('hello'))
    expect(text((await run(executor, { program: print('hello'), limits: { fuel } })).stdout)).toBe('hello')
    await expect(run(executor, { program: print('hello'), limits: { fuel: fuel - 1 } })).rejects.toEqual(
      fault('E_FUEL', 'program')
    )
  })

  it('has the same results as without', async () => {
    for (const program of [
      exitWith(7),
      print('text', 2),
      trap,
      growAll('1 20'),
      printSurroundings,
      writeFile('output/x', 100)
    ]) {
      const job = { program, files: [textFile('b', ''), textFile('a', '')] }
      const [raw, metered] = [await run(executor, job), await run(executor, { ...job, limits: { fuel: PLENTY } })]
      expect(metered.exitCode).toBe(raw.exitCode)
      expect(metered.stderr).toEqual(raw.stderr)
      expect(metered.files).toEqual(raw.files)
      // The clock alone goes by fuel then.
      if (program !== printSurroundings) expect(metered.stdout).toEqual(raw.stdout)
    }
  })

  it('tells of its progress while it runs', async () => {
    const told: number[] = []
    const fuel = 3_000_000_000
    const job = jobOf({ program: loopForever, limits: { fuel, wallMs: 60_000 } })
    const options = { signal: never, onProgress: (used: number) => told.push(used) }
    await expect(executor.run(job, options)).rejects.toEqual(fault('E_FUEL', 'program'))
    expect(told.length).toBeGreaterThan(0)
    expect(told).toEqual([...new Set(told)].sort((a, b) => a - b))
    expect(told.at(-1)).toBeLessThanOrEqual(fuel)
    expect(told[0]).toBeGreaterThan(0)
  })

  it('makes calls that nest too deep a trap like any other', async () => {
    const results = [await run(executor, { program: recurseForever, limits: { fuel: PLENTY } })]
    results.push(await run(executor, { program: recurseForever, limits: { fuel: PLENTY }, tenant: 'bob' }))
    for (const { exitCode, stderr } of results) {
      expect([exitCode, text(stderr)]).toEqual([134, 'trap: call stack exhausted\n'])
    }
    expect(results[0]!.usage.fuel).toBe(results[1]!.usage.fuel)
  })

  it('says in its failures what was used up to then', async () => {
    await expect(
      run(executor, { program: flood(2000), limits: { fuel: PLENTY, outputBytes: 1000 } })
    ).rejects.toMatchObject({
      code: 'E_OUTPUT_LIMIT',
      facts: { fault: 'program', fuel: expect.any(Number) }
    })
  })

  it('refuses what is not in the profile, and limits that are none', async () => {
    const exceptions = assemble('(module (tag) (func (export "_start")))')
    await expect(run(executor, { program: exceptions, limits: { fuel: 1 } })).rejects.toEqual(
      fault('E_BAD_PROGRAM', 'program')
    )
    const invalid = Uint8Array.from([...noop.subarray(0, -3), 0x6a, 0x0b])
    await expect(run(executor, { program: invalid, limits: { fuel: 1 } })).rejects.toEqual(
      fault('E_BAD_PROGRAM', 'program')
    )
    for (const fuel of [0, -1, 1.5, 2 ** 53]) {
      await expect(run(executor, { program: noop, limits: { fuel } })).rejects.toEqual(fault('E_BAD_JOB', 'buyer'))
    }
  })

  it('blames the host for what depends on the host', async () => {
    const job = { program: loopForever, limits: { fuel: Number.MAX_SAFE_INTEGER, wallMs: 300 } }
    await expect(run(executor, job)).rejects.toEqual(fault('E_WALL_TIME', 'host'))
    await expect(run(executor, { program: loopForever, limits: { wallMs: 300 } })).rejects.toEqual(
      fault('E_WALL_TIME', 'program')
    )
    // Without a larger stack for the engine, its own is the shorter one.
    const small = createWasmExecutor({ avoid: ['bubblewrap', 'setpriv', 'rlimits'] })
    await small.start()
    await expect(run(small, { program: recurseForever, limits: { fuel: PLENTY } })).rejects.toEqual(
      fault('E_STACK', 'host')
    )
    await small.stop()
  })
})

describe('host calls cost fuel', () => {
  it('by what they move', async () => {
    const difference = async (more: Uint8Array, less: Uint8Array) => (await fuelOf(more)) - (await fuelOf(less))
    expect(await difference(print('x'.repeat(1000)), print(''))).toBe(1000 * FUEL.byte)
    expect(await difference(writeFile('output/x', 50_000), writeFile('output/x', 10_000))).toBe(40_000 * FUEL.byte)
    const random = (bytes: number) =>
      command({ body: `(drop (call $random_get (i32.const 1024) (i32.const ${bytes})))` })
    expect(await difference(random(5000), random(0))).toBe(5000 * FUEL.byte)
  })

  it('by the entries they look at', async () => {
    const list = command({
      body: '(drop (call $fd_readdir (i32.const 3) (i32.const 1024) (i32.const 24) (i64.const 0) (i32.const 16)))'
    })
    const fuel = async (files: number) => {
      const input = Array.from({ length: files }, (_, i) => textFile(`file-${i}`, ''))
      return (await run(executor, { program: list, files: input, limits: { fuel: PLENTY } })).usage.fuel!
    }
    expect((await fuel(300)) - (await fuel(100))).toBe(200 * FUEL.item)
  })

  it('also where they fail, so that none can be made for nothing', async () => {
    const failing = command({
      body: '(loop (drop (call $fd_write (i32.const 77) (i32.const 0) (i32.const 0) (i32.const 0))) (br 0))'
    })
    await expect(run(executor, { program: failing, limits: { fuel: 5_000_000 } })).rejects.toEqual(
      fault('E_FUEL', 'program')
    )
  })

  it('moves the clock by what was used', async () => {
    const clock = (turns: number) =>
      command({
        locals: '(local i32)',
        body: `(local.set 0 (i32.const ${turns}))
          (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 1024)))
          (call $print (i32.const 1) (i32.const 1024) (i32.const 8))`
      })
    const timeOf = async (turns: number) => {
      const { stdout } = await run(executor, { program: clock(turns), limits: { fuel: PLENTY } })
      return Buffer.from(stdout).readBigUInt64LE()
    }
    expect((await timeOf(1_000_001)) - (await timeOf(1))).toBe(5_000_000n)
  })
})
