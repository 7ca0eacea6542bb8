import { describe, expect, it } from 'vitest'
import { assemble } from '../../programs.ts'
import { metered } from './metered.ts'

const NAN32 = 0x7fc00000
const NAN64 = 0x7ff8000000000000n
/** Bits that arithmetic on this machine gives for a NaN, before metering makes them the same everywhere. */
const BITS64 = 'i64.reinterpret_f64'

/** The bits that a program sees: of memory after `f`, or of what `f` gives. */
function bits(body: string, { more = '', result = 'i64', locals = '' } = {}): bigint {
  const source = `(module (memory (export "memory") 1) ${more} (func (export "f") (result ${result}) ${locals} ${body}))`
  return BigInt.asUintN(64, BigInt(metered(assemble(source)).call('f') as number | bigint))
}

/** Zero by zero: on x86 its sign bit is set, on ARM it is not. */
const MADE = 'f64.const 0 f64.const 0 f64.div'
const MADE32 = 'f32.const 0 f32.const 0 f32.div'

describe('a NaN that arithmetic made is the one NaN there is', () => {
  it.each([
    ['reinterpreted', `${MADE} ${BITS64}`],
    ['stored', `i32.const 0 ${MADE} f64.store i32.const 0 i64.load`],
    ['behind a variable', `${MADE} local.set 0 local.get 0 ${BITS64}`],
    ['behind a variable that is kept', `${MADE} local.tee 0 drop local.get 0 ${BITS64}`],
    [
      'seen in a loop before it is made',
      `loop local.get 0 ${BITS64} local.set 1 ${MADE} local.set 0 local.get 2 i32.eqz if i32.const 1 local.set 2 br 1 end end local.get 1`
    ],
    ['out of a block', `block (result f64) ${MADE} end ${BITS64}`],
    ['out of an arm', `i32.const 1 if (result f64) ${MADE} else f64.const 1 end ${BITS64}`],
    ['out of the other arm', `i32.const 0 if (result f64) f64.const 1 else ${MADE} end ${BITS64}`],
    ['along a branch', `block (result f64) ${MADE} i32.const 1 br_if 0 drop f64.const 1 end ${BITS64}`],
    [
      'along a table of branches',
      `block (result f64) block (result f64) ${MADE} i32.const 1 br_table 0 1 end drop f64.const 1 end ${BITS64}`
    ],
    ['selected', `${MADE} f64.const 1 i32.const 1 select ${BITS64}`],
    ['selected second', `f64.const 1 ${MADE} i32.const 0 select (result f64) ${BITS64}`],
    ['negated', `${MADE} f64.neg ${BITS64}`],
    ['into a global', `${MADE} global.set $g global.get $g ${BITS64}`],
    ['as an argument', `${MADE} f64.const 1 call $first ${BITS64}`],
    ['as a result', `call $made ${BITS64}`],
    ['as a result returned', `call $returned ${BITS64}`],
    ['as one of two results', `call $both drop ${BITS64}`],
    ['into a block', `${MADE} block (param f64) (result f64) end ${BITS64}`],
    ['promoted', `${MADE32} f64.promote_f32 ${BITS64}`],
    ['in a vector', `${MADE} f64x2.splat i64x2.extract_lane 1`],
    ['put into a vector', `v128.const i64x2 0 0 ${MADE} f64x2.replace_lane 1 i64x2.extract_lane 1`],
    ['made in a vector', 'v128.const i64x2 0 0 v128.const i64x2 0 0 f64x2.div i64x2.extract_lane 0'],
    ['a root in a vector', 'v128.const f64x2 -1 -1 f64x2.sqrt i64x2.extract_lane 0']
  ])('%s', (_name, body) => {
    const more = `(global $g (mut f64) f64.const 0)
      (func $first (param f64 f64) (result f64) local.get 0)
      (func $made (result f64) ${MADE})
      (func $returned (result f64) ${MADE} return)
      (func $both (result f64 i32) ${MADE} i32.const 1)`
    expect(bits(body, { more, locals: '(local f64 i64 i32)' })).toBe(NAN64)
  })

  it.each([
    ['reinterpreted', `${MADE32} i32.reinterpret_f32`],
    ['stored', `i32.const 0 ${MADE32} f32.store i32.const 0 i32.load`],
    ['demoted', `${MADE} f32.demote_f64 i32.reinterpret_f32`],
    ['in a vector', `${MADE32} f32x4.splat i32x4.extract_lane 1`],
    ['made in a vector', 'v128.const i64x2 0 0 v128.const i64x2 0 0 f32x4.div i32x4.extract_lane 3'],
    ['demoted in a vector', 'v128.const i64x2 0xfff8000000000001 0 f32x4.demote_f64x2_zero i32x4.extract_lane 0']
  ])('of 32 bits: %s', (_name, body) => {
    expect(bits(body, { result: 'i32' })).toBe(BigInt(NAN32))
  })

  it('gives its sign to a number', () => {
    expect(bits(`f64.const 2 ${MADE} f64.copysign ${BITS64}`)).toBe(0x4000000000000000n)
    expect(bits(`f32.const 2 ${MADE32} f32.copysign i32.reinterpret_f32`, { result: 'i32' })).toBe(0x40000000n)
  })
})

describe('bits that are the same everywhere anyway are left alone', () => {
  const ODD = 'f64.const -nan:0x4000000000001'

  it.each([
    ['a constant', ODD],
    ['loaded', 'i32.const 0 i64.const 0xfff4000000000001 i64.store i32.const 0 f64.load'],
    ['behind a variable', `${ODD} local.set 0 local.get 0`],
    ['as an argument', `${ODD} call $same`],
    ['out of a block', `block (result f64) ${ODD} end`],
    ['reinterpreted', 'i64.const 0xfff4000000000001 f64.reinterpret_i64'],
    ['negated twice', `${ODD} f64.neg f64.neg`]
  ])('%s', (_name, body) => {
    const more = '(func $same (param f64) (result f64) local.get 0)'
    expect(bits(`${body} ${BITS64}`, { more, locals: '(local f64)' })).toBe(0xfff4000000000001n)
  })

  it('numbers too', () => {
    expect(bits(`f64.const 1 f64.const 3 f64.div ${BITS64}`)).toBe(0x3fd5555555555555n)
    expect(bits(`f64.const 0 f64.const -1 f64.mul ${BITS64}`)).toBe(1n << 63n)
    expect(bits('v128.const f64x2 1 -3 v128.const f64x2 2 2 f64x2.mul i64x2.extract_lane 1')).toBe(0xc018000000000000n)
  })
})
