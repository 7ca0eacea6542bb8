import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../config/temporary-folder.ts'

const BIN = fileURLToPath(new URL('../../bin/archipel.js', import.meta.url))

/** Runs the entry with a module loaded before it. */
function runBin(file: string, args: readonly string[], preload: string) {
  const imported = `data:text/javascript,${encodeURIComponent(preload)}`
  const result = spawnSync(process.execPath, ['--import', imported, file, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: temporaryFolder() },
    timeout: 20_000
  })
  return { exitCode: result.status, stdout: result.stdout, stderr: result.stderr }
}

describe('the entry', () => {
  test.for(['18.20.0', '22.11.0'])('says that Node %s is too old', version => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
    expect(runBin(BIN, ['--help'], pretend)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `error[E_NODE_TOO_OLD]: archipel needs Node 22.12 or newer, this is ${version}\nhint: install a current Node\n`
    })
  })

  test('says so too when a checkout needs a newer one than the package', () => {
    const result = spawnSync(process.execPath, ['--no-strip-types', BIN, '--help'], {
      encoding: 'utf8',
      timeout: 20_000
    })
    expect(result.status).toBe(1)
    expect(result.stderr).toMatch(/^error\[E_NODE_TOO_OLD\]: .*\nhint: run: npm run archipel/)
  })

  test('runs what was built where there is no checkout', () => {
    const folder = temporaryFolder()
    cpSync(join(BIN, '..'), join(folder, 'bin'), { recursive: true })
    mkdirSync(join(folder, 'dist/cli'), { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    writeFileSync(
      join(folder, 'dist/cli/main.js'),
      'export async function main(argv) { console.log("built", ...argv) }'
    )
    expect(runBin(join(folder, 'bin/archipel.js'), ['a', 'b'], '')).toEqual({
      exitCode: 0,
      stdout: 'built a b\n',
      stderr: ''
    })
  })

  test('loads nothing but the parser to print help', () => {
    const watch = `import { registerHooks } from 'node:module'
const seen = new Set()
registerHooks({ resolve: (specifier, context, next) => {
  if (!/^(?:node:|[./]|file:|data:)/.test(specifier)) seen.add(specifier)
  return next(specifier, context)
} })
process.on('exit', () => console.error(JSON.stringify([...seen])))`
    for (const args of [['--help'], ['node', 'start', '--help'], ['--version']]) {
      const { exitCode, stderr } = runBin(BIN, args, watch)
      expect({ exitCode, loaded: JSON.parse(stderr) }).toEqual({ exitCode: 0, loaded: ['commander'] })
    }
  })
})
