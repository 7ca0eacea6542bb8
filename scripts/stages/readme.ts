import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { ROOT } from '../root.ts'
import type { Counts, Stage } from './stage.ts'

const DONE = 'readme-block-done'

/** The shell blocks of a Markdown text that begin with ```` ```sh run ````. Others are shown, not run. */
export function runnableBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```sh run\n(.*?)^```$/gms)].map(match => match[1]!)
}

/** README's commands work as written, in their order, in one shell, in a checkout, by a user with an empty home. */
export const readme: Stage = {
  name: 'readme',
  async run(write) {
    const blocks = runnableBlocks(await readFile(join(ROOT, 'README.md'), 'utf8'))
    const home = await mkdtemp(join(tmpdir(), 'archipel-readme-'))
    const cleanUp = `trap 'npm run -s archipel -- devnet down >/dev/null 2>&1 || true' EXIT\n`
    const script = blocks.map(block => `set -v\n${block}{ set +v; echo ${DONE}; } 2>/dev/null\n`).join('')
    try {
      const { stdout, exitCode } = await runCommand('bash', ['-euo', 'pipefail', '-c', cleanUp + script], {
        cwd: await linkCheckout(join(home, 'archipel')),
        timeoutMs: 6 * 60_000,
        env: { ...withoutOurs(process.env), HOME: home },
        onOutput: write
      })
      return countBlocks(blocks.length, stdout.split('\n').filter(line => line === DONE).length, exitCode)
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  }
}

/** A folder that looks like this checkout, so that what the commands write stays out of the real one. */
async function linkCheckout(folder: string): Promise<string> {
  await mkdir(folder)
  for (const name of await readdir(ROOT)) {
    if (name !== 'out' && name !== '.git') await symlink(join(ROOT, name), join(folder, name))
  }
  return folder
}

/** After the first failed block the rest is skipped: it builds on what came before. */
export function countBlocks(all: number, done: number, exitCode: number): Counts {
  if (all > 0 && exitCode === 0 && done === all) return { passed: done, failed: 0, skipped: 0 }
  return { passed: done, failed: 1, skipped: Math.max(0, all - done - 1) }
}

/** A reader has neither our settings nor our data folders. */
function withoutOurs(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(?:ARCHIPEL|XDG)_/.test(name)))
}
