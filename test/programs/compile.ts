import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { glob, mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { CACHE, runOrThrow } from './cache.ts'
import type { CProgram } from './programs.ts'
import { fetchSources } from './sources.ts'

export interface BuiltProgram {
  /** The file of a WASI command. */
  wasm: string
  /** The file of the same for this machine. */
  native: string
}

/** Headers of what the C library for WASI lacks. */
const HEADERS = join(import.meta.dirname, 'wasi')
const OPTIONS = ['-O2', '-w']
/** Without `-nostdlibinc` this machine's own headers would fill the gaps. */
const WASI_OPTIONS = [
  '--target=wasm32-wasi',
  '--sysroot=/usr',
  '-nostdlibinc',
  ...['-isystem', '/usr/include/wasm32-wasi'],
  ...['-isystem', HEADERS],
  ...['-include', 'missing.h']
]

/** Builds a program both ways at once, or takes what is there from an earlier time. */
export async function buildProgram(program: CProgram): Promise<BuiltProgram> {
  const folder = join(CACHE, 'built', await digestOf(program))
  const built = { wasm: join(folder, `${program.name}.wasm`), native: join(folder, program.name) }
  if (existsSync(built.wasm) && existsSync(built.native)) return built
  const sources = await fetchSources(program.source)
  if (program.prepare !== undefined) await runOrThrow('sh', ['-ec', program.prepare], { cwd: sources })
  await mkdir(folder, { recursive: true })
  const files = (await Array.fromAsync(glob([...program.files], { cwd: sources }))).sort()
  await Promise.all([
    compile([...WASI_OPTIONS, ...program.flags, ...(program.wasiFlags ?? []), ...files], sources, built.wasm),
    compile([...program.flags, ...files, '-pthread', '-lm'], sources, built.native)
  ])
  return built
}

/** A file that is there is whole. */
async function compile(args: readonly string[], cwd: string, file: string): Promise<void> {
  await runOrThrow('clang', [...OPTIONS, ...args, '-o', `${file}.part`], { cwd })
  await rename(`${file}.part`, file)
}

/** Of all that says how it is built. */
async function digestOf(program: CProgram): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([program, OPTIONS, WASI_OPTIONS]))
  for (const header of (await readdir(HEADERS)).sort()) hash.update(await readFile(join(HEADERS, header)))
  return `${program.name}-${hash.digest('hex').slice(0, 16)}`
}
