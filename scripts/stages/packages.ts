import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPackages } from '../packages/build.ts'
import { checkPacked } from '../packages/check-packed.ts'
import { installPacked } from '../packages/install-packed.ts'
import { FAILED, PASSED, type Stage } from './stage.ts'

/** What would be published works on its own: compiled, packed, unpacked elsewhere, started by plain Node. */
export const packages: Stage = {
  name: 'packages',
  async run(write) {
    if (!(await buildPackages(write))) return FAILED
    const folder = await mkdtemp(join(tmpdir(), 'archipel-packed-'))
    try {
      const problems: string[] = []
      for (const installed of await installPacked(folder, write)) problems.push(...(await checkPacked(installed)))
      for (const problem of problems) write(`${problem}\n`)
      return problems.length === 0 ? PASSED : FAILED
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
