/**
 * `node scripts/coverage.ts <forge arguments>`: forge's coverage of the contracts by their tests. It counts lines only in
 * code that is compiled the plain way, so it gets this package's configuration without the compiler profiles of what
 * goes on chain, and folders of its own. Without arguments it measures all tests but those of gas, and fails where less is
 * reached than we promise.
 */
import { spawn } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Coverage, readCoverage, shortcomings } from './coverage/minima.ts'
import { forgeEnvironment, foundryBinary, packageRoot } from './foundry.ts'

/** The tables of `foundry.toml` that say what is compiled the other way. */
const PROFILES = /^(additional_compiler_profiles|compilation_restrictions) = \[\n.*?^\]\n/gms
const CONFIG = 'cache/coverage.toml'

const config = await readFile(join(packageRoot, 'foundry.toml'), 'utf8')
const plain = config
  .replace(PROFILES, '')
  .replace('out = "out"', 'out = "cache/coverage/out"')
  .replace('cache_path = "cache"', 'cache_path = "cache/coverage"')
  .replace('path = "./out"', 'path = "./cache/coverage/out"')
await mkdir(join(packageRoot, 'cache'), { recursive: true })
await writeFile(join(packageRoot, CONFIG), plain)

const own = process.argv.slice(2)
const { status, coverage } = await measure(['--no-match-path', 'test/gas/*', ...own])
const missing = own.length === 0 && status === 0 ? shortcomings(coverage) : []
for (const text of missing) console.error(text)
process.exitCode = missing.length > 0 ? 1 : status

/** Runs forge, passing on what it prints. */
function measure(args: string[]): Promise<{ status: number; coverage: Coverage[] }> {
  const forge = spawn(foundryBinary('forge'), ['coverage', '--report', 'summary', ...args], {
    cwd: packageRoot,
    stdio: ['inherit', 'pipe', 'inherit'],
    env: { ...forgeEnvironment(), FOUNDRY_CONFIG: CONFIG }
  })
  let printed = ''
  forge.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text)
    printed += text
  })
  return new Promise((resolve, reject) => {
    forge.once('error', reject)
    forge.once('close', code => resolve({ status: code ?? 1, coverage: readCoverage(printed) }))
  })
}
