import type { Executor } from 'archipel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BackEnd, JobInit, Program } from './back-end.ts'
import { bytesOf, failure, GOT_IT, jobOf, MIB, never, text } from './back-end.ts'

/** How a program is kept to what was agreed. */
export function limitCases(backEnd: BackEnd): void {
  const { programs, memoryBytes } = backEnd
  let executor: Executor
  const run = (program: Program, init?: JobInit) => executor.run(jobOf(backEnd, program, init), { signal: never })

  /** Whether a program got what it asked for. Some back ends end one that asks for too much, some only refuse it. */
  async function gets(program: Program, init: JobInit, code: string): Promise<boolean> {
    try {
      return text((await run(program, init)).stdout).includes(GOT_IT)
    } catch (err) {
      expect(err).toMatchObject(failure(code, 'program'))
      return false
    }
  }

  beforeAll(async () => {
    executor = backEnd.create()
    await executor.start()
  })
  afterAll(() => executor?.stop())

  describe('time', () => {
    it('ends a program that runs too long', async () => {
      const startedMs = performance.now()
      await expect(run(programs.printAndLoop(), { limits: { wallMs: 700 } })).rejects.toMatchObject(
        failure('E_WALL_TIME', 'program')
      )
      expect(performance.now() - startedMs).toBeGreaterThanOrEqual(699)
    })

    it('ends a program that takes too much processor time', async () => {
      await expect(run(programs.printAndLoop(), { limits: { cpuMs: 500 } })).rejects.toMatchObject(
        failure('E_CPU_TIME', 'program')
      )
      expect(await run(programs.exitWith(0), { limits: { cpuMs: 500 } })).toMatchObject({ exitCode: 0 })
    })
  })

  describe('memory', () => {
    it('is there as far as it was agreed', async () => {
      expect(await gets(programs.takeMemory(memoryBytes / 2), {}, 'E_MEMORY')).toBe(true)
      expect(await gets(programs.takeMemory(memoryBytes * 4), {}, 'E_MEMORY')).toBe(false)
    })
  })

  describe('disk', () => {
    const limits = { diskBytes: 2 * MIB }

    it('is there as far as it was agreed', async () => {
      expect(await gets(programs.fillDisk(MIB), { limits }, 'E_DISK_LIMIT')).toBe(true)
      expect(await gets(programs.fillDisk(8 * MIB), { limits }, 'E_DISK_LIMIT')).toBe(false)
    })

    it('holds the input, or the buyer is to blame', async () => {
      const files = [
        { path: 'a', bytes: new Uint8Array(MIB) },
        { path: 'b', bytes: new Uint8Array(MIB) }
      ]
      expect(await run(programs.exitWith(0), { limits, files })).toMatchObject({ exitCode: 0 })
      const more = [...files, { path: 'c', bytes: new Uint8Array(1) }]
      await expect(run(programs.exitWith(0), { limits, files: more })).rejects.toMatchObject(
        failure('E_DISK_LIMIT', 'buyer')
      )
      await expect(run(programs.copyStdin(), { limits, stdin: new Uint8Array(2 * MIB + 1) })).rejects.toMatchObject(
        failure('E_DISK_LIMIT', 'buyer')
      )
    })
  })

  describe('output', () => {
    const limits = { outputBytes: 100_000 }

    it('is taken to the last byte agreed and not one more', async () => {
      for (const program of [
        (bytes: number) => programs.flood(bytes, 'stdout'),
        (bytes: number) => programs.flood(bytes, 'stderr'),
        (bytes: number) => programs.writeOutput(bytes)
      ]) {
        expect((await run(program(100_000), { limits })).usage.outputBytes).toBe(100_000)
        await expect(run(program(100_001), { limits })).rejects.toMatchObject(failure('E_OUTPUT_LIMIT', 'program'))
      }
    })

    it('ends a program that prints on and on', async () => {
      await expect(run(programs.flood(64 * MIB, 'stdout'), { limits })).rejects.toMatchObject(
        failure('E_OUTPUT_LIMIT', 'program')
      )
    })
  })

  const { startProcesses } = programs
  if (startProcesses !== undefined) {
    describe('processes', () => {
      it('are as many as were agreed', async () => {
        const limits = { processes: 24 }
        expect(await gets(startProcesses(12), { limits }, 'E_PROCESSES')).toBe(true)
        expect(await gets(startProcesses(5000), { limits }, 'E_PROCESSES')).toBe(false)
        expect(await run(programs.exitWith(0), { limits })).toMatchObject({ exitCode: 0 })
      })
    })
  }

  describe('jobs that are none', () => {
    it('are refused for limits out of range', async () => {
      for (const limits of [
        { wallMs: 0 },
        { wallMs: 2 ** 31 },
        { memoryBytes: 2 ** 50 },
        { memoryBytes: 1 },
        { diskBytes: -1 },
        { outputBytes: 0.5 },
        { cpuMs: 0 },
        { cpuMillis: 0 },
        { processes: 0 }
      ]) {
        await expect(run(programs.exitWith(0), { limits })).rejects.toMatchObject(failure('E_BAD_JOB', 'buyer'))
      }
    })

    it('are refused for variables that are none, and zero characters', async () => {
      for (const env of [['PATH'], ['=x'], ['A=\0']]) {
        await expect(run(programs.exitWith(0), { env })).rejects.toMatchObject(failure('E_BAD_JOB', 'buyer'))
      }
      const { program } = programs.exitWith(0)
      await expect(run({ program, args: ['x', 'a\0b'] })).rejects.toMatchObject(failure('E_BAD_JOB', 'buyer'))
    })

    it('are refused for input that would not stay where it belongs', async () => {
      for (const path of ['', '/etc/passwd', '../up', 'a/../b', 'a//b', 'a/.', 'output/x', 'a\0b', 'x'.repeat(256)]) {
        const files = [{ path, bytes: bytesOf('x') }]
        await expect(run(programs.exitWith(0), { files })).rejects.toMatchObject(failure('E_BAD_INPUT', 'buyer'))
      }
      for (const [first, second] of [
        ['x', 'x'],
        ['x', 'x/y'],
        ['x/y', 'x']
      ] as const) {
        const files = [first, second].map(path => ({ path, bytes: bytesOf('x') }))
        await expect(run(programs.exitWith(0), { files })).rejects.toMatchObject(failure('E_BAD_INPUT', 'buyer'))
      }
    })

    it('are refused for a graphics processor that is not there', async () => {
      await expect(run(programs.exitWith(0), { limits: { gpus: 1 } })).rejects.toMatchObject({ code: 'E_NO_GPU' })
    })
  })
}
