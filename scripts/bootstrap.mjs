// Runs a task of scripts/tasks/ under the Node and pnpm this project wants, on a machine that may only have an older Node.
// Plain JavaScript that Node 18 understands: it is the one file the machine's own Node has to read.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE = '24'
const PNPM = '11'
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [task, ...args] = process.argv.slice(2)

if (task === undefined) {
  console.error('error[E_USAGE]: no task named\nhint: npm run demo, npm test, npm run bench, npm run -s archipel -- --help')
  process.exit(2)
}
if (Number(process.versions.node.split('.')[0]) < 18) {
  console.error(`error[E_NODE_TOO_OLD]: this is Node ${process.versions.node}\nhint: install Node 18 or newer; the right Node is then fetched from the npm registry`)
  process.exit(1)
}

// The inner command goes through files, never through a shell string, so that arguments survive as they were typed.
const inner = ['node', '--disable-warning=ExperimentalWarning', join(root, 'scripts/tasks/run.ts'), task, ...args]
const result = spawnSync(
  process.platform === 'win32' ? 'npm.cmd' : 'npm',
  ['exec', '--yes', `--package=node@${NODE}`, `--package=pnpm@${PNPM}`, '--', ...inner],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ARCHIPEL_CWD: process.cwd(), INIT_CWD: process.env.INIT_CWD ?? process.cwd(), npm_config_update_notifier: 'false', npm_config_fund: 'false' } }
)
if (result.error) {
  console.error(`error[E_BOOTSTRAP]: npm could not be started: ${result.error.message}\nhint: is npm on the PATH?`)
  process.exit(1)
}
process.exit(result.status ?? 1)
