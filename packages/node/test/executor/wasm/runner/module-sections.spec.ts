import { describe, expect, it } from 'vitest'
import { boundMemory } from '../../../../src/executor/wasm/runner/module-sections.ts'
import { assemble, noop } from '../../programs.ts'

/** Grows a module's memory until that fails. */
function mostPages(module: Uint8Array): number {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module as BufferSource))
  const memory = exports.memory as WebAssembly.Memory
  try {
    for (;;) memory.grow(1)
  } catch {
    return memory.buffer.byteLength / 65_536
  }
}

const withMemory = (memory: string) => assemble(`(module (memory (export "memory") ${memory}) (func (export "f")))`)

describe('boundMemory', () => {
  it.each([
    ['1', 200, 200],
    ['1', 1, 1],
    ['0', 300, 300],
    ['2 5', 200, 5],
    ['2 500', 200, 200],
    ['128 20000', 129, 129]
  ])('bounds (memory %s) to %i pages: %i', (memory, pagesMax, expected) => {
    expect(mostPages(boundMemory(withMemory(memory), pagesMax))).toBe(expected)
  })

  it('leaves a module without a memory as it is', () => {
    const module = assemble('(module (func (export "_start")))')
    expect(boundMemory(module, 1)).toBe(module)
  })

  it('refuses more pages at the start than there are', () => {
    expect(() => boundMemory(withMemory('4'), 4)).not.toThrow()
    expect(() => boundMemory(withMemory('5'), 4)).toThrow(expect.objectContaining({ code: 'E_MEMORY' }))
  })

  it.each(['(memory i64 1)', '(memory 1 2 shared)', '(memory 1) (memory 1)'])('refuses %s', memory => {
    const module = assemble(`(module ${memory})`)
    expect(() => boundMemory(module, 10)).toThrow(expect.objectContaining({ code: 'E_BAD_PROGRAM' }))
  })

  it('refuses numbers that are too long, and never reads past the end', () => {
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
    for (const section of [[5], [5, 0x80], [5, 0x80, 0x80, 0x80, 0x80, 0x80, 0], [5, 3, 1, 0], [0, 9, 1]]) {
      expect(() => boundMemory(Uint8Array.from([...header, ...section]), 10)).toThrow(
        expect.objectContaining({ code: 'E_BAD_PROGRAM' })
      )
    }
  })

  it('says the same about every cut of a module as about garbage, or keeps it', () => {
    for (let length = 8; length < noop.length; length++) {
      try {
        boundMemory(noop.subarray(0, length), 10)
      } catch (err) {
        expect(err).toMatchObject({ code: 'E_BAD_PROGRAM' })
      }
    }
  })
})
