import { describe, expect, it } from 'vitest'
import { STACK_BYTES_MAX } from '../../../../src/executor/wasm/metering/limits.ts'
import { assemble } from '../../programs.ts'
import { metered } from './metered.ts'

/** What `(func (export "f") …)` takes, its instructions written out. */
function fuelOf(body: string, more = '', locals = ''): bigint {
  const module = metered(assemble(`(module ${more} (func (export "f") ${locals} ${body}))`))
  module.call('f')
  return module.used()
}

describe('what instructions cost', () => {
  it.each([
    ['nothing', '', 0n],
    ['a constant that is dropped', 'i32.const 1 drop', 1n],
    ['blocks', 'block nop block end end', 0n],
    ['arithmetic', 'i32.const 6 i32.const 7 i32.add drop', 3n],
    ['a division', 'i32.const 6 i32.const 7 i32.div_s drop', 10n],
    ['a square root', 'f64.const 2 f64.sqrt drop', 9n],
    ['vectors', 'v128.const i32x4 0 0 0 0 v128.not drop', 2n],
    ['a division of vectors', 'v128.const i32x4 0 0 0 0 v128.const i32x4 0 0 0 0 f32x4.div drop', 10n],
    ['the arm that is taken', 'i32.const 1 if i32.const 1 drop else i32.const 1 drop i32.const 1 drop end', 3n],
    ['the other arm', 'i32.const 0 if i32.const 1 drop else i32.const 1 drop i32.const 1 drop end', 4n],
    ['what a branch jumps over', 'block i32.const 1 br_if 0 i32.const 1 drop end i32.const 1 drop', 3n],
    ['what follows a branch that cannot come back', 'block br 0 i32.const 1 drop end', 1n],
    ['a return', 'return i32.const 1 drop', 1n]
  ])('%s', (_name, body, fuel) => {
    expect(fuelOf(body)).toBe(fuel)
  })

  it('each turn of a loop', () => {
    const loop = (turns: number) =>
      fuelOf(
        `i32.const ${turns} local.set 0
         loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end`,
        '',
        '(local i32)'
      )
    // One local, the two instructions in front, five a turn.
    expect(loop(1)).toBe(8n)
    expect(loop(1000)).toBe(5003n)
  })

  it('a call, and the variables that have to be set for it', () => {
    const call = (locals: number) => fuelOf('call $g', `(func $g ${'(local i32) '.repeat(locals)})`)
    expect([0, 1, 8, 9, 800].map(call)).toEqual([4n, 5n, 5n, 6n, 104n])
  })

  it('a call through a table', () => {
    const table = '(table funcref (elem $g)) (func $g)'
    expect(fuelOf('i32.const 0 call_indirect', table)).toBe(9n)
  })

  it('a call in place of a return', () => {
    const module = metered(
      assemble(`(module (func $count (export "f") (param i32)
        local.get 0 i32.eqz if return end
        local.get 0 i32.const 1 i32.sub return_call $count))`)
    )
    module.call('f', 1_000_000)
    // 1 for the parameter, 3 to look, 3 to count, 4 to call; a return at the end.
    expect(module.used()).toBe(11n * 1_000_000n + 5n)
    expect(module.stackLeft()).toBe(STACK_BYTES_MAX)
  })
})

describe('what has a size costs by it', () => {
  const memory = '(memory 2 100)'

  it.each([
    ['filling', 'i32.const 0 i32.const 1 i32.const %n memory.fill', '', 80_000, 4n + 10_000n],
    ['copying', 'i32.const 0 i32.const 1 i32.const %n memory.copy', '', 80_000, 4n + 10_000n],
    ['growing', 'i32.const %n memory.grow drop', '', 10, 2n + 40_960n],
    ['growing a table', 'ref.null func i32.const %n table.grow 0 drop', '(table 1 funcref)', 1000, 3n + 2000n],
    ['filling a table', 'i32.const 0 ref.null func i32.const %n table.fill 0', '(table 500 funcref)', 500, 4n + 500n]
  ])('%s', (_name, body, more, size, fuel) => {
    expect(fuelOf(body.replace('%n', String(size)), `${memory} ${more}`)).toBe(fuel)
    const small = fuelOf(body.replace('%n', '0'), `${memory} ${more}`)
    expect(small).toBeLessThan(6n)
  })

  it('does not charge for growth that fails', () => {
    expect(fuelOf('i32.const 60000 memory.grow drop', memory)).toBe(2n)
    expect(fuelOf('i32.const -1 memory.grow drop', memory)).toBe(2n)
    expect(fuelOf('ref.null func i32.const -1 table.grow 0 drop', '(table 1 funcref)')).toBe(3n)
  })

  it('stops before a size that there is no fuel for', () => {
    const module = metered(
      assemble(`(module (memory (export "memory") 2)
        (func (export "f") i32.const 0 i32.const 1 i32.const 80000 memory.fill))`),
      { fuel: 5000n }
    )
    expect(() => module.call('f')).toThrow(WebAssembly.RuntimeError)
    expect(new Uint8Array((module.exports.memory as WebAssembly.Memory).buffer)[0]).toBe(0)
  })
})

