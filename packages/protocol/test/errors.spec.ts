import { describe, expect, it } from 'vitest'
import { assert, CodedError, isCodedError, SchemaError, verdictOf } from '../src/index.ts'

describe('CodedError', () => {
  it('holds code, facts, hint and cause', () => {
    const cause = new Error('disk full')
    const error = new CodedError('E_X', 'it failed', { facts: { amount: 5n }, hint: 'try again', cause })
    expect(error).toMatchObject({ name: 'CodedError', code: 'E_X', facts: { amount: 5n }, hint: 'try again', cause })
    expect(error.message).toBe('it failed')
  })

  it('has no cause when it was given none', () => {
    const error = new CodedError('E_X', 'it failed')
    expect('cause' in error).toBe(false)
    expect(error).toMatchObject({ facts: {}, hint: undefined })
  })
})

describe('isCodedError', () => {
  it('knows errors of another copy of this package by their shape', () => {
    const foreign = Object.assign(new Error('x'), { code: 'E_X', facts: {} })
    expect(isCodedError(foreign)).toBe(true)
    expect(isCodedError(new SchemaError('path', 'text', 7))).toBe(true)
  })

  it.each([
    undefined,
    null,
    'E_X',
    { code: 'E_X', facts: {} },
    new Error('x'),
    Object.assign(new Error('x'), { code: 'ENOENT' }),
    Object.assign(new Error('x'), { code: 7, facts: {} })
  ])('%s is none', value => {
    expect(isCodedError(value)).toBe(false)
  })
})

it('a broken promise of our own is an error with a code too', () => {
  expect(() => assert(false, 'one is two')).toThrow(expect.objectContaining({ code: 'E_ASSERT' }))
  expect(() => assert(1, 'one is one')).not.toThrow()
})

describe('verdictOf', () => {
  it.each([
    ['E_MALFORMED', 'reject'],
    ['E_BAD_SIGNATURE', 'reject'],
    ['E_OFFER_ABSURD', 'reject'],
    ['E_OFFER_EXPIRED', 'ignore'],
    ['E_OFFER_OTHER_TOKEN', 'ignore'],
    ['E_ASSERT', 'ignore'],
    ['E_ANYTHING', 'ignore']
  ])('%s: %s', (code, verdict) => {
    expect(verdictOf(new CodedError(code, ''))).toBe(verdict)
  })

  it.each([new Error('disk full'), new RangeError(), undefined, 'E_MALFORMED'])('never blames a peer for %s', err => {
    expect(verdictOf(err)).toBe('ignore')
  })

  it('rejects what is malformed', () => {
    expect(verdictOf(new SchemaError('Offer', 'dag-cbor'))).toBe('reject')
  })
})

describe('SchemaError', () => {
  it.each([
    [new Uint8Array(5), '5 bytes'],
    [[1, 2], 'a list of 2'],
    ['secret', 'text of 6 characters'],
    [7, '7'],
    [7n, '7'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{}, 'object']
  ])('says what a value is without repeating it (%#)', (value, words) => {
    expect(new SchemaError('Offer.site', 'text', value).message).toBe(`Offer.site: expected text, got ${words}`)
  })

  it('does not repeat a number of a thousand digits', () => {
    expect(new SchemaError('x', 'y', 10n ** 1_000n).message.length).toBeLessThan(100)
  })
})
