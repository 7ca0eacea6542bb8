import { describe, expect, it } from 'vitest'
import { arrowsPointDown, clientRunsInBrowsers, librariesDoNotPrint, protocolIsPure } from '../../tidy/architecture.ts'
import { memoryRepository } from '../../tidy/repository.ts'

describe('protocolIsPure', () => {
  const problemsOf = (text: string) => protocolIsPure(memoryRepository({ 'packages/protocol/src/a.ts': text }))

  it.each([
    'const t = Date.now()',
    'const t = new Date()',
    'const r = Math.random()',
    'const e = process.env',
    'setTimeout(f, 1)',
    "import { readFileSync } from 'node:fs'"
  ])('reports %s', text => {
    expect(problemsOf(`\n${text}`)).toMatchObject([{ file: 'packages/protocol/src/a.ts', line: 2 }])
  })

  it('reads comments as words', () => {
    expect(
      problemsOf('// never Date.now\n/** not process.env\n * nor Math.random */\nconst a = 1 // Date.now')
    ).toEqual([])
  })

  it('leaves tests alone', () => {
    expect(protocolIsPure(memoryRepository({ 'packages/protocol/test/a.spec.ts': 'Date.now()' }))).toEqual([])
  })
})

describe('arrowsPointDown', () => {
  it.each([
    ['protocol', '@archipel/contracts'],
    ['contracts', '@archipel/protocol'],
    ['client', 'archipel'],
    ['protocol', '@archipel/client/node']
  ])('%s must not import %s', (name, specifier) => {
    const file = `packages/${name}/src/a.ts`
    expect(arrowsPointDown(memoryRepository({ [file]: `import { a } from '${specifier}'` }))).toMatchObject([{ file }])
  })

  it('allows what the arrows allow, and a package to name itself', () => {
    const repository = memoryRepository({
      'packages/node/src/a.ts': "import { a } from '@archipel/client/node'\nimport { b } from '@archipel/protocol'",
      'packages/client/test/a.spec.ts': "import { a } from '@archipel/client'\nimport { b } from '@archipel/contracts'"
    })
    expect(arrowsPointDown(repository)).toEqual([])
  })
})

describe('clientRunsInBrowsers', () => {
  const index = 'packages/client/src/index.ts'

  it('follows imports through files and packages, over several lines', () => {
    const repository = memoryRepository({
      [index]: "export {\n  a\n} from './a.ts'\n",
      'packages/client/src/a.ts': "import { b } from '@archipel/protocol'",
      'packages/protocol/src/index.ts': "export * from './b/b.ts'",
      'packages/protocol/src/b/b.ts': "const fs = await import('node:fs')"
    })
    expect(clientRunsInBrowsers(repository)).toMatchObject([{ file: 'packages/protocol/src/b/b.ts', line: 1 }])
  })

  it('reports *-node.ts files, packages for Node alone, and Node globals', () => {
    const repository = memoryRepository({
      [index]: "import './level-node.ts'\nimport { tcp } from '@libp2p/tcp'\nBuffer.from('a')\n",
      'packages/client/src/level-node.ts': 'export {}'
    })
    expect(clientRunsInBrowsers(repository)).toHaveLength(3)
  })

  it('ignores types and what the browser entry does not reach', () => {
    const repository = memoryRepository({
      [index]: "import type { Stats } from 'node:fs'\nimport type { A } from './a-node.ts'\n",
      'packages/client/src/a-node.ts': "import 'node:fs'",
      'packages/client/src/node.ts': "import './a-node.ts'"
    })
    expect(clientRunsInBrowsers(repository)).toEqual([])
  })
})

describe('librariesDoNotPrint', () => {
  it('lets only the command line print', () => {
    const repository = memoryRepository({
      'packages/node/src/cli/main.ts': "console.log('a')",
      'packages/node/src/node.ts': "console.log('a')"
    })
    expect(librariesDoNotPrint(repository)).toMatchObject([{ file: 'packages/node/src/node.ts' }])
  })
})
