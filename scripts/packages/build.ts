import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { PACKAGES, ROOT, toolPath } from '../root.ts'

/** Compiles what is published: `dist/` of every package. A checkout runs its TypeScript sources and never needs it. */
export async function buildPackages(write: (text: string) => void): Promise<boolean> {
  for (const name of PACKAGES) {
    const folder = join(ROOT, 'packages', name)
    await rm(join(folder, 'dist'), { recursive: true, force: true })
    const args = ['-p', join(folder, 'tsconfig.build.json')]
    const { exitCode } = await runCommand(toolPath('tsc'), args, { timeoutMs: 3 * 60_000, onOutput: write })
    if (exitCode !== 0) return false
  }
  return true
}
