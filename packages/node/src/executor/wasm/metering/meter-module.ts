import { badProgram, createByteReader } from './byte-reader.ts'
import { type ByteWriter, createByteWriter } from './byte-writer.ts'
import { frameBytes } from './costs.ts'
import { createFunctionScanner } from './function-scan.ts'
import { createFunctionWriter, type MeterParts } from './function-writer.ts'
import { FUNCTION_BYTES_MAX, LOCALS_MAX, LOCALS_TOTAL_MAX } from './limits.ts'
import { checkSegments, type FunctionType, indexModule, type ModuleIndex, type TableType } from './module-index.ts'
import { HEADER, readSections, SECTION, SECTION_ORDER, type Section } from './sections.ts'
import { isValueType, VALUE_TYPE } from './value-types.ts'

/** What metering adds to the exports of a program; no program may have these names itself. */
export const METER_EXPORTS = {
  fuel: 'archipel:fuel',
  stack: 'archipel:stack',
  /** A table for the one function that is called when the fuel is used up. */
  refill: 'archipel:refill',
  start: 'archipel:start'
} as const

const EXPORT_KIND = { function: 0, table: 1, global: 3 } as const
const MUTABLE = 1
const I32_ZERO = [0x41, 0, 0x0b]
const I64_ZERO = [0x42, 0, 0x0b]
const NO_RESULT = 0x40
const FUNCTION_FORM = 0x60
const REFILL_TABLE: TableType = { element: VALUE_TYPE.funcref, initial: 1, maximum: 1 }

/**
 * The module with metering added: its code takes fuel before it runs and stack for each call, and shows no NaN whose bits
 * depend on the machine. It has two more globals, one more table, and more exports, see {@link METER_EXPORTS}; what would run
 * when it is loaded is exported instead, for whoever has filled the tank first.
 *
 * Takes time and memory in proportion to the module, whatever is in it. Throws ProgramFault E_BAD_PROGRAM for a module that
 * is not in the profile; one that is invalid in other ways becomes one that the engine refuses.
 */
export function meterModule(module: Uint8Array): Uint8Array {
  const sections = readSections(module)
  const index = indexModule(module, sections)
  checkSegments(module, sections)
  for (const name of Object.values(METER_EXPORTS)) {
    if (index.exportNames.has(name)) throw badProgram('the program exports a name that is not its own', { name })
  }
  const types = createMoreTypes(index)
  const parts: MeterParts = {
    fuel: index.globals,
    stack: index.globals + 1,
    refillTable: index.tables.length,
    refillType: types.refill
  }
  const code = sections.get(SECTION.code)
  const metered = code === undefined ? undefined : meterCode(module, code, index, parts, types.blockType)
  const out = createByteWriter(module.length + (metered?.length ?? 0))
  out.bytes(HEADER)
  for (const id of SECTION_ORDER) {
    const section = sections.get(id)
    const content = rewriteSection(id, module, section, index, types.added, metered)
    if (content === undefined) continue
    out.byte(id)
    out.u32(content.length)
    out.copy(content, 0, content.length)
  }
  return out.view()
}

function rewriteSection(
  id: number,
  module: Uint8Array,
  section: Section | undefined,
  index: ModuleIndex,
  addedTypes: readonly FunctionType[],
  metered: Uint8Array | undefined
): Uint8Array | undefined {
  if (id === SECTION.type) {
    return extended(module, section, addedTypes.length, writer => {
      for (const { params, results } of addedTypes) writeType(writer, params, results)
    })
  }
  if (id === SECTION.table) return tables(index)
  if (id === SECTION.global) {
    return extended(module, section, 2, writer => {
      writer.bytes([VALUE_TYPE.i64, MUTABLE, ...I64_ZERO, VALUE_TYPE.i32, MUTABLE, ...I32_ZERO])
    })
  }
  if (id === SECTION.export) {
    return extended(module, section, index.start === undefined ? 3 : 4, writer => {
      writeExport(writer, METER_EXPORTS.fuel, EXPORT_KIND.global, index.globals)
      writeExport(writer, METER_EXPORTS.stack, EXPORT_KIND.global, index.globals + 1)
      writeExport(writer, METER_EXPORTS.refill, EXPORT_KIND.table, index.tables.length)
      if (index.start !== undefined) writeExport(writer, METER_EXPORTS.start, EXPORT_KIND.function, index.start)
    })
  }
  if (id === SECTION.start) return undefined
  if (id === SECTION.code) return metered
  return raw(module, section)
}

function raw(module: Uint8Array, section: Section | undefined): Uint8Array | undefined {
  return section === undefined ? undefined : module.subarray(section.start, section.end)
}