describe('where it ends', () => {
  it('stops a loop that never would, and recursion that branches', () => {
    for (const source of [
      '(func (export "f") loop br 0 end)',
      '(func $f (export "f") (param i32) local.get 0 if local.get 0 i32.const 1 i32.sub call $f local.get 0 i32.const 1 i32.sub call $f end)',
      '(func $f (export "f") return_call $f)'
    ]) {
      const module = metered(assemble(`(module ${source})`), { fuel: 1_000_000n })
      expect(() => module.call('f', 1000)).toThrow(WebAssembly.RuntimeError)
      expect(module.left()).toBeLessThan(0n)
      expect(module.left()).toBeGreaterThan(-1000n)
    }
  })

  it('stops calls that nest too deep, always at the same depth', () => {
    const source = `(module (global $depth (export "depth") (mut i32) i32.const 0)
      (func $f (export "f") (param i64 i64) (local f64)
        global.get $depth i32.const 1 i32.add global.set $depth local.get 0 local.get 1 call $f))`
    const depths = [1, 2].map(() => {
      const module = metered(assemble(source), { stack: 100_000 })
      expect(() => module.call('f', 1n, 2n)).toThrow(WebAssembly.RuntimeError)
      expect(module.stackLeft()).toBeLessThan(0)
      return (module.exports.depth as WebAssembly.Global<'i32'>).value
    })
    // 128 and 8 for each variable and 16 for each of two operands at the most.
    expect(depths).toEqual([Math.floor(100_000 / 184), Math.floor(100_000 / 184)])
  })

  it.each([
    ['', 'local.get 0 if return end call $g'],
    ['', 'local.get 0 br_if 0 call $g'],
    ['(result i32)', 'local.get 0 if i32.const 1 return end call $g i32.const 2'],
    ['(result i32)', 'i32.const 1 local.get 0 br_if 0 call $g'],
    ['(result i32)', 'call $g i32.const 1 br 0'],
    ['(result i32)', 'block i32.const 1 local.get 0 br_table 1 1 end call $g i32.const 3'],
    ['(result i32 f64)', 'i32.const 1 f64.const 2 local.get 0 br_if 0 call $g'],
    ['(result i32 f64)', 'call $g i32.const 1 f64.const 2']
  ])('gives the stack of a call back, whatever way it is left: %s %s', (results, body) => {
    const module = metered(assemble(`(module (func $g) (func (export "f") (param i32) ${results} ${body}))`))
    const raw = new WebAssembly.Instance(
      new WebAssembly.Module(
        assemble(`(module (func $g) (func (export "f") (param i32) ${results} ${body}))`) as BufferSource
      )
    )
    for (const argument of [0, 1]) {
      expect(module.call('f', argument)).toEqual((raw.exports.f as (x: number) => unknown)(argument))
    }
    expect(module.stackLeft()).toBe(STACK_BYTES_MAX)
  })

  it('counts the stack of what calls nothing where that is large', () => {
    const small = metered(assemble('(module (func (export "f") (local i64)))'), { stack: 0 })
    small.call('f')
    const large = metered(assemble(`(module (func (export "f") ${'(local i64) '.repeat(200)}))`), { stack: 0 })
    expect(() => large.call('f')).toThrow(WebAssembly.RuntimeError)
  })
})
