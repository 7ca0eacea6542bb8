import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { EXIT, EXIT_OF, exitCodeOf } from '../../src/cli/errors/exit-codes.ts'

const PACKAGES = fileURLToPath(new URL('../../..', import.meta.url))

test('codes have one exit code, unknown ones 1', () => {
  expect(exitCodeOf('E_LOCKED')).toBe(13)
  expect(exitCodeOf('E_NEVER_HEARD_OF')).toBe(1)
  expect(exitCodeOf('toString')).toBe(1)
  expect(new Set(Object.values(EXIT)).size).toBe(Object.values(EXIT).length)
})

test('every code in the table is one that something throws', () => {
  const sources = ['protocol', 'client', 'node']
    .flatMap(name =>
      readdirSync(join(PACKAGES, name, 'src'), { recursive: true, encoding: 'utf8' })
        .filter(file => file.endsWith('.ts') && !file.endsWith('exit-codes.ts'))
        .map(file => readFileSync(join(PACKAGES, name, 'src', file), 'utf8'))
    )
    .join('\n')
  const thrown = new Set(sources.match(/(?<=['"`])E_[A-Z0-9_]+(?=['"`])/g))
  expect(Object.keys(EXIT_OF).filter(code => !thrown.has(code))).toEqual([])
})
