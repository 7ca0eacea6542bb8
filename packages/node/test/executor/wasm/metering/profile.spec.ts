import { describe, expect, it } from 'vitest'
import {
  LOCALS_MAX,
  NESTING_MAX,
  TABLE_ENTRIES_MAX,
  TABLES_MAX
} from '../../../../src/executor/wasm/metering/limits.ts'
import { METER_EXPORTS, meterModule } from '../../../../src/executor/wasm/metering/meter-module.ts'
import { assemble } from '../../programs.ts'
import { metered } from './metered.ts'

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const refused = expect.objectContaining({ name: 'ProgramFault', code: 'E_BAD_PROGRAM' })
const meter = (...bytes: number[]) => meterModule(Uint8Array.from([...HEADER, ...bytes]))

/** A module of one function without parameters whose code is `code`, given as bytes. */
const withCode = (...code: number[]) => {
  const body = [0, ...code, 0x0b]
  return [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, body.length + 2, 1, body.length, ...body]
}

describe('what is not in the profile', () => {
  it('is read as far as it is in it', () => {
    expect(() => meter(...withCode(0x01))).not.toThrow()
  })

  it.each<[string, ...number[]]>([
    ['an atomic instruction', 0xfe, 0x03, 0x00],
    ['a try', 0x06, 0x40],
    ['a throw', 0x08, 0x00],
    ['a catch of exceptions by a table', 0x1f, 0x40, 0x00],
    ['a relaxed swizzle', 0xfd, 0x80, 0x02],
    ['a relaxed multiplication', 0xfd, 0x85, 0x02],
    ['an unassigned vector instruction', 0xfd, 0x9a, 0x01],
    ['a structure of garbage collection', 0xfb, 0x00, 0x00],
    ['a call by reference', 0x14, 0x00],
    ['an unassigned instruction', 0xc5],
    ['an unassigned extension', 0xfc, 0x12],
    ['a null of another kind', 0xd0, 0x6e],
    ['a block with a reference of another kind', 0x02, 0x63, 0x70, 0x0b]
  ])('%s', (_name, ...code) => {
    expect(() => meter(...withCode(...code))).toThrow(refused)
  })

  it.each([
    ['tags of exceptions', [13, 3, 1, 0, 0]],
    ['types of garbage collection', [1, 3, 1, 0x5f, 0]],
    ['recursive types', [1, 4, 1, 0x4e, 1, 0x60]],
    ['a shared memory', [5, 4, 1, 3, 1, 1]],
    ['a memory of 64 bits', [5, 3, 1, 4, 1]],
    ['several memories', [5, 5, 2, 0, 1, 0, 1]],
    ['a table of 64 bits', [4, 4, 1, 0x70, 4, 1]],
    ['a section that there is not', [14, 0]],
    ['a section that comes twice', [1, 1, 0, 1, 1, 0]],
    ['sections out of order', [3, 1, 0, 1, 1, 0]]
  ])('%s', (_name, bytes) => {
    expect(() => meter(...bytes)).toThrow(refused)
  })

  it('imports outside WASI preview 1, memories, tables and globals among them', () => {
    for (const what of [
      '"env" "f" (func)',
      '"wasi_unstable" "proc_exit" (func)',
      '"wasi_snapshot_preview1" "memory" (memory 1)',
      '"wasi_snapshot_preview1" "t" (table 1 funcref)',
      '"wasi_snapshot_preview1" "g" (global i32)'
    ]) {
      expect(() => meterModule(assemble(`(module (import ${what}))`))).toThrow(refused)
    }
  })

  it.each(Object.values(METER_EXPORTS))('exports under the name %s', name => {
    expect(() => meterModule(assemble(`(module (func (export "${name}")))`))).toThrow(refused)
  })

  it('and what is no module at all', () => {
    expect(() => meterModule(new Uint8Array(0))).toThrow(refused)
    expect(() => meterModule(Uint8Array.from([0, 0x61, 0x73, 0x6d, 13, 0, 1, 0]))).toThrow(refused)
  })
})

describe('a program cannot reach the meter', () => {
  // The function has one variable of its own, the module no global and one function type.
  it.each<[string, ...number[]]>([
    ['the global of its fuel', 0x42, 0, 0x24, 0],
    ['the global of its stack', 0x41, 0, 0x24, 1],
    ['a variable that metering added', 0x42, 0, 0x21, 0],
    ['a type that metering added', 0x02, 0x01, 0x0b],
    ['the block around the code', 0x0c, 0x01],
    ['a function that is not there', 0x10, 0x01]
  ])('%s', (_name, ...code) => {
    expect(() => meter(...withCode(...code))).toThrow(refused)
  })
})

