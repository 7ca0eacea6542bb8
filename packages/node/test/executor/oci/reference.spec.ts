import { expect, it } from 'vitest'
import { parseReference } from '../../../src/executor/oci/image/reference.ts'
import { REFERENCE_BYTES_MAX } from '../../../src/executor/oci/limits.ts'

const digest = `sha256:${'0a'.repeat(32)}`
const parse = (text: string) => parseReference(Buffer.from(text))

it.each([
  ['registry.example/team/image', 'registry.example'],
  ['localhost/image', 'localhost'],
  ['127.0.0.1:5000/a/b-c/d_e', '127.0.0.1:5000'],
  ['docker.io/library/alpine', 'docker.io']
])('takes %s by its digest, from %s', (image, registry) => {
  expect(parse(`${image}@${digest}\n`)).toEqual({ name: `${image}@${digest}`, registry })
})

it.each([
  'registry.example/image',
  'registry.example/image:latest',
  `registry.example/image:latest@${digest}`,
  `library/alpine@${digest}`,
  `alpine@${digest}`,
  `registry.example/../image@${digest}`,
  `http://registry.example/image@${digest}`,
  `registry.example/image@${digest}0`,
  `registry.example/image@sha512:${'0a'.repeat(64)}`,
  `registry.example/image?x=@${digest}`
])('refuses %s', text => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'E_BAD_PROGRAM' }))
})

it('takes what is no short text for an archive', () => {
  expect(parseReference(Buffer.alloc(512))).toBeUndefined()
  expect(parse('#!/bin/sh\necho hello')).toBeUndefined()
  const long = `registry.example/${'a'.repeat(REFERENCE_BYTES_MAX)}`
  expect(parse(long)).toBeUndefined()
})
