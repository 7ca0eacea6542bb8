/**
 * `node scripts/coverage.ts <forge arguments>`: forge's coverage of the contracts by their tests. It counts lines only in
 * code that is compiled the plain way, so it gets this package's configuration without the compiler profiles of what
 * goes on chain, and folders of its own.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot, runForge } from './foundry.ts'

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

const args = ['coverage', '--report', 'summary', '--no-match-path', 'test/gas/*', ...process.argv.slice(2)]
process.exitCode = await runForge(args, { FOUNDRY_CONFIG: CONFIG })
