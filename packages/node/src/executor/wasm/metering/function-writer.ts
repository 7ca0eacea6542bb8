import { type ByteWriter, createByteWriter } from './byte-writer.ts'
import { LOCALS_PER_FUEL } from './costs.ts'
import { EDIT } from './edits.ts'
import type { FunctionScan } from './function-scan.ts'
import { OP } from './instruction-set.ts'
import { VALUE_TYPE } from './value-types.ts'

/** What metering adds to the module, by index. */
export interface MeterParts {
  /** The global with the fuel that is left, an i64; below zero once the program has run out of it. */
  readonly fuel: number
  /** A table whose one function is called then, and returns if there is more … */
  readonly refillTable: number
  /** … and the type of that function, which takes and gives nothing. */
  readonly refillType: number
  /** The global with the stack that is left, an i32; below zero once calls have nested too deep. */
  readonly stack: number
}

export interface FunctionSource {
  /** Everything from the declarations of locals on. */
  readonly module: Uint8Array
  /** The declarations of locals, without their number, … */
  readonly localsStart: number
  readonly localGroups: number
  /** … and the code behind them. */
  readonly codeStart: number
  readonly codeEnd: number
  readonly localCount: number
  /** Stack that a call of it takes. */
  readonly frameBytes: number
  /** Encoded type of a block that gives what the function gives; needed only where something branches out of it. */
  readonly resultBlockType: readonly number[]
}

const I32 = { const: 0x41, ltS: 0x48, ne: 0x47, sub: 0x6b } as const
const I64 = { const: 0x42, ltS: 0x53, sub: 0x7d, shl: 0x86, shrU: 0x88, extendU: 0xad } as const
const F32_EQ = 0x5b
const F64_EQ = 0x61
const NO_RESULT = 0x40
/** Frames of calls that call nothing are counted from this size on; the reserve of the engine holds smaller ones. */
const LEAF_BYTES_UNCOUNTED = 1024

const NAN32 = [0, 0, 0xc0, 0x7f]
const NAN64 = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
const SIMD_CONST = [0xfd, 0x0c]
const F32X4 = { nan: [...SIMD_CONST, ...NAN32, ...NAN32, ...NAN32, ...NAN32], eq: [0xfd, 0x41] } as const
const F64X2 = { nan: [...SIMD_CONST, ...NAN64, ...NAN64], eq: [0xfd, 0x47] } as const
const BITSELECT = [0xfd, 0x52]

/** Variables that metering adds to a function. */
const EXTRA_LOCALS = ['i64', 'i32', 'grown', 'stack', 'f32', 'f64', 'v128'] as const
type ExtraLocal = (typeof EXTRA_LOCALS)[number]
const EXTRA_TYPES = [
  VALUE_TYPE.i64,
  VALUE_TYPE.i32,
  VALUE_TYPE.i32,
  VALUE_TYPE.i32,
  VALUE_TYPE.f32,
  VALUE_TYPE.f64,
  VALUE_TYPE.v128
] as const

