import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { bundle } from '../../../../src/executor/wasm/sandbox/bundle.ts'

const folder = mkdtempSync(join(tmpdir(), 'archipel-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Bundles `/main.js` and runs it; what it gathers in `globalThis.said` is the answer. */
async function run(files: Record<string, string>): Promise<unknown> {
  const path = join(folder, `${Math.random()}.mjs`)
  writeFileSync(path, `const said = []\n${bundle('/main.js', name => files[name]!)}\nexport { said }`)
  return (await import(pathToFileURL(path).href)).said
}

describe('bundling', () => {
  it('runs each module once, before those that import it', async () => {
    const said = await run({
      '/main.js': "import { a } from './a.js'\nimport { b } from './deep/b.js'\nsaid.push(a, b)",
      '/a.js': "said.push('a runs')\nexport const a = 'a'",
      '/deep/b.js': "import { a } from '../a.js'\nsaid.push('b runs')\nexport const b = a + 'b'"
    })
    expect(said).toEqual(['a runs', 'b runs', 'a', 'ab'])
  })

  it('keeps apart what two modules call by one name', async () => {
    const said = await run({
      '/main.js': "import { one } from './one.js'\nimport { two as other } from './two.js'\nsaid.push(one(), other())",
      '/one.js': 'const value = 1\nexport function one() { return value }',
      '/two.js': 'const value = 2\nexport async function two() { return value }\nexport class Unused {}'
    })
    expect(said).toEqual([1, expect.any(Promise)])
  })

  it('imports from Node once', async () => {
    const said = await run({
      '/main.js': "import { join } from 'node:path'\nimport { up } from './up.js'\nsaid.push(up, join('a', 'b'))",
      '/up.js': "import { dirname, join } from 'node:path'\nexport const up = dirname(join('x', 'y'))"
    })
    expect(said).toEqual(['x', 'a/b'])
  })

  it('lives with the blanks that types leave, and with semicolons', async () => {
    const said = await run({
      '/main.js': "import { a,            } from './a.js';\nimport {\n  b\n} from './a.js'\nsaid.push(a, b)",
      '/a.js': 'export const a = 1;\nexport const b = 2;'
    })
    expect(said).toEqual([1, 2])
  })

  it.each([
    ['a default import', "import a from './a.js'"],
    ['everything of a module', "import * as a from './a.js'"],
    ['an export without a declaration', 'export { a }'],
    ['a default export', 'export default 1']
  ])('refuses %s, instead of leaving it in place', (_, line) => {
    expect(() => bundle('/main.js', () => line)).toThrow(/not understood/)
  })

  it('refuses circles, and one name from two modules of Node', () => {
    expect(() => bundle('/main.js', () => "import { a } from './main.js'")).toThrow(/imports itself/)
    const lines = "import { resolve } from 'node:path'\nimport { resolve } from 'node:dns'"
    expect(() => bundle('/main.js', () => lines)).toThrow(/two modules/)
  })
})
