import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { parseDocumentText, readDocument } from '../../src/config/document.ts'
import { CONFIG_BYTES_MAX } from '../../src/config/limits.ts'
import { temporaryFolder } from './temporary-folder.ts'

const schema = z.strictObject({
  name: z.string(),
  peers: z.array(z.strictObject({ port: z.int().max(65535) })).default([])
})
const INIT = { schema, code: 'E_CONFIG_INVALID', hint: 'look it up' }
const parse = (text: string) => parseDocumentText(text, 'a.yaml', INIT)

test('YAML and JSON say the same', () => {
  expect(parse('name: a\npeers:\n  - port: 1\n')).toEqual({ name: 'a', peers: [{ port: 1 }] })
  expect(parse('{"name": "a"}')).toEqual({ name: 'a', peers: [] })
})

describe('a mistake is named by file, line, column and key', () => {
  test.for([
    {
      what: 'a wrong value',
      text: 'name: a\npeers:\n  - port: 1\n  - port: 65536\n',
      at: 'a.yaml:4:11: peers.1.port: '
    },
    { what: 'an unknown key', text: 'name: a\nnmae: b\n', at: 'a.yaml:2:1: nmae: unknown key' },
    {
      what: 'an unknown key inside',
      text: 'name: a\npeers: [{ port: 1, prot: 2 }]\n',
      at: 'a.yaml:2:20: peers.0.prot: unknown key'
    },
    { what: 'a missing key', text: '# nothing\npeers: []\n', at: 'a.yaml:2:1: name: ' },
    { what: 'an empty file', text: '', at: 'a.yaml:1:1: name: ' },
    { what: 'a key twice', text: 'name: a\nname: b\n', at: 'a.yaml:2:1: ' },
    { what: 'broken syntax', text: 'name: [a\n', at: /a\.yaml:[12]:\d+: / },
    { what: 'a list for a map', text: '- a\n', at: 'a.yaml:1:1: ' }
  ])('$what', ({ text, at }) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'E_CONFIG_INVALID', hint: 'look it up' }))
    expect(() => parse(text)).toThrow(at)
  })

  test('several at once', () => {
    expect(() => parse('nmae: a\npeers: 3\n')).toThrow(/a\.yaml:2:8: peers: .*; .*nmae: unknown key|name: .*nmae/s)
  })
})

test('aliases, which could unfold to gigabytes, are refused', () => {
  const bomb = ['name: a', 'x: &a [1,1]', 'y: &b [*a,*a]', 'peers: [*b,*b]'].join('\n')
  expect(() => parse(bomb)).toThrow(/a\.yaml:3:8: \*a: aliases are not understood here/)
})

test('a file at the bound is read, one byte more is not', async () => {
  const file = join(temporaryFolder(), 'a.yaml')
  const text = 'name: a\n#'
  writeFileSync(file, text.padEnd(CONFIG_BYTES_MAX, '-'))
  await expect(readDocument(file, INIT)).resolves.toEqual({ name: 'a', peers: [] })
  writeFileSync(file, text.padEnd(CONFIG_BYTES_MAX + 1, '-'))
  await expect(readDocument(file, INIT)).rejects.toMatchObject({ code: 'E_FILE_TOO_LARGE' })
})