/** Writes the body of a function with its edits carried out, its size in front. */
export function createFunctionWriter(parts: MeterParts) {
  const body = createByteWriter(64 * 1024)
  const used = new Map<ExtraLocal, number>()

  /** Index of an added variable; the declarations list those that the edits use. */
  function local(name: ExtraLocal): number {
    return used.get(name)!
  }

  function op1(op: number, index: number): void {
    body.byte(op)
    body.u32(index)
  }
  const get = (name: ExtraLocal) => op1(OP.localGet, local(name))
  const tee = (name: ExtraLocal) => op1(OP.localTee, local(name))
  const getGlobal = (index: number) => op1(OP.globalGet, index)
  const setGlobal = (index: number) => op1(OP.globalSet, index)

  function constant(op: number, value: number): void {
    body.byte(op)
    body.signed(value)
  }

  function trapIf(): void {
    body.bytes([OP.if, NO_RESULT, OP.unreachable, OP.end])
  }

  /** Calls for more fuel where `i64`, which is what is left, is below zero. */
  function checkFuel(): void {
    get('i64')
    constant(I64.const, 0)
    body.bytes([I64.ltS, OP.if, NO_RESULT])
    constant(I32.const, 0)
    op1(OP.callIndirect, parts.refillType)
    body.u32(parts.refillTable)
    body.byte(OP.end)
  }

  function charge(cost: number, check: boolean): void {
    if (cost === 0 && !check) return
    getGlobal(parts.fuel)
    constant(I64.const, cost)
    body.byte(I64.sub)
    if (check) tee('i64')
    setGlobal(parts.fuel)
    if (check) checkFuel()
  }

  /** Takes fuel for the unsigned number in `name`. */
  function chargeNumber(name: ExtraLocal, shift: number): void {
    getGlobal(parts.fuel)
    get(name)
    body.byte(I64.extendU)
    if (shift !== 0) {
      constant(I64.const, Math.abs(shift))
      body.byte(shift < 0 ? I64.shrU : I64.shl)
    }
    body.byte(I64.sub)
    tee('i64')
    setGlobal(parts.fuel)
    checkFuel()
  }

  function chargeGrowth(shift: number): void {
    tee('grown')
    constant(I32.const, -1)
    body.byte(I32.ne)
    body.bytes([OP.if, NO_RESULT])
    chargeNumber('i32', shift)
    body.byte(OP.end)
    get('grown')
  }

  function enterFrame(bytes: number): void {
    getGlobal(parts.stack)
    tee('stack')
    constant(I32.const, bytes)
    body.byte(I32.sub)
    setGlobal(parts.stack)
    get('stack')
    constant(I32.const, bytes)
    body.byte(I32.ltS)
    trapIf()
  }

  function leaveFrame(): void {
    get('stack')
    setGlobal(parts.stack)
  }

  function canonicalScalar(name: 'f32' | 'f64'): void {
    const double = name === 'f64'
    tee(name)
    body.byte(double ? OP.f64Const : OP.f32Const)
    body.bytes(double ? NAN64 : NAN32)
    get(name)
    get(name)
    body.bytes([double ? F64_EQ : F32_EQ, OP.select])
  }

  function canonicalVector({ nan, eq }: typeof F32X4 | typeof F64X2): void {
    tee('v128')
    body.bytes(nan)
    get('v128')
    get('v128')
    body.bytes(eq)
    body.bytes(BITSELECT)
  }

  function carryOut(kind: number, argument: number, scan: FunctionScan, frame: number): void {
    if (kind === EDIT.charge) charge(scan.costs[argument]!, false)
    else if (kind === EDIT.chargeAndCheck) charge(scan.costs[argument]!, true)
    else if (kind === EDIT.canonical32) canonicalScalar('f32')
    else if (kind === EDIT.canonical64) canonicalScalar('f64')
    else if (kind === EDIT.canonicalVector32) canonicalVector(F32X4)
    else if (kind === EDIT.canonicalVector64) canonicalVector(F64X2)
    else if (kind === EDIT.leave) {
      if (frame > 0) leaveFrame()
    } else if (kind === EDIT.rememberSize) tee('i32')
    else if (kind === EDIT.chargeSize) {
      tee('i32')
      chargeNumber('i32', argument)
    } else chargeGrowth(argument)
  }

  /** Declares the variables that this function's edits use. */
  function declare(source: FunctionSource, scan: FunctionScan, counted: boolean): void {
    used.clear()
    const need = (name: ExtraLocal) => used.set(name, 0)
    if (counted) need('stack')
    if (scan.calls) need('i64')
    for (let i = 0; i < scan.edits.length; i++) {
      const kind = scan.edits.kind(i)
      if (kind === EDIT.chargeAndCheck) need('i64')
      else if (kind === EDIT.canonical32) need('f32')
      else if (kind === EDIT.canonical64) need('f64')
      else if (kind === EDIT.canonicalVector32 || kind === EDIT.canonicalVector64) need('v128')
      else if (kind === EDIT.rememberSize || kind === EDIT.chargeSize || kind === EDIT.chargeGrowth) {
        for (const name of ['i64', 'i32', 'grown'] as const) need(name)
      }
    }
    const extra = EXTRA_LOCALS.filter(name => used.has(name))
    body.u32(source.localGroups + extra.length)
    body.copy(source.module, source.localsStart, source.codeStart)
    extra.forEach((name, i) => {
      used.set(name, source.localCount + i)
      body.bytes([1, EXTRA_TYPES[EXTRA_LOCALS.indexOf(name)]!])
    })
  }

  return {
    write: (out: ByteWriter, source: FunctionSource, scan: FunctionScan): void => {
      const { module, codeStart, codeEnd } = source
      const counted = scan.calls || source.frameBytes > LEAF_BYTES_UNCOUNTED
      const frame = counted ? source.frameBytes : 0
      const wrapped = counted && scan.branchesOut
      body.clear()
      declare(source, scan, counted)
      if (counted) enterFrame(frame)
      charge(scan.costs[0]! + Math.ceil(source.localCount / LOCALS_PER_FUEL), scan.calls)
      if (wrapped) {
        body.byte(OP.block)
        body.bytes(source.resultBlockType)
      }
      let at = 0
      for (let i = 0; i < scan.edits.length; i++) {
        const offset = scan.edits.offset(i)
        body.copy(module, codeStart + at, codeStart + offset)
        at = offset
        // The end of the block around the code comes before what is done at the end of the function.
        if (wrapped && codeStart + offset === codeEnd - 1 && scan.edits.kind(i) === EDIT.leave) body.byte(OP.end)
        carryOut(scan.edits.kind(i), scan.edits.argument(i), scan, frame)
      }
      body.copy(module, codeStart + at, codeEnd)
      out.u32(body.length)
      out.copy(body.view(), 0, body.length)
    }
  }
}
