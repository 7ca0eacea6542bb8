import { createBlocks } from './blocks.ts'
import { type ByteReader, badProgram } from './byte-reader.ts'
import { BYTES_SHIFT, COSTS, ENTRIES_SHIFT, GROW_ENTRIES_SHIFT, GROW_PAGES_SHIFT, simdCost } from './costs.ts'
import { createEditList, EDIT, type EditList } from './edits.ts'
import {
  MISC,
  MISC_SIGNATURES,
  makesNan32,
  makesNan64,
  NUMERIC,
  OP,
  SHOWS_BITS,
  SIMD,
  SIMD_SHOWS_BITS,
  type Signature,
  simdHasAddress,
  simdImmediateBytes
} from './instruction-set.ts'
import { BRANCH_TARGETS_MAX } from './limits.ts'
import type { FunctionType, ModuleIndex } from './module-index.ts'
import { createOperandStack, differing } from './operand-stack.ts'
import { createRegions } from './regions.ts'
import { isFloat, isReferenceType, isValueType, VALUE_TYPE } from './value-types.ts'

/** What is to be done to one function. Good until the next scan. */
export interface FunctionScan {
  readonly edits: EditList
  /** Costs by region; the first is charged on entry. */
  readonly costs: readonly number[]
  /** Most values on the operand stack. */
  readonly operandsMax: number
  readonly calls: boolean
  /** Some branch goes to the end of the function itself. */
  readonly branchesOut: boolean
}

/** Carries out what the instruction at `start` means for the scan; its first byte has been read. */
type Handler = (op: number, start: number) => void

const EMPTY = new Uint8Array(0)
const NOTHING: FunctionType = { params: EMPTY, results: EMPTY }
const EMPTY_BLOCK_TYPE = 0x40
const FIRST_ACCESS = 0x28
const LAST_ACCESS = 0x3e
/** In the alignment of an access: a number of a memory follows. */
const HAS_MEMORY_INDEX = 0x40
/** Readings of one function after which all its float variables count as differing. */
const READINGS_MAX = 4

const singles = new Map<number, FunctionType>(
  Object.values(VALUE_TYPE).map(type => [type, { params: EMPTY, results: Uint8Array.of(type) }])
)

