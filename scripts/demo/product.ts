import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DemoError, expect } from './expect.ts'
import type { Workload } from './workload.ts'

const REFERENCE_TIMEOUT_MS = 120_000

export interface Product {
  readonly bytes: number
  readonly sha256: string
  /** What three.js says its version is. */
  readonly revision: string
}

/** The bundle is a module that works, and byte for byte what the same program makes on this machine by itself. */
export async function checkProduct(
  file: string,
  workload: Workload,
  { folder, signal }: { folder: string; signal: AbortSignal }
): Promise<Product> {
  const [bytes, reference] = await Promise.all([readFile(file), runReference(workload, folder, signal)])
  const sha256 = digest(bytes)
  expect(sha256 === digest(reference), 'the bundle is the one that the program makes on this machine')
  const { Vector3, REVISION } = (await import(pathToFileURL(file).href)) as {
    Vector3: new (x: number, y: number, z: number) => { length(): number }
    REVISION: string
  }
  expect(new Vector3(1, 2, 2).length() === 3, 'Node can import the bundle and use it')
  return { bytes: bytes.length, sha256, revision: REVISION }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The same program on the same input with Node's own WASI: none of our code has a part in it. */
async function runReference(
  { program, input, args, file }: Workload,
  folder: string,
  signal: AbortSignal
): Promise<Buffer> {
  await cp(input, folder, { recursive: true, dereference: true })
  await mkdir(join(folder, 'output'))
  const script = join(import.meta.dirname, 'reference.ts')
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, program, folder, 'esbuild', ...args],
    { stdio: ['ignore', 'ignore', 'pipe'], timeout: REFERENCE_TIMEOUT_MS, killSignal: 'SIGKILL', signal }
  )
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject)
  child.on('close', resolve)
  if ((await promise) !== 0) throw new DemoError('the program does not run with Node’s own WASI', stderr)
  return readFile(join(folder, 'output', file))
}
