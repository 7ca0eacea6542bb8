import { WASI_MODULE } from '../wasi/wasi-host.ts'
import { type ByteReader, badProgram, createByteReader } from './byte-reader.ts'
import {
  ARITY_MAX,
  EXPORTS_MAX,
  FUNCTIONS_MAX,
  GLOBALS_MAX,
  NAME_BYTES_MAX,
  SEGMENTS_MAX,
  TABLE_ENTRIES_MAX,
  TABLES_MAX,
  TYPES_MAX
} from './limits.ts'
import { SECTION, type Section } from './sections.ts'
import { isReferenceType, isValueType } from './value-types.ts'

export interface FunctionType {
  readonly params: Uint8Array
  readonly results: Uint8Array
}

/** What code may refer to. */
export interface ModuleIndex {
  readonly types: readonly FunctionType[]
  /** Types of all functions, the imported ones first. */
  readonly functions: readonly FunctionType[]
  readonly importedFunctions: number
  readonly globals: number
  readonly tables: readonly TableType[]
  readonly hasMemory: boolean
  /** The function that runs when the program is loaded. */
  readonly start: number | undefined
  readonly exportNames: ReadonlySet<string>
}

export interface TableType {
  readonly element: number
  readonly initial: number
  readonly maximum: number
}

const FUNCTION_FORM = 0x60
const EXTERNAL = { function: 0 } as const
const HAS_MAXIMUM = 1
/** Names in messages are the program's own words. */
const NAME_CHARS_MAX = 100

/** Throws ProgramFault E_BAD_PROGRAM for what is malformed, too large, or not in preview 1's world. */
export function indexModule(module: Uint8Array, sections: ReadonlyMap<number, Section>): ModuleIndex {
  const read = <T>(id: number, none: T, body: (reader: ByteReader) => T): T => {
    const section = sections.get(id)
    if (section === undefined) return none
    const reader = createByteReader(module, section.start, section.end)
    const value = body(reader)
    if (!reader.atEnd()) throw badProgram('a section of the program is longer than what it holds', { section: id })
    return value
  }
  const types = read(SECTION.type, [], readTypes)
  const typeAt = (index: number): FunctionType => {
    const type = types[index]
    if (type === undefined) throw badProgram('the program refers to a type that it does not have')
    return type
  }
  const imported = read(SECTION.import, [], reader => readImports(reader, typeAt))
  const declared = read(SECTION.function, [], reader =>
    list(reader, 'functions', FUNCTIONS_MAX, () => typeAt(reader.u32()))
  )
  const functions = [...imported, ...declared]
  if (functions.length > FUNCTIONS_MAX) throw badProgram('the program has too many functions', { max: FUNCTIONS_MAX })
  return {
    types,
    functions,
    importedFunctions: imported.length,
    globals: countOf(module, sections.get(SECTION.global), 'globals', GLOBALS_MAX),
    tables: read(SECTION.table, [], readTables),
    hasMemory: read(SECTION.memory, false, readMemories),
    start: read(SECTION.start, undefined, reader => readFunctionIndex(reader, functions.length)),
    exportNames: read(SECTION.export, new Set<string>(), readExportNames)
  }
}

/** Bounds the number of segments, whose bytes the program's own size bounds. */
export function checkSegments(module: Uint8Array, sections: ReadonlyMap<number, Section>): void {
  countOf(module, sections.get(SECTION.element), 'element segments', SEGMENTS_MAX)
  countOf(module, sections.get(SECTION.data), 'data segments', SEGMENTS_MAX)
}

function countOf(module: Uint8Array, section: Section | undefined, what: string, max: number): number {
  return section === undefined ? 0 : createByteReader(module, section.start, section.end).count(what, max)
}

function list<T>(reader: ByteReader, what: string, max: number, read: () => T): T[] {
  const count = reader.count(what, max)
  const items: T[] = []
  // Not Array.from: what says that it has many items may have none.
  for (let i = 0; i < count; i++) items.push(read())
  return items
}

function readTypes(reader: ByteReader): FunctionType[] {
  return list(reader, 'types', TYPES_MAX, () => {
    if (reader.byte() !== FUNCTION_FORM) throw badProgram('the program has types other than those of functions')
    return { params: readValueTypes(reader), results: readValueTypes(reader) }
  })
}

function readValueTypes(reader: ByteReader): Uint8Array {
  const types = reader.take(reader.count('parameters or results', ARITY_MAX))
  if (!types.every(isValueType)) throw badProgram('the program has values of a type that is not in its profile')
  return types
}

function readImports(reader: ByteReader, typeAt: (index: number) => FunctionType): FunctionType[] {
  return list(reader, 'imports', FUNCTIONS_MAX, () => {
    const from = readName(reader)
    const name = readName(reader)
    if (from !== WASI_MODULE || reader.byte() !== EXTERNAL.function) {
      throw badProgram('the program imports what WASI preview 1 does not have', {
        import: `${from}.${name}`.slice(0, NAME_CHARS_MAX)
      })
    }
    return typeAt(reader.u32())
  })
}

function readName(reader: ByteReader): string {
  return Buffer.from(reader.take(reader.count('bytes in a name', NAME_BYTES_MAX))).toString()
}

function readTables(reader: ByteReader): TableType[] {
  return list(reader, 'tables', TABLES_MAX, () => {
    const element = reader.byte()
    if (!isReferenceType(element)) throw badProgram('the program has a table of a kind that is not in its profile')
    const flags = reader.byte()
    if (flags & ~HAS_MAXIMUM) throw badProgram('the program has a shared or 64-bit table')
    const initial = reader.count('table entries', TABLE_ENTRIES_MAX)
    const maximum = flags & HAS_MAXIMUM ? reader.u32() : TABLE_ENTRIES_MAX
    return { element, initial, maximum: Math.min(maximum, TABLE_ENTRIES_MAX) }
  })
}

function readMemories(reader: ByteReader): boolean {
  const count = reader.u32()
  if (count > 1) throw badProgram('the program has several memories')
  if (count === 0) return false
  const flags = reader.byte()
  if (flags & ~HAS_MAXIMUM) throw badProgram('the program has a shared or 64-bit memory')
  reader.u32()
  if (flags & HAS_MAXIMUM) reader.u32()
  return true
}

function readFunctionIndex(reader: ByteReader, functions: number): number {
  const index = reader.u32()
  if (index >= functions) throw badProgram('the program refers to a function that it does not have')
  return index
}

function readExportNames(reader: ByteReader): Set<string> {
  const names = list(reader, 'exports', EXPORTS_MAX, () => {
    const name = readName(reader)
    reader.byte()
    reader.u32()
    return name
  })
  return new Set(names)
}
