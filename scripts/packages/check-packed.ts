import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import type { InstalledPackage } from './install-packed.ts'

/** What is wrong with an unpacked package; empty when nothing is. */
export async function checkPacked({ folder, manifest }: InstalledPackage): Promise<string[]> {
  const problems = missingFiles(folder, manifest).concat(unresolvedVersions(manifest))
  for (const entry of Object.keys(manifest.exports)) {
    const specifier = join(manifest.name, entry)
    const failure = await failureOf(
      ['--input-type=module', '-e', `await import('${specifier}')`],
      join(folder, '../..')
    )
    if (failure !== undefined) problems.push(`import '${specifier}': ${failure}`)
  }
  for (const [command, file] of Object.entries(manifest.bin ?? {})) {
    const failure = await failureOf([join(folder, file), '--version'], folder, manifest.version)
    if (failure !== undefined) problems.push(`${command} --version: ${failure}`)
  }
  return problems.map(problem => `${manifest.name}: ${problem}`)
}

function missingFiles(folder: string, { exports, bin }: InstalledPackage['manifest']): string[] {
  const targets = Object.values(exports).flatMap(target =>
    typeof target === 'string' ? [target] : Object.values(target)
  )
  return [...targets, ...Object.values(bin ?? {}), 'LICENSE']
    .filter(file => !existsSync(join(folder, file)))
    .map(file => `${file} is not in the package`)
}

/** pnpm replaces these when it packs; npm could not read them. */
function unresolvedVersions({ dependencies, optionalDependencies }: InstalledPackage['manifest']): string[] {
  return Object.entries({ ...dependencies, ...optionalDependencies })
    .filter(([, version]) => /^(?:workspace|catalog):/.test(version))
    .map(([name, version]) => `${name} is still ${version}`)
}

async function failureOf(args: string[], cwd: string, expected?: string): Promise<string | undefined> {
  const { exitCode, stdout, stderr } = await runCommand('node', args, { cwd, timeoutMs: 30_000 })
  if (exitCode !== 0) return `exit code ${exitCode}\n${stderr.trimEnd()}`
  if (expected !== undefined && !stdout.includes(expected)) return `printed ${JSON.stringify(stdout)}, not ${expected}`
  return undefined
}
