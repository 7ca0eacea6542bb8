import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ExecutionResult, Executor } from '../../../src/executor/index.ts'
import { createWasmExecutor } from '../../../src/executor/index.ts'
import { run, textFile } from '../jobs.ts'
import { command, loopForever } from '../programs.ts'

const RUNS = process.env.ARCHIPEL_LONG === '1' ? 200 : 40
const FUEL = 50_000_000

/**
 * Uses whatever could differ: optimised and other code, NaNs, deep calls, a growing memory, all its surroundings. Long enough
 * for the engine to change from one compiler to the other on the way.
 */
const program = command({
  memory: '1',
  locals: '(local $i i32) (local $x f64)',
  more: '(func $deep (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))) (else (i32.const 0))))',
  body: `
    (local.set $i (i32.const 300000))
    (loop $again
      (local.set $x (f64.div (f64.sqrt (f64.sub (f64.convert_i32_s (local.get $i)) (f64.const 150000))) (f64.const 3)))
      (f64.store (i32.add (i32.const 4096) (i32.and (local.get $i) (i32.const 0x3ff8))) (local.get $x))
      (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (i32.store (i32.const 3000) (call $deep (i32.const 5000)))
    (i32.store (i32.const 3004) (memory.grow (i32.const 3)))
    (call $check (call $random_get (i32.const 1024) (i32.const 64)))
    (call $check (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 1088)))
    (call $check (call $fd_readdir (i32.const 3) (i32.const 1112) (i32.const 1024) (i64.const 0) (i32.const 16)))
    (call $print (i32.const 1) (i32.const 1024) (i32.const 20000))`
})

const ways = [[], ['bubblewrap'], ['bubblewrap', 'setpriv']]
const executors = ways.map(avoid => createWasmExecutor({ avoid, processesMax: 4, tenantProcessesMax: 2 }))
beforeAll(() => Promise.all(executors.map(executor => executor.start())))
afterAll(() => Promise.all(executors.map(executor => executor.stop())))

function fingerprint({ exitCode, stdout, files, usage }: ExecutionResult): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([exitCode, files.map(({ path }) => path)]))
    .update(stdout)
  return `${hash.digest('hex')} ${usage.fuel}`
}

/** Runs it once in one of many states of a pool: new and old processes, alone and beside a busy one, spares or none. */
async function once(executor: Executor, i: number): Promise<string> {
  const files = [textFile('b/c', 'x'), textFile('a', 'y')]
  const job = { program, files, env: ['B=2', 'A=1'], limits: { fuel: FUEL, wallMs: 60_000 } }
  const load = new AbortController()
  const busy = i % 5 === 0 ? run(executor, { program: loopForever, tenant: `load ${i}` }, load.signal) : undefined
  busy?.catch(() => {})
  try {
    return fingerprint(await run(executor, { ...job, tenant: `tenant ${i % 7}` }))
  } finally {
    load.abort()
  }
}

it(
  `comes to one result and one count of fuel in ${RUNS} runs, whatever confines it and whatever else runs`,
  async () => {
    const seen = new Set<string>()
    for (let i = 0; i < RUNS; i += 4) {
      const runs = [0, 1, 2, 3].map(k => once(executors[(i + k) % executors.length]!, i + k))
      for (const result of await Promise.all(runs)) seen.add(result)
    }
    expect([...seen]).toHaveLength(1)
  },
  10 * 60_000
)
