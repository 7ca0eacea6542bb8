#!/usr/bin/env node
// Plain JavaScript that any Node reads: it says clearly when Node is too old, and picks what to run.
import { existsSync } from 'node:fs'
import nodeModule from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_MIN = [22, 12]

const here = fileURLToPath(new URL('.', import.meta.url))
// A checkout holds the workspace two folders up; there the sources run as they are. A published package has dist alone.
const isCheckout =
  existsSync(join(here, '../../../pnpm-workspace.yaml')) && existsSync(join(here, '../src/cli/main.ts'))
const main = isCheckout ? '../src/cli/main.ts' : '../dist/cli/main.js'

if (!isAtLeast(NODE_MIN)) {
  fail(`archipel needs Node ${NODE_MIN.join('.')} or newer, this is ${process.versions.node}`, 'install a current Node')
} else if (isCheckout && !process.features.typescript) {
  fail(
    `this checkout runs TypeScript as it is, which Node ${process.versions.node} cannot`,
    'run: npm run archipel -- …'
  )
} else {
  cacheCompiledCode()
  const { main: run } = await import(new URL(main, import.meta.url).href)
  await run(process.argv.slice(2))
}

function isAtLeast([major, minor]) {
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number)
  return haveMajor > major || (haveMajor === major && haveMinor >= minor)
}

function fail(message, hint) {
  process.stderr.write(`error[E_NODE_TOO_OLD]: ${message}\nhint: ${hint}\n`)
  process.exitCode = 1
}

/** Halves the start-up time. In the user's own cache folder: Node's default is one that every local user can write to. */
function cacheCompiledCode() {
  if (process.env.NODE_COMPILE_CACHE !== undefined || process.env.NODE_DISABLE_COMPILE_CACHE !== undefined) return
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  try {
    nodeModule.enableCompileCache?.(join(cache, 'archipel', 'compile-cache'))
  } catch {
    // Slower, not wrong.
  }
}
