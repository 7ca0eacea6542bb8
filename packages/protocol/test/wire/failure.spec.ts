import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createFailure, decode, encode, failureType, LABEL_BYTES_MAX, REASON_BYTES_MAX } from '../../src/index.ts'
import { check, expectCode } from '../helpers/check.ts'

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 2000 }),
  fc.string({ unit: fc.constantFrom('\ud800', '\udc00', '\ufeff', 'a', 'é', '🏝'), maxLength: 2000 })
)

it('can always be sent, whatever went wrong', () => {
  check(
    fc.property(texts, texts, texts, (code, fault, message) => {
      const failure = createFailure({ code, fault, message })
      expect(decode(failureType, encode(failureType, failure))).toEqual(failure)
    })
  )
})

it('keeps what fits', () => {
  const failure = { code: 'c'.repeat(LABEL_BYTES_MAX), fault: 'host', message: 'm'.repeat(REASON_BYTES_MAX) }
  expect(createFailure(failure)).toEqual(failure)
})

it('cuts what does not, between characters', () => {
  const { code, message } = createFailure({
    code: 'c'.repeat(LABEL_BYTES_MAX + 1),
    fault: '',
    message: `m${'🏝'.repeat(REASON_BYTES_MAX)}`
  })
  expect(code).toBe('c'.repeat(LABEL_BYTES_MAX))
  expect(message).toBe(`m${'🏝'.repeat(255)}`)
})

it.each([
  ['code', LABEL_BYTES_MAX],
  ['fault', LABEL_BYTES_MAX],
  ['message', REASON_BYTES_MAX]
])('is refused with a longer %s', (field, bytesMax) => {
  const failure = { code: '', fault: '', message: '' }
  expect(encode(failureType, { ...failure, [field]: 'x'.repeat(bytesMax) })).toBeDefined()
  expectCode(() => encode(failureType, { ...failure, [field]: 'x'.repeat(bytesMax + 1) }), 'E_MALFORMED')
})
