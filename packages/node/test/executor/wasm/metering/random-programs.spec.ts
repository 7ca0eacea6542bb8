import fc from 'fast-check'
import { expect, it } from 'vitest'
import { meterModule } from '../../../../src/executor/wasm/metering/meter-module.ts'
import { assemble } from '../../programs.ts'
import { metered } from './metered.ts'
import { evaluate } from './random-model.ts'
import { program } from './random-program.ts'
import { toText } from './random-text.ts'

it('gives what a model of the program gives, for exactly the instructions that ran', () => {
  fc.assert(
    fc.property(program, fc.integer(), fc.integer(), (tree, a, b) => {
      const module = metered(assemble(toText(tree)))
      expect({ value: module.call('run', a, b), fuel: Number(module.used()) }).toEqual(evaluate(tree, a, b))
    }),
    { numRuns: 300 }
  )
})

it('leaves the stack as it found it', () => {
  fc.assert(
    fc.property(program, tree => {
      const module = metered(assemble(toText(tree)), { stack: 1_000_000 })
      module.call('run', 1, 2)
      expect(module.stackLeft()).toBe(1_000_000)
    }),
    { numRuns: 50 }
  )
})

it('stops wherever the fuel ends, and never before it has to', () => {
  fc.assert(
    fc.property(program, fc.double({ min: 0, max: 1, noNaN: true }), (tree, share) => {
      const bytes = assemble(toText(tree))
      const { fuel } = evaluate(tree, 3, 5)
      const enough = metered(bytes, { fuel: BigInt(fuel) })
      enough.call('run', 3, 5)
      expect(enough.left()).toBe(0n)
      const short = metered(bytes, { fuel: BigInt(Math.floor((fuel - 1) * share)) })
      try {
        short.call('run', 3, 5)
      } catch (err) {
        expect(err).toBeInstanceOf(WebAssembly.RuntimeError)
      }
      expect(short.left()).toBeLessThan(0n)
    }),
    { numRuns: 100 }
  )
})

/** Says what an engine says of `bytes`, and what of the metered ones; only faults of programs are thrown. */
function judge(bytes: Uint8Array): { valid: boolean; stillValid: boolean | undefined } {
  const valid = WebAssembly.validate(bytes as BufferSource)
  try {
    return { valid, stillValid: WebAssembly.validate(meterModule(bytes) as BufferSource) }
  } catch (err) {
    expect(err).toMatchObject({ name: 'ProgramFault', code: 'E_BAD_PROGRAM' })
    return { valid, stillValid: undefined }
  }
}

it('makes of what is no module nothing that an engine takes, and fails in no other way', () => {
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255), insert: fc.boolean() })
  fc.assert(
    fc.property(program, fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), (tree, changes, cut) => {
      let bytes = assemble(toText(tree))
      for (const { at, byte, insert } of changes) {
        const place = 8 + (at % (bytes.length - 8))
        bytes = Uint8Array.from([...bytes.subarray(0, place), byte, ...bytes.subarray(insert ? place : place + 1)])
      }
      if (cut) bytes = bytes.subarray(0, bytes.length - 1 - (changes[0]!.at % 20))
      const { valid, stillValid } = judge(bytes)
      if (!valid) expect(stillValid).not.toBe(true)
      else expect(stillValid).not.toBe(false)
    }),
    { numRuns: 1500 }
  )
})

it('never reads past the end, wherever a module is cut off', () => {
  const bytes = assemble(toText([{ body: [], result: { k: 'get', local: 0 } }]))
  for (let length = 0; length < bytes.length; length++) {
    const { valid, stillValid } = judge(bytes.subarray(0, length))
    expect([length, stillValid === true]).toEqual([length, valid])
  }
})
