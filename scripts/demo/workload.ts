import { readdir, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ROOT } from '../root.ts'

/** A real program and its input: neither was written for this. */
export interface Workload {
  readonly program: string
  readonly programBytes: number
  readonly input: string
  readonly inputFiles: number
  readonly inputBytes: number
  /** argv without the program's name. */
  readonly args: readonly string[]
  /** What it leaves in its output folder. */
  readonly file: string
}

/** esbuild, as its authors publish it for WASI, and the sources of three.js. */
export async function esbuildOnThree(): Promise<Workload> {
  // They are dependencies of the package whose tests run them, too.
  const { resolve } = createRequire(join(ROOT, 'packages/node/package.json'))
  const program = join(dirname(resolve('@esbuild/wasi-preview1/package.json')), 'esbuild.wasm')
  const input = dirname(resolve('three/src/Three.js'))
  const entries = await readdir(input, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile())
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size))
  return {
    program,
    programBytes: (await stat(program)).size,
    input,
    inputFiles: files.length,
    inputBytes: sizes.reduce((sum, size) => sum + size, 0),
    args: ['Three.js', '--bundle', '--format=esm', '--outfile=/output/three.js'],
    file: 'three.js'
  }
}
