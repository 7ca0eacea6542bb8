import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { resultType } from '../../src/index.ts'

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')

it('is described with the vectors and the type that it has', () => {
  const page = read('../../../../docs/result-digest.md')
  const { cases } = JSON.parse(read('../../vectors/result.json'))
  const rows = [...page.matchAll(/^\| ([^|]+) \| `(0x[0-9a-f]{64})` \|$/gm)].map(([, name, digest]) => [name, digest])
  expect(rows).toEqual(cases.map(({ name, structHash }: Record<string, string>) => [name, structHash]))
  expect(page).toContain(`
${resultType.encodedType}
`)
})