/** A section that is a list, with more at its end. */
function extended(
  module: Uint8Array,
  section: Section | undefined,
  more: number,
  write: (writer: ByteWriter) => void
): Uint8Array {
  const writer = createByteWriter((section === undefined ? 0 : section.end - section.start) + 128)
  if (section === undefined) writer.u32(more)
  else {
    const reader = createByteReader(module, section.start, section.end)
    writer.u32(reader.u32() + more)
    writer.copy(module, reader.position(), section.end)
  }
  write(writer)
  return writer.view()
}

function tables(index: ModuleIndex): Uint8Array {
  const writer = createByteWriter()
  writer.u32(index.tables.length + 1)
  for (const { element, initial, maximum } of [...index.tables, REFILL_TABLE]) {
    writer.bytes([element, 1])
    writer.u32(initial)
    writer.u32(maximum)
  }
  return writer.view()
}

function writeType(writer: ByteWriter, params: Uint8Array, results: Uint8Array): void {
  writer.byte(FUNCTION_FORM)
  writer.u32(params.length)
  writer.bytes(params)
  writer.u32(results.length)
  writer.bytes(results)
}

function writeExport(writer: ByteWriter, name: string, kind: number, index: number): void {
  const bytes = Buffer.from(name)
  writer.u32(bytes.length)
  writer.bytes(bytes)
  writer.byte(kind)
  writer.u32(index)
}

/** The types that the module has to have more: that of refilling, and of blocks that give what functions with several results give. */
function createMoreTypes({ types }: ModuleIndex) {
  const added: FunctionType[] = [{ params: new Uint8Array(0), results: new Uint8Array(0) }]
  const known = new Map<string, number[]>()

  function blockType({ results }: FunctionType): readonly number[] {
    if (results.length === 0) return [NO_RESULT]
    if (results.length === 1) return [results[0]!]
    const key = results.join()
    let encoded = known.get(key)
    if (encoded === undefined) {
      const writer = createByteWriter(16)
      writer.signed(types.length + added.length)
      encoded = [...writer.view()]
      known.set(key, encoded)
      added.push({ params: new Uint8Array(0), results })
    }
    return encoded
  }

  return { added, refill: types.length, blockType }
}

function meterCode(
  module: Uint8Array,
  section: Section,
  index: ModuleIndex,
  parts: MeterParts,
  blockType: (type: FunctionType) => readonly number[]
): Uint8Array {
  const scanner = createFunctionScanner(index)
  const writer = createFunctionWriter(parts)
  const out = createByteWriter(2 * (section.end - section.start) + 64)
  const reader = createByteReader(module, section.start, section.end)
  const count = reader.u32()
  if (count !== index.functions.length - index.importedFunctions) {
    throw badProgram('the program does not have as many functions as it says')
  }
  out.u32(count)
  const locals = new Uint8Array(LOCALS_MAX)
  let localsLeft = LOCALS_TOTAL_MAX
  for (let i = 0; i < count; i++) {
    const length = reader.count('bytes in one function', FUNCTION_BYTES_MAX)
    const start = reader.position()
    reader.skip(length)
    const end = start + length
    const type = index.functions[index.importedFunctions + i]!
    const declared = readLocals(module, start, end, type, locals)
    localsLeft -= declared.count
    if (localsLeft < 0) throw badProgram('the program has too many locals', { max: LOCALS_TOTAL_MAX })
    const types = locals.subarray(0, declared.count)
    const scan = scanner.scan(from => createByteReader(module, from, end), declared.codeStart, type, types)
    const source = {
      module,
      localsStart: declared.groupsStart,
      localGroups: declared.groups,
      codeStart: declared.codeStart,
      codeEnd: end,
      localCount: declared.count,
      frameBytes: frameBytes(declared.count, declared.vectors, scan.operandsMax),
      resultBlockType: scan.branchesOut ? blockType(type) : [NO_RESULT]
    }
    writer.write(out, source, scan)
  }
  if (!reader.atEnd())
    throw badProgram('a section of the program is longer than what it holds', { section: SECTION.code })
  return out.view()
}

/** Writes the types of a function's parameters and locals to `types`. */
function readLocals(module: Uint8Array, start: number, end: number, type: FunctionType, types: Uint8Array) {
  const reader = createByteReader(module, start, end)
  types.set(type.params)
  let count = type.params.length
  let vectors = type.params.filter(param => param === VALUE_TYPE.v128).length
  const groups = reader.u32()
  const groupsStart = reader.position()
  for (let i = 0; i < groups; i++) {
    const repeated = reader.u32()
    const local = reader.byte()
    if (!isValueType(local)) throw badProgram('the program has values of a type that is not in its profile')
    if (repeated > LOCALS_MAX - count)
      throw badProgram('a function of the program has too many locals', { max: LOCALS_MAX })
    types.fill(local, count, count + repeated)
    count += repeated
    if (local === VALUE_TYPE.v128) vectors += repeated
  }
  return { count, vectors, groups, groupsStart, codeStart: reader.position() }
}
