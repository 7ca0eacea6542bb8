import type { Executor } from 'archipel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BackEnd, JobInit, Program } from './back-end.ts'
import { bytesOf, jobOf, never, text } from './back-end.ts'

const SECRET = 'ARCHIPEL_TEST_SECRET'

/** What goes into a program and what comes out of it. */
export function resultCases(backEnd: BackEnd): void {
  const { programs } = backEnd
  let executor: Executor
  const run = (program: Program, init?: JobInit) => executor.run(jobOf(backEnd, program, init), { signal: never })

  beforeAll(async () => {
    process.env[SECRET] = 'do not tell'
    executor = backEnd.create()
    await executor.start()
  })
  afterAll(async () => {
    delete process.env[SECRET]
    await executor?.stop()
  })

  describe('how a program ends', () => {
    it('is told by its exit code', async () => {
      for (const code of [0, 255]) {
        expect(await run(programs.exitWith(code))).toMatchObject({ exitCode: code, files: [] })
      }
    })

    it('is 128 and the signal where a signal ended it', async () => {
      expect(await run(programs.abort())).toMatchObject({ exitCode: 134 })
    })
  })

  describe('what a program prints', () => {
    it('comes by stream, with the result and while it runs', async () => {
      for (const stream of ['stdout', 'stderr'] as const) {
        const seen: string[] = []
        const job = jobOf(backEnd, programs.print('hello, archipelago', stream))
        const onOutput = (from: string, bytes: Uint8Array) => seen.push(from, text(bytes))
        const result = await executor.run(job, { signal: never, onOutput })
        expect(seen).toEqual([stream, 'hello, archipelago'])
        expect(text(result[stream])).toBe('hello, archipelago')
        expect(result[stream === 'stdout' ? 'stderr' : 'stdout']).toHaveLength(0)
      }
    })

    it('does not wait for the program to end', async () => {
      const enough = new AbortController()
      const job = jobOf(backEnd, programs.printAndLoop())
      const onOutput = (_: string, bytes: Uint8Array) => enough.abort(text(bytes))
      await expect(executor.run(job, { signal: enough.signal, onOutput })).rejects.toMatchObject({
        code: 'E_CANCELLED',
        cause: 'on'
      })
    })

    it('may be megabytes', async () => {
      const { stdout } = await run(programs.flood(3_000_000, 'stdout'))
      expect(stdout).toHaveLength(3_000_000)
    })
  })

  describe('what a program reads', () => {
    it('is its standard input, to the end', async () => {
      const stdin = Buffer.alloc(300_000, 'archipelago ')
      const { stdout } = await run(programs.copyStdin(), { stdin })
      expect(Buffer.compare(stdout, stdin)).toBe(0)
    })

    it('is nothing where there is no standard input', async () => {
      expect(await run(programs.copyStdin())).toMatchObject({ exitCode: 0, stdout: new Uint8Array(0) })
    })

    it('need not be all of it', async () => {
      expect(await run(programs.exitWith(3), { stdin: new Uint8Array(1_000_000) })).toMatchObject({ exitCode: 3 })
    })

    it('is the files of its input', async () => {
      const files = [
        { path: 'a.txt', bytes: bytesOf('first') },
        { path: 'deep/er/ünï.txt', read: async () => bytesOf('second') },
        { path: `${'long/'.repeat(30)}name`, bytes: bytesOf('third') },
        { path: 'empty', bytes: new Uint8Array(0) }
      ]
      const { exitCode, stdout } = await run(programs.printFiles(files.map(({ path }) => path)), { files })
      expect([exitCode, text(stdout)]).toEqual([0, 'firstsecondthird'])
      expect((await run(programs.printFiles(['none.txt']), { files })).exitCode).not.toBe(0)
    })

    it('is its arguments, as they are', async () => {
      const args = ['', 'two words', '$(date) `date` "\' \\', '*', '-c', 'ünï\nline']
      expect(text((await run(programs.printArguments(args))).stdout)).toBe(args.map(arg => `${arg}\0`).join(''))
    })

    it('is the variables of its job and none of the machine', async () => {
      const { stdout } = await run(programs.printVariables(), { env: ['B=two words', 'A=$B'] })
      const seen = text(stdout).split('\0')
      expect(seen).toEqual(expect.arrayContaining(['A=$B', 'B=two words']))
      expect(seen.filter(variable => variable.startsWith(SECRET))).toEqual([])
    })
  })

  describe('what a program leaves', () => {
    it('is the files of its output, in order of their paths', async () => {
      const files = { 'b.txt': 'second', 'a/b/c.txt': 'first', 'a/empty': '', 'ü.txt': 'third' }
      const result = await run(programs.writeFiles(files))
      expect(result.exitCode).toBe(0)
      const paths = Object.keys(files).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect(result.files.map(({ path, bytes }) => [path, text(bytes)])).toEqual(
        paths.map(path => [path, files[path as keyof typeof files]])
      )
    })

    it('is nothing of what another left', async () => {
      await run(programs.writeFiles({ secret: 'of alice' }))
      expect((await run(programs.exitWith(0), { tenant: 'bob' })).files).toEqual([])
    })
  })

  describe('what a program takes', () => {
    it('is told: time, processor time, memory', async () => {
      const { usage } = await run(programs.work())
      expect(usage.runMs).toBeGreaterThan(100)
      expect(usage.cpuMs).toBeGreaterThan(100)
      expect(usage.memoryBytes).toBeGreaterThan(0)
    })

    it('is told: output, to the byte', async () => {
      expect((await run(programs.print('1234', 'stderr'))).usage.outputBytes).toBe(4)
      expect((await run(programs.writeFiles({ a: '12345', b: '67' }))).usage.outputBytes).toBe(7)
    })
  })

  describe('the program itself', () => {
    it('is asked for once', async () => {
      let loads = 0
      const { program, args } = programs.exitWith(0)
      const load: typeof program.load = options => {
        loads++
        return program.load(options)
      }
      for (let i = 0; i < 2; i++) await run({ program: { cid: program.cid, load }, args })
      expect(loads).toBeLessThanOrEqual(1)
    })

    it('may be impossible to get, which is told as it is', async () => {
      const load = async () => {
        throw new Error('no such block')
      }
      await expect(run({ program: { cid: 'nowhere', load }, args: ['x'] })).rejects.toThrow('no such block')
    })

    it('must be one', async () => {
      for (const [cid, bytes] of [
        ['nothing', new Uint8Array(0)],
        ['text', bytesOf('#!/bin/sh\necho hello\n')],
        ['noise', Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) >> 3)]
      ] as const) {
        await expect(run({ program: { cid, load: async () => bytes }, args: ['x'] })).rejects.toMatchObject({
          code: 'E_BAD_PROGRAM'
        })
      }
    })
  })
}