/** Reads the functions of a module, one after another. Throws ProgramFault for what is not in the profile. */
export function createFunctionScanner(module: ModuleIndex) {
  const edits = createEditList()
  const regions = createRegions(edits)
  const operands = createOperandStack(edits)
  const blocks = createBlocks(operands, regions)
  let targetsLeft = BRANCH_TARGETS_MAX

  // Of the function being read:
  let reader: ByteReader
  let origin = 0
  let locals: Uint8Array = EMPTY
  let differs = new Uint8Array(0)
  let readAsSame = new Uint8Array(0)
  let again = false
  let calls = false

  const here = () => reader.position() - origin

  /** What cannot be reached costs nothing. */
  function spend(cost: number): void {
    if (operands.isReachable()) regions.spend(cost)
  }

  function typeAt(index: number): FunctionType {
    const type = module.types[index]
    if (type === undefined) throw badProgram('the program refers to a type that it does not have')
    return type
  }

  function requireIndex(what: string, count: number): number {
    const index = reader.u32()
    if (index >= count) throw badProgram(`the program refers to a ${what} that it does not have`)
    return index
  }

  function readBlockType(): FunctionType {
    const code = reader.s33()
    if (code >= 0) return typeAt(code)
    const byte = code + 0x80
    if (byte === EMPTY_BLOCK_TYPE) return NOTHING
    const single = singles.get(byte)
    if (single === undefined) throw badProgram('the program has values of a type that is not in its profile')
    return single
  }

  function openBlock(op: number): void {
    const type = readBlockType()
    if (op === OP.if) operands.pop()
    blocks.open(op, type, here())
  }

  function branchByTable(): void {
    operands.pop()
    const count = reader.u32() + 1
    targetsLeft -= count
    if (targetsLeft < 0) throw badProgram('the program has too many branches', { max: BRANCH_TARGETS_MAX })
    for (let i = 0; i < count; i++) operands.handOn(blocks.branch(reader.u32()))
    operands.abandon()
  }

  function leaveFunction(start: number): void {
    edits.add(start, EDIT.leave)
    regions.branch(-1)
    operands.abandon()
  }

  function callTo({ params, results }: FunctionType): void {
    operands.exposeTop(params.length)
    operands.popAll(params)
    operands.pushAll(results)
    calls = true
  }

  /** A call in place of a return: what the callee gives is what is returned. */
  function callLast({ params }: FunctionType, start: number): void {
    operands.exposeTop(params.length)
    edits.add(start, EDIT.leave)
    regions.branch(-1)
    operands.abandon()
    calls = true
  }

  function readIndirect(): FunctionType {
    const type = typeAt(reader.u32())
    requireIndex('table', module.tables.length)
    operands.pop()
    return type
  }

  function readLocal(op: number): void {
    const index = reader.u32()
    if (index >= locals.length) throw badProgram('the program refers to a local that it does not have')
    const isFloatLocal = isFloat(locals[index]!)
    const value = isFloatLocal && differs[index] ? differing(here(), locals[index] === VALUE_TYPE.f64) : 0
    if (op === OP.localGet) {
      if (isFloatLocal && value === 0) readAsSame[index] = 1
      operands.push(value)
      return
    }
    const given = operands.pop()
    if (given !== 0 && isFloatLocal && !differs[index]) {
      differs[index] = 1
      if (readAsSame[index]) again = true
    }
    if (op === OP.localTee) operands.push(given === 0 ? 0 : differing(here(), locals[index] === VALUE_TYPE.f64))
  }

  function readGlobal(op: number): void {
    requireIndex('global', module.globals)
    if (op === OP.globalGet) operands.push(0)
    else {
      operands.expose(0)
      operands.pop()
    }
  }

  function readTable(op: number): void {
    requireIndex('table', module.tables.length)
    if (op === OP.tableSet) operands.pop()
    operands.pop()
    if (op === OP.tableGet) operands.push(0)
  }

  function select(): void {
    operands.pop()
    const other = operands.pop()
    const value = operands.pop() || other
    operands.push(value === 0 ? 0 : differing(here(), (value & 1) === 1))
  }

  function selectTyped(): void {
    const types = reader.take(reader.count('types of a select', 1))
    if (!types.every(isValueType)) throw badProgram('the program has values of a type that is not in its profile')
    select()
  }

  function readAddress(): void {
    if (reader.u32() & HAS_MEMORY_INDEX) throw badProgram('the program has several memories')
    reader.u32()
  }

  /** Takes the operands and puts the result of an instruction that only computes. */
  function compute({ takes, puts }: Signature): void {
    for (let i = takes.length; i > 0; i--) operands.pop()
    if (puts === '') return
    const made = puts === 'n' || puts === 'N' ? differing(here(), puts === 'N') : 0
    operands.push(made)
  }

  function numeric(op: number): void {
    const signature = NUMERIC[op]
    if (signature === undefined) throw unknown(op)
    if (op >= FIRST_ACCESS && op <= LAST_ACCESS) readAddress()
    if (SHOWS_BITS.has(op)) operands.expose(0)
    // Absolute value, negation and copied signs leave a NaN a NaN.
    const kept = signature.puts === 'f' || signature.puts === 'F' ? operands.peek(signature.takes.length - 1) : 0
    compute(signature)
    if (kept !== 0 && isFloatMade(signature)) {
      operands.pop()
      operands.push(differing(here(), signature.puts === 'F'))
    }
  }

  function misc(_op: number, start: number): void {
    const sub = reader.u32()
    const signature = MISC_SIGNATURES[sub]
    if (signature === undefined) throw unknown(OP.prefixMisc, sub)
    if (sub === MISC.memoryInit || sub === MISC.tableInit || sub === MISC.tableCopy) reader.u32()
    if (sub >= MISC.memoryInit) reader.u32()
    if (sub === MISC.memoryCopy) reader.u32()
    if (sub === MISC.memoryInit || sub === MISC.memoryCopy || sub === MISC.memoryFill) {
      edits.add(start, EDIT.chargeSize, BYTES_SHIFT)
    } else if (sub === MISC.tableInit || sub === MISC.tableCopy || sub === MISC.tableFill) {
      edits.add(start, EDIT.chargeSize, ENTRIES_SHIFT)
    } else if (sub === MISC.tableGrow) {
      edits.add(start, EDIT.rememberSize)
      edits.add(here(), EDIT.chargeGrowth, GROW_ENTRIES_SHIFT)
    }
    compute(signature)
  }

  function simd(): void {
    const sub = reader.u32()
    const signature = SIMD[sub]
    if (signature === undefined) throw unknown(OP.prefixSimd, sub)
    if (simdHasAddress(sub)) readAddress()
    reader.skip(simdImmediateBytes(sub))
    spend(simdCost(sub) - 1)
    if (SIMD_SHOWS_BITS.has(sub)) operands.expose(0)
    compute(signature)
    if (makesNan32(sub)) edits.add(here(), EDIT.canonicalVector32)
    if (makesNan64(sub)) edits.add(here(), EDIT.canonicalVector64)
  }

  function growMemory(_op: number, start: number): void {
    readMemoryIndex()
    edits.add(start, EDIT.rememberSize)
    edits.add(here(), EDIT.chargeGrowth, GROW_PAGES_SHIFT)
    operands.pop()
    operands.push(0)
  }

  function callDirect(): void {
    callTo(module.functions[requireIndex('function', module.functions.length)]!)
  }

  function readMemoryIndex(): void {
    if (reader.byte() !== 0) throw badProgram('the program has several memories')
  }

  function constant(skip: () => void): Handler {
    return () => {
      skip()
      operands.push(0)
    }
  }

  /** By first byte: what is not here computes, or is not in the profile. */
  const handlers: Handler[] = new Array(256).fill(numeric)
  handlers[OP.unreachable] = () => operands.abandon()
  handlers[OP.nop] = () => {}
  handlers[OP.block] = handlers[OP.loop] = handlers[OP.if] = openBlock
  handlers[OP.else] = () => blocks.alternate(here())
  handlers[OP.end] = (_op, start) => {
    // The end of the function itself.
    if (blocks.depth() === 1) edits.add(start, EDIT.leave)
    blocks.close(here())
  }
  handlers[OP.br] = () => {
    blocks.branch(reader.u32())
    operands.abandon()
  }
  handlers[OP.brIf] = () => {
    operands.pop()
    blocks.branch(reader.u32())
    regions.begin(here(), EDIT.charge)
  }
  handlers[OP.brTable] = branchByTable
  handlers[OP.return] = (_op, start) => {
    operands.exposeTop(blocks.results().length)
    leaveFunction(start)
  }
  handlers[OP.call] = callDirect
  handlers[OP.callIndirect] = () => callTo(readIndirect())
  handlers[OP.returnCall] = (_op, start) =>
    callLast(module.functions[requireIndex('function', module.functions.length)]!, start)
  handlers[OP.returnCallIndirect] = (_op, start) => callLast(readIndirect(), start)
  handlers[OP.drop] = () => {
    operands.pop()
  }
  handlers[OP.select] = select
  handlers[OP.selectTyped] = selectTyped
  handlers[OP.localGet] = handlers[OP.localSet] = handlers[OP.localTee] = readLocal
  handlers[OP.globalGet] = handlers[OP.globalSet] = readGlobal
  handlers[OP.tableGet] = handlers[OP.tableSet] = readTable
  handlers[OP.memorySize] = constant(readMemoryIndex)
  handlers[OP.memoryGrow] = growMemory
  handlers[OP.i32Const] = constant(() => reader.skipSigned(32))
  handlers[OP.i64Const] = constant(() => reader.skipSigned(64))
  handlers[OP.f32Const] = constant(() => reader.skip(4))
  handlers[OP.f64Const] = constant(() => reader.skip(8))
  handlers[OP.refNull] = constant(() => {
    if (!isReferenceType(reader.byte())) throw badProgram('the program has a reference that is not in its profile')
  })
  handlers[OP.refIsNull] = constant(() => {
    operands.pop()
  })
  handlers[OP.refFunc] = constant(() => {
    requireIndex('function', module.functions.length)
  })
  handlers[OP.prefixMisc] = misc
  handlers[OP.prefixSimd] = simd

  function instruction(): void {
    const start = here()
    const op = reader.byte()
    spend(COSTS[op]!)
    handlers[op]!(op, start)
  }

  function read(type: FunctionType): void {
    edits.clear()
    regions.clear()
    operands.clear()
    again = calls = false
    readAsSame.fill(0, 0, locals.length)
    blocks.start(type.results)
    while (blocks.depth() > 0) instruction()
  }

  return {
    /** `bodyReader` stands behind the declarations of locals; `localTypes` has the parameters first. */
    scan: (bodyReader: (offset: number) => ByteReader, start: number, type: FunctionType, localTypes: Uint8Array) => {
      origin = start
      locals = localTypes
      if (differs.length < locals.length) {
        differs = new Uint8Array(locals.length)
        readAsSame = new Uint8Array(locals.length)
      }
      differs.fill(0, 0, locals.length)
      for (let reading = 1; ; reading++) {
        if (reading === READINGS_MAX) differs.fill(1, 0, locals.length)
        reader = bodyReader(start)
        read(type)
        if (!reader.atEnd()) throw badProgram('a function of the program goes on behind its end')
        if (!again) break
      }
      edits.sort()
      return {
        edits,
        costs: regions.costs,
        operandsMax: operands.peak(),
        calls,
        branchesOut: blocks.branchesOut()
      } satisfies FunctionScan
    }
  }
}

/** Whether the float put is the one taken, with another sign. */
function isFloatMade({ takes, puts }: Signature): boolean {
  return takes.startsWith(puts)
}

function unknown(op: number, sub?: number) {
  const facts = sub === undefined ? { opcode: op } : { opcode: op, extension: sub }
  return badProgram('the program has an instruction that is not in its profile', facts)
}
