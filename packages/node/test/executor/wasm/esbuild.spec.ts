import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createWasmExecutor } from '../../../src/executor/index.ts'
import { MIB, never, text } from '../jobs.ts'

const { resolve } = createRequire(import.meta.url)
const program = join(dirname(resolve('@esbuild/wasi-preview1/package.json')), 'esbuild.wasm')
// What the package's name leads to is build/three.cjs.
const three = dirname(dirname(resolve('three')))

const executor = createWasmExecutor()
beforeAll(() => executor.start())
afterAll(() => executor.stop())

async function* filesBelow(folder: string) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile()) yield { path: path.slice(folder.length + 1), read: () => readFile(path) }
  }
}

function bundle(tenant: string, fuel?: number) {
  const job = {
    tenant,
    program: { cid: 'esbuild', load: () => readFile(program) },
    args: ['esbuild', 'src/Three.js', '--bundle', '--format=esm', '--outfile=/output/three.js'],
    env: [],
    files: filesBelow(three),
    limits: {
      wallMs: 120_000,
      memoryBytes: 512 * MIB,
      diskBytes: 256 * MIB,
      outputBytes: 64 * MIB,
      ...(fuel === undefined ? {} : { fuel })
    }
  }
  return executor.run(job, { signal: never })
}

it('bundles three.js with esbuild: the same bytes with fuel and without, and a module that works', async () => {
  const [first, second] = [await bundle('alice'), await bundle('bob', 1e12)]
  expect(text(first.stderr)).toContain('output/three.js')
  expect([first.exitCode, second.exitCode]).toEqual([0, 0])
  expect(first.files.map(({ path }) => path)).toEqual(['three.js'])
  expect(second.usage.fuel).toBeGreaterThan(1e9)
  const [one, other] = [first, second].map(({ files }) => Buffer.from(files[0]!.bytes))
  expect(one!.length).toBeGreaterThan(MIB)
  expect(one!.equals(other!)).toBe(true)

  const url = `data:text/javascript;base64,${one!.toString('base64')}`
  const { Vector3 } = await import(/* @vite-ignore */ url)
  expect(new Vector3(1, 2, 2).length()).toBe(3)
}, 180_000)
