import { execFile } from 'node:child_process'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { copyRunnerModules } from '../../../src/executor/wasm/sandbox/modules.ts'
import { nodeArguments } from '../../../src/executor/wasm/sandbox/node-arguments.ts'

let modules = ''
beforeAll(async () => {
  modules = await realpath(await mkdtemp(join(tmpdir(), 'archipel-test-')))
  await copyRunnerModules(modules)
})
afterAll(() => rm(modules, { recursive: true }))

/** What code gets that has broken out of WebAssembly into the runner's JavaScript. */
async function attempt(expression: string): Promise<string> {
  const script = join(modules, 'runner', 'attempt.js')
  await writeFile(
    script,
    `import fs from 'node:fs'
    import { spawnSync } from 'node:child_process'
    import { Worker } from 'node:worker_threads'
    import { lockDown } from './lock-down.js'
    const { process: host } = globalThis
    lockDown(host.env)
    const outcome = async () => (${expression})
    fs.writeSync(1, await outcome().then(value => 'got ' + JSON.stringify(value), err => 'failed ' + (err.code ?? err.message)))`
  )
  const args = nodeArguments({ modules, pagesMax: 256, stackKiB: undefined })
  const { stdout } = await promisify(execFile)(process.execPath, [...args.slice(0, -1), script])
  return stdout
}

it.each([
  ["fs.readFileSync('/etc/passwd')", /^failed ERR_ACCESS_DENIED/],
  ["fs.readdirSync('/')", /^failed ERR_ACCESS_DENIED/],
  ["fs.writeFileSync('x', '')", /^failed ERR_ACCESS_DENIED/],
  ["spawnSync('/bin/true')", /^failed ERR_ACCESS_DENIED/],
  ["new Worker('1', { eval: true })", /^failed ERR_ACCESS_DENIED/],
  ["import('node:net')", /^failed no more modules/],
  ["import('node:dgram')", /^failed no more modules/],
  ["import('data:text/javascript,')", /^failed no more modules/],
  ["eval('1')", /^failed .*disallowed/],
  ["new Function('return 1')()", /^failed .*disallowed/],
  ['[typeof fetch, typeof WebSocket, typeof process]', /^got \["undefined","undefined","undefined"\]$/],
  ['Object.keys(host.env)', /^got \[\]$/]
])('%s', async (expression, outcome) => {
  expect(await attempt(expression)).toMatch(outcome)
})
