import { escapeText } from './escape.ts'
import type { Style } from './style.ts'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => string
  readonly align?: 'right'
  /** May be cut on a narrow terminal, the widest first, down to this many characters. */
  readonly widthMin?: number
  readonly style?: (row: Row) => Parameters<Style>[0] | undefined
}

export interface TableOptions {
  style: Style
  /** Columns of the terminal; undefined when the output is no terminal: then nothing is cut. */
  width: number | undefined
}

const GAP = '  '

/** A table without borders, titles in capitals, every cell safe for terminals. */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { style, width }: TableOptions
): string {
  const cells = rows.map(row => columns.map(column => escapeText(column.cell(row))))
  const titles = columns.map(({ title }) => title.toUpperCase())
  const widths = columns.map((_, index) => Math.max(...[titles, ...cells].map(line => length(line[index]!))))
  if (width !== undefined) shrink(columns, widths, width)
  const line = (texts: readonly string[], paint: (text: string, index: number) => string) =>
    texts
      .map((text, index) => {
        const isLast = index === texts.length - 1
        return paint(pad(cut(text, widths[index]!), widths[index]!, columns[index]!.align, isLast), index)
      })
      .join(GAP)
  return [
    line(titles, text => style('bold', text)),
    ...cells.map((texts, rowIndex) =>
      line(texts, (text, index) => {
        const format = columns[index]!.style?.(rows[rowIndex]!)
        return format === undefined ? text : style(format, text)
      })
    )
  ].join('\n')
}

/** `name: value` lines, values in one column. */
export function renderFields(fields: readonly (readonly [name: string, value: string])[], style: Style): string {
  const width = Math.max(...fields.map(([name]) => length(name)))
  return fields.map(([name, value]) => `${style('dim', pad(name, width))}${GAP}${escapeText(value)}`).join('\n')
}

function shrink(columns: readonly Column<never>[], widths: number[], width: number): void {
  const total = () => widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1))
  const minimum = (index: number) => columns[index]!.widthMin ?? Number.POSITIVE_INFINITY
  while (total() > width) {
    const widest = widths
      .map((_, index) => index)
      .filter(index => widths[index]! > minimum(index))
      .sort((a, b) => widths[b]! - widths[a]!)[0]
    if (widest === undefined) return
    widths[widest]! -= 1
  }
}

function cut(text: string, width: number): string {
  const chars = [...text]
  return chars.length <= width ? text : `${chars.slice(0, Math.max(0, width - 1)).join('')}…`
}

function pad(text: string, width: number, align?: 'right', isLast = false): string {
  const fill = ' '.repeat(Math.max(0, width - length(text)))
  if (align === 'right') return fill + text
  return isLast ? text : text + fill
}

const length = (text: string): number => [...text].length
