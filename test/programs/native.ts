import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { ExecutionResult } from 'archipel'
import { type CProgramCase, ENV } from './cases.ts'

const TIMEOUT_MS = 60_000

/** Runs a program for this machine where its files are as a job has them: what a job's result is compared with. */
export async function runNatively(
  file: string,
  { args, stdin = '', files = {} }: CProgramCase
): Promise<Pick<ExecutionResult, 'exitCode' | 'stdout' | 'stderr' | 'files'>> {
  const folder = await mkdtemp(join(tmpdir(), 'archipel-native-'))
  try {
    await mkdir(join(folder, 'output'))
    for (const [path, bytes] of Object.entries(files)) await writeFile(join(folder, path), bytes)
    const child = spawn(file, args.slice(1), { argv0: args[0]!, cwd: folder, env: ENV, timeout: TIMEOUT_MS })
    // Some end before they have read all.
    child.stdin.on('error', () => {}).end(stdin)
    const exit = new Promise<number>((resolve, reject) => {
      child.on('error', reject).on('close', code => resolve(code ?? -1))
    })
    const [stdout, stderr, exitCode] = await Promise.all([buffer(child.stdout), buffer(child.stderr), exit])
    const paths = (await readdir(join(folder, 'output'))).sort()
    const output = paths.map(async path => ({ path, bytes: await readFile(join(folder, 'output', path)) }))
    return { exitCode, stdout, stderr, files: await Promise.all(output) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
