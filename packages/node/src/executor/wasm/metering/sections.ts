import { badProgram, createByteReader } from './byte-reader.ts'

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12
} as const

/** The order in which sections follow one another, which is not that of their numbers. */
export const SECTION_ORDER: readonly number[] = [
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.global,
  SECTION.export,
  SECTION.start,
  SECTION.element,
  SECTION.dataCount,
  SECTION.code,
  SECTION.data
]

/** Magic number and version 1 of the core format; a component has another version. */
export const HEADER: readonly number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

/** Where the content of a section lies. */
export interface Section {
  readonly start: number
  readonly end: number
}

/**
 * The sections of a module, by number, without those that say nothing to an engine.
 *
 * Throws ProgramFault E_BAD_PROGRAM for what is not a module, comes twice or in another order, or belongs to an extension
 * of the format, such as the tags of exceptions.
 */
export function readSections(module: Uint8Array): ReadonlyMap<number, Section> {
  if (!HEADER.every((byte, i) => module[i] === byte)) throw badProgram('the program is not a WebAssembly module')
  const reader = createByteReader(module, HEADER.length, module.length)
  const sections = new Map<number, Section>()
  let last = -1
  while (!reader.atEnd()) {
    const id = reader.byte()
    const length = reader.u32()
    const start = reader.position()
    reader.skip(length)
    if (id === SECTION.custom) continue
    const order = SECTION_ORDER.indexOf(id)
    if (order < 0) throw badProgram('the program has a section that is not in its profile', { section: id })
    if (order <= last) throw badProgram('the sections of the program are out of order', { section: id })
    last = order
    sections.set(id, { start, end: start + length })
  }
  return sections
}
