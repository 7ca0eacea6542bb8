import { describe, expect, it } from 'vitest'
import { catalogIsTidy, importsAreDeclared } from '../../tidy/dependencies.ts'
import { memoryRepository } from '../../tidy/repository.ts'

const manifest = (dependencies: Record<string, string>) => JSON.stringify({ name: '@archipel/client', dependencies })

describe('catalogIsTidy', () => {
  const workspace = 'packages:\n  - packages/*\n\n# Versions\ncatalog:\n  "@a/b": 1.0.0\n  c: 2.0.0\n\nother: {}\n'

  it('accepts entries that are used and explained', () => {
    const repository = memoryRepository({
      'pnpm-workspace.yaml': workspace,
      'docs/dependencies.md': '- `@a/b`: one\n- `c`: two\n',
      'packages/client/package.json': manifest({
        '@a/b': 'catalog:',
        c: 'catalog:',
        '@archipel/protocol': 'workspace:*'
      })
    })
    expect(catalogIsTidy(repository)).toEqual([])
  })

  it('reports unused, unexplained, superfluous and locally versioned ones', () => {
    const repository = memoryRepository({
      'pnpm-workspace.yaml': workspace,
      'docs/dependencies.md': '- `@a/b`: one\n- `d`: gone\n',
      'packages/client/package.json': manifest({ '@a/b': '1.0.0' })
    })
    expect(catalogIsTidy(repository).map(({ message }) => message)).toEqual([
      'c is in the catalog but no package uses it',
      'c has no line with its reason',
      'd has a reason but is not in the catalog',
      '@a/b: versions belong in the catalog'
    ])
  })
})

describe('importsAreDeclared', () => {
  it('reports imports without a declaration and declarations without a use', () => {
    const repository = memoryRepository({
      'packages/client/package.json': manifest({ '@a/b': 'catalog:', unused: 'catalog:' }),
      'packages/client/src/a.ts':
        "import { b } from '@a/b/sub'\nimport { c } from 'c'\nimport 'node:fs'\nimport './b.ts'\n"
    })
    expect(importsAreDeclared(repository)).toMatchObject([
      { file: 'packages/client/src/a.ts', line: 2 },
      { file: 'packages/client/package.json', message: expect.stringContaining('unused is declared') }
    ])
  })
})
