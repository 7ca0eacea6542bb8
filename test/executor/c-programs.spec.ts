import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createWasmExecutor, type ExecutionResult } from 'archipel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requireFacility } from '../../scripts/facilities.ts'
import { C_PROGRAM_CASES, type CProgramCase, ENV } from '../programs/cases.ts'
import { type BuiltProgram, buildProgram } from '../programs/compile.ts'
import { runNatively } from '../programs/native.ts'
import { C_PROGRAMS } from '../programs/programs.ts'
import { MIB, never } from '../suites/executor/back-end.ts'

/** Fetching and compiling all of them, on a machine that has more to do. */
const BUILD_TIMEOUT_MS = 15 * 60_000
const FUEL = 1e12

describe.skipIf(!requireFacility('wasi-programs'))('a program in C that nobody here wrote', () => {
  const executor = createWasmExecutor()
  const built = new Map<string, BuiltProgram>()
  beforeAll(async () => {
    for (const program of C_PROGRAMS) built.set(program.name, await buildProgram(program))
    await executor.start()
  }, BUILD_TIMEOUT_MS)
  afterAll(() => executor.stop())

  async function run({ program, args, stdin, files = {} }: CProgramCase, tenant: string, fuel?: number) {
    const code = await readFile(built.get(program)!.wasm)
    const job = {
      tenant,
      program: { cid: createHash('sha256').update(code).digest('hex'), load: async () => code },
      args,
      env: Object.entries(ENV).map(([name, value]) => `${name}=${value}`),
      ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin) }),
      files: Object.entries(files).map(([path, bytes]) => ({ path, bytes })),
      limits: {
        wallMs: 120_000,
        memoryBytes: 256 * MIB,
        diskBytes: 64 * MIB,
        outputBytes: 16 * MIB,
        ...(fuel === undefined ? {} : { fuel })
      }
    }
    return executor.run(job, { signal: never })
  }

  it.each(C_PROGRAM_CASES.map(one => [one.program, one.does, one] as const))(
    '%s %s: the same as without us, with fuel and without, and always for as much of it',
    async (_, __, one) => {
      const native = await runNatively(built.get(one.program)!.native, one)
      expect(native.exitCode, text(native.stderr)).toBe(one.exitCode ?? 0)
      expect(native.files.map(({ path }) => path)).toEqual(one.writes ?? [])
      const results = [await run(one, 'alice'), await run(one, 'alice', FUEL), await run(one, 'bob', FUEL)]
      for (const result of results) expectSame(result, native)
      const [plain, first, second] = results.map(({ usage }) => usage.fuel)
      expect(plain).toBeUndefined()
      expect(first).toBeGreaterThan(1e5)
      expect(second).toBe(first)
    }
  )

  it('ends as with abort() where it jumps back over calls, which WASI has no way to do', async () => {
    const one: CProgramCase = { program: 'lua', does: 'catches', args: ['lua', '-e', 'print(pcall(error, "caught"))'] }
    expect((await runNatively(built.get('lua')!.native, one)).exitCode).toBe(0)
    expect((await run(one, 'alice')).exitCode).toBe(134)
  })
})

type Outcome = Pick<ExecutionResult, 'exitCode' | 'stdout' | 'stderr' | 'files'>

function expectSame(result: Outcome, native: Outcome): void {
  expect(text(result.stderr)).toBe(text(native.stderr))
  expect(result.exitCode).toBe(native.exitCode)
  expect(text(result.stdout)).toBe(text(native.stdout))
  expect(Buffer.from(result.stdout).equals(native.stdout)).toBe(true)
  expect(result.files.map(({ path }) => path)).toEqual(native.files.map(({ path }) => path))
  for (const [i, { path, bytes }] of native.files.entries()) {
    expect(Buffer.from(bytes).equals(result.files[i]!.bytes), path).toBe(true)
  }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
