/**
 * Finds and starts Foundry's programs. The npm packages `@foundry-rs/forge` and `@foundry-rs/anvil` are launchers
 * around a real binary in a package per platform; starting that binary ourselves saves a process and delivers signals
 * to it.
 */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' }

export const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..')

/**
 * Absolute path of a Foundry binary for this platform.
 *
 * @throws when npm has no such binary for this platform, or it was not installed (optional dependencies left out)
 */
export function foundryBinary(tool: 'forge' | 'anvil'): string {
  const platform = `${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`
  const launcher = createRequire(import.meta.url).resolve(`@foundry-rs/${tool}/package.json`)
  try {
    const manifest = createRequire(launcher).resolve(`@foundry-rs/${tool}-${platform}/package.json`)
    return join(dirname(manifest), 'bin', process.platform === 'win32' ? `${tool}.exe` : tool)
  } catch (cause) {
    throw new Error(
      `no ${tool} binary for ${platform}: install with optional dependencies, on a platform Foundry supports`,
      { cause }
    )
  }
}

/** What forge needs to know: our compiler, and no look-ups of signatures, versions or compilers on the internet. */
export function forgeEnvironment(): NodeJS.ProcessEnv {
  const solc = join(packageRoot, 'bin', process.platform === 'win32' ? 'solc.cmd' : 'solc')
  return { ...process.env, FOUNDRY_SOLC: solc, FOUNDRY_OFFLINE: 'true', FOUNDRY_DISABLE_NIGHTLY_WARNING: '1' }
}

/** Runs forge in this package, or in a copy of it, with our standard streams and answers its exit status. */
export function runForge(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = packageRoot): Promise<number> {
  const forge = spawn(foundryBinary('forge'), args, { cwd, stdio: 'inherit', env: { ...forgeEnvironment(), ...env } })
  return new Promise((resolve, reject) => {
    forge.once('error', reject)
    forge.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)))
  })
}
