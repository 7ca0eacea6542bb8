import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { foundryBinary, packageRoot, runForge } from '../foundry.ts'

/** What is kept of forge's words: the end, where it sums up. */
const PRINTED_CHARS_MAX = 4000

/** Few random cases each: most mutants fall to the first, and there are hundreds. */
const FAST = {
  FOUNDRY_FUZZ_RUNS: '48',
  FOUNDRY_INVARIANT_RUNS: '6',
  FOUNDRY_INVARIANT_DEPTH: '64',
  FOUNDRY_GAS_SNAPSHOT_CHECK: 'false',
  FOUNDRY_OFFLINE: 'true',
  FOUNDRY_DISABLE_NIGHTLY_WARNING: '1'
}

/** A copy of this package, built, in which creation codes are exchanged without compiling the tests again. */
export interface Scratch {
  readonly folder: string
  /** Compiles contracts and tests as they are. Exit status. */
  build(): Promise<number>
  /** Puts other creation code in a contract's place, hex without 0x. */
  plant(contract: string, bytecode: string): void
  /** Does something while a file has other text. What is compiled in the meantime is compiled again afterwards. */
  withSource<T>(changed: { file: string; source: string }, act: () => Promise<T>): Promise<T>
  /** @returns what forge printed when a test failed or took too long; undefined when all that match pass */
  failure(matchPath: string, timeoutMs: number): Promise<string | undefined>
  remove(): void
}

export function createScratch(): Scratch {
  const folder = mkdtempSync(join(tmpdir(), 'archipel-mutants-'))
  for (const name of ['bin', 'scripts', 'src', 'test', 'out', 'cache', 'snapshots', 'foundry.toml', 'package.json']) {
    cpSync(join(packageRoot, name), join(folder, name), { recursive: true, preserveTimestamps: true })
  }
  symlinkSync(join(packageRoot, 'node_modules'), join(folder, 'node_modules'))
  const env = { ...process.env, ...FAST, FOUNDRY_SOLC: join(folder, 'bin', 'solc') }
  return {
    folder,
    build: () => runForge(['build', '--quiet'], env, folder),
    plant(contract, bytecode) {
      const file = join(folder, 'out', `${contract}.sol`, `${contract}.json`)
      const artifact = JSON.parse(readFileSync(file, 'utf8')) as { bytecode: { object: string } }
      artifact.bytecode.object = `0x${bytecode}`
      writeFileSync(file, JSON.stringify(artifact))
    },
    async withSource({ file, source }, act) {
      const path = join(folder, file)
      const original = readFileSync(path, 'utf8')
      writeFileSync(path, source)
      try {
        return await act()
      } finally {
        writeFileSync(path, original)
      }
    },
    failure(matchPath, timeoutMs) {
      const args = ['test', '--fail-fast', '--match-path', matchPath, '--threads', '1']
      const forge = spawn(foundryBinary('forge'), args, {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'ignore'],
        env,
        timeout: timeoutMs,
        killSignal: 'SIGKILL'
      })
      let printed = ''
      forge.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed = (printed + text).slice(-PRINTED_CHARS_MAX)
      })
      return new Promise((resolve, reject) => {
        forge.once('error', reject)
        forge.once('close', code => resolve(code === 0 ? undefined : printed))
      })
    },
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}
