import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as limits from '../src/limits.ts'

const folder = dirname(fileURLToPath(import.meta.url))
const specs = globSync('**/*.spec.ts', { cwd: folder })
  .filter(path => path !== 'limits.spec.ts')
  .map(path => readFileSync(join(folder, path), 'utf8'))

describe.each(Object.entries(limits))('%s', (name, value) => {
  it('is a number that counts something', () => {
    expect(Number.isSafeInteger(value) && value > 0).toBe(true)
  })

  it('is tried at the bound and beyond by a test of the noun it bounds', () => {
    expect(specs.filter(text => text.includes(name)).length).toBeGreaterThan(0)
  })
})

it('lets one job be agreed for as long as it may run', () => {
  expect(limits.DEADLINE_AHEAD_SEC_MAX).toBeGreaterThan(limits.DURATION_SEC_MAX)
  expect(limits.PAYS_MAX).toBeLessThan(limits.RECEIPT_LOG_SIZE_MAX)
})
