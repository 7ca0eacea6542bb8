// Brings the Node and pnpm this project wants, installs what is missing, then runs one task. This file and
// scripts/bootstrap/ are plain JavaScript that Node 18 understands: all else is read by the Node they bring.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail } from './bootstrap/fail.mjs'
import { launch } from './bootstrap/launch.mjs'
import { prepare } from './bootstrap/prepare.mjs'

const NODE_MAJOR_MIN = 18

/** What each task runs, and whether relative paths in its arguments mean the caller's folder. */
const TASKS = {
  archipel: { file: 'packages/node/bin/archipel.js', inCallersFolder: true },
  demo: { file: 'scripts/demo/main.ts', inCallersFolder: true },
  test: { file: 'scripts/tasks/test.ts' },
  'test:long': { file: 'scripts/tasks/test-long.ts' },
  bench: { file: 'test/bench/main.ts' },
  check: { file: 'scripts/tasks/check.ts' },
  fix: { file: 'scripts/tasks/fix.ts' },
  build: { file: 'scripts/tasks/build.ts' },
  abi: { file: 'packages/contracts/scripts/generate-abi.ts' },
  forge: { file: 'packages/contracts/scripts/forge.ts' }
}

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [name, ...args] = process.argv.slice(2)
const task = Object.hasOwn(TASKS, name ?? '') ? TASKS[name] : undefined

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  fail(
    'E_NODE_TOO_OLD',
    `this is Node ${process.versions.node}`,
    `install Node ${NODE_MAJOR_MIN} or newer with npm; the Node this project runs on is then fetched through npm`
  )
}
if (task === undefined) {
  fail('E_USAGE', `no task named ${name ?? '(none)'}`, `tasks: ${Object.keys(TASKS).join(', ')}`, 2)
}

const tools = await prepare(root)
// npm runs scripts in the package's folder and keeps the one it was called from in INIT_CWD.
const callersFolder = (process.cwd() === root && process.env.INIT_CWD) || process.cwd()
process.exitCode = await launch(tools, [join(root, task.file), ...args], task.inCallersFolder ? callersFolder : root)
