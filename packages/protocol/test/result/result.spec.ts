import fc from 'fast-check'
import { expect, it } from 'vitest'
import { encode, resultDigest, resultType, toHex } from '../../src/index.ts'
import { results } from '../helpers/arbitraries.ts'
import { check } from '../helpers/check.ts'

it('has one digest on every chain: the struct hash alone', () => {
  check(
    fc.property(results, result => {
      expect(resultDigest(result)).toBe(toHex(resultType.hashStruct(result)))
    })
  )
})

it('tells apart results that differ in anything', () => {
  const longer = (bytes: Uint8Array) => Uint8Array.from([...bytes.subarray(0, 63), 0])
  check(
    fc.property(results, result => {
      const others = [
        { ...result, exitCode: (result.exitCode + 1) % 2 ** 32 },
        { ...result, stdout: longer(result.stdout) },
        { ...result, output: longer(result.output) }
      ].filter(other => toHex(encode(resultType, other)) !== toHex(encode(resultType, result)))
      for (const other of others) expect(resultDigest(other)).not.toBe(resultDigest(result))
    })
  )
})

it('does not confuse stdout with output', () => {
  const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)]
  const digest = resultDigest({ exitCode: 0, stdout: a, output: b })
  expect(resultDigest({ exitCode: 0, stdout: b, output: a })).not.toBe(digest)
})