describe('bounds', () => {
  const u32 = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...u32(value >>> 7)])
  const repeated = (count: number, ...bytes: number[]) => Buffer.alloc(count * bytes.length, Uint8Array.from(bytes))
  const nested = (depth: number) => withLong(Buffer.concat([repeated(depth, 0x02, 0x40), repeated(depth, 0x0b)]))
  const NO_CODE = new Uint8Array(0)
  const NO_LOCALS = [0]
  const NO_VALUES = [1, 4, 1, 0x60, 0, 0]

  /** A module of one function, put together in memory: it may be long. */
  function withLong(code: Uint8Array, locals = NO_LOCALS, types = NO_VALUES): Uint8Array {
    const length = locals.length + code.length + 1
    const section = [1, ...u32(length)]
    const head = [...HEADER, ...types, 3, 2, 1, 0, 10, ...u32(section.length + length), ...section, ...locals]
    return Buffer.concat([Uint8Array.from(head), code, Uint8Array.of(0x0b)])
  }

  it('of nested blocks', () => {
    expect(WebAssembly.validate(meterModule(nested(NESTING_MAX)) as BufferSource)).toBe(true)
    expect(() => meterModule(nested(NESTING_MAX + 1))).toThrow(refused)
  })

  it('of variables, also where their sum is beyond 32 bits', () => {
    expect(() => meterModule(withLong(NO_CODE, [1, ...u32(LOCALS_MAX), 0x7f]))).not.toThrow()
    expect(() => meterModule(withLong(NO_CODE, [1, ...u32(LOCALS_MAX + 1), 0x7f]))).toThrow(refused)
    const most = [0xff, 0xff, 0xff, 0xff, 0x0f]
    expect(() => meterModule(withLong(NO_CODE, [2, ...most, 0x7f, ...most, 0x7e]))).toThrow(refused)
  })

  it('of the bytes of a function', () => {
    expect(() => meterModule(withLong(repeated(1024 * 1024 - 2, 0x01)))).not.toThrow()
    expect(() => meterModule(withLong(repeated(1024 * 1024 - 1, 0x01)))).toThrow(refused)
  })

  it('of operands', () => {
    const constants = (count: number) => Buffer.concat([repeated(count, 0x41, 0), repeated(count, 0x1a)])
    expect(() => meterModule(withLong(constants(10_000)))).not.toThrow()
    expect(() => meterModule(withLong(constants(10_001)))).toThrow(refused)
  })

  it('of tables and their entries', () => {
    const tables = (count: number) => `(module ${'(table 1 funcref)'.repeat(count)})`
    expect(() => meterModule(assemble(tables(TABLES_MAX)))).not.toThrow()
    expect(() => meterModule(assemble(tables(TABLES_MAX + 1)))).toThrow(refused)
    expect(() => meterModule(assemble(`(module (table ${TABLE_ENTRIES_MAX + 1} funcref))`))).toThrow(refused)
    const growing = metered(
      assemble(
        '(module (table 0 funcref) (func (export "f") (param i32) (result i32) ref.null func local.get 0 table.grow 0))'
      )
    )
    expect(growing.call('f', TABLE_ENTRIES_MAX)).toBe(0)
    expect(growing.call('f', 1)).toBe(-1)
  })

  it('of counts that nothing follows', () => {
    for (const id of [1, 2, 3, 4, 6, 7, 9, 10, 11]) {
      expect(() => meter(id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f)).toThrow(refused)
    }
  })

  it('of values handed on: calls of two bytes that move a thousand', () => {
    const values = Array(900).fill(0x7f)
    const wide = [0x60, ...u32(900), ...values, ...u32(900), ...values]
    const types = [1, ...u32(wide.length + 1), 1, ...wide]
    const calls = Buffer.concat([repeated(900, 0x20, 0), repeated(12_000, 0x10, 0)])
    expect(() => meterModule(withLong(calls, NO_LOCALS, types))).toThrow(
      expect.objectContaining({ message: expect.stringContaining('hands on') })
    )
  })
})

describe('what stays as it was', () => {
  it('runs the start function only when asked to, behind the meter', () => {
    const module = metered(
      assemble(`(module (global $g (export "g") (mut i32) i32.const 0)
        (func $s i32.const 7 global.set $g) (start $s) (func (export "f")))`)
    )
    expect((module.exports.g as WebAssembly.Global).value).toBe(0)
    module.call(METER_EXPORTS.start)
    expect((module.exports.g as WebAssembly.Global).value).toBe(7)
    expect(module.used()).toBe(2n)
  })

  it('keeps data, elements, globals and exports', () => {
    const module = metered(
      assemble(`(module (memory (export "memory") 1) (data (i32.const 8) "kept") (data $later "later")
        (table (export "t") 2 funcref) (elem (i32.const 1) $one) (func $one (export "one") (result i32) i32.const 1)
        (global (export "g") i32 (i32.const 42))
        (func (export "f") i32.const 0 i32.const 0 i32.const 5 memory.init $later data.drop $later))`)
    )
    module.call('f')
    const memory = Buffer.from((module.exports.memory as WebAssembly.Memory).buffer)
    expect(memory.toString('latin1', 0, 12)).toBe('later\0\0\0kept')
    expect((module.exports.g as WebAssembly.Global).value).toBe(42)
    expect(((module.exports.t as WebAssembly.Table).get(1) as () => number)()).toBe(1)
  })
})
