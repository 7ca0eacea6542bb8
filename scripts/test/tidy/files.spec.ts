import { describe, expect, it } from 'vitest'
import { filesAreShort, limitsHaveReasons, nothingIsUnfinished } from '../../tidy/files.ts'
import { documentedScriptsExist, linksResolve } from '../../tidy/links.ts'
import { namedTestsExist } from '../../tidy/named-tests.ts'
import { memoryRepository } from '../../tidy/repository.ts'

// In two parts, so that the rule does not report this file.
const LATER = ['TO', 'DO'].join('')

describe('filesAreShort', () => {
  it('reports the file that is one line too long', () => {
    const repository = memoryRepository({ 'a.ts': 'a\n'.repeat(400), 'b.ts': 'b\n'.repeat(401) })
    expect(filesAreShort(repository).map(({ file }) => file)).toEqual(['b.ts'])
  })
})

describe('nothingIsUnfinished', () => {
  it.each([`// ${LATER} later`, ['it', 'only'].join('.'), ['describe', 'skip'].join('.')])('reports %s', text => {
    expect(nothingIsUnfinished(memoryRepository({ 'a.ts': `a\n${text}('x')` }))).toMatchObject([{ line: 2 }])
  })

  it('accepts skipIf', () => {
    expect(nothingIsUnfinished(memoryRepository({ 'a.ts': "describe.skipIf(!has)('x')" }))).toEqual([])
  })
})

describe('limitsHaveReasons', () => {
  it('wants a comment at each exported constant', () => {
    const text = '/** Why. */\nexport const A_MAX = 1\n\nexport const B_MAX = 2\nexport const C_MAX = 3 // why\n'
    expect(limitsHaveReasons(memoryRepository({ 'packages/x/src/limits.ts': text }))).toMatchObject([{ line: 4 }])
  })
})

describe('linksResolve', () => {
  const check = (text: string) =>
    linksResolve(memoryRepository({ 'docs/a.md': text, 'docs/b.md': '# One & two\n', 'x.ts': '' }))

  it('accepts files, folders, headings and web addresses', () => {
    expect(
      check('# Here\n[a](b.md) [b](../x.ts) [c](b.md#one--two) [d](#here) [e](../docs) [f](https://example.org)')
    ).toEqual([])
  })

  it('reports missing files and headings, but not in code', () => {
    const problems = check('[a](c.md)\n[b](b.md#three)\n```\n[c](c.md)\n```\n[d](#nowhere)')
    expect(problems.map(({ line }) => line)).toEqual([1, 2, 6])
  })
})

describe('documentedScriptsExist', () => {
  it('reports a script nobody can run', () => {
    const repository = memoryRepository({
      'package.json': '{ "scripts": { "test:long": "" } }',
      'README.md': 'npm run -s test:long\n`npm run archipel -- x`\n'
    })
    expect(documentedScriptsExist(repository)).toMatchObject([{ file: 'README.md', line: 2 }])
  })
})

describe('namedTestsExist', () => {
  const check = (text: string) =>
    namedTestsExist(
      memoryRepository({ 'docs/a.md': text, 'test/a.t.sol': 'function test_One() function test_Two()' })
    ).map(({ message }) => message)

  it('accepts names that the linked file has, and code that follows no tests', () => {
    expect(check('[a](../test/a.t.sol) `test_One` `test_Two` and [b](b.md) `test_Three`')).toEqual([])
  })

  it('reports each that it has not', () => {
    expect(check('x\n[a](../test/a.t.sol) `test_One` `test_Three`')).toEqual([
      'test/a.t.sol has no test named test_Three'
    ])
  })
})
