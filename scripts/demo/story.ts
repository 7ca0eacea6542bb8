import { type Column, renderTable } from '../../packages/node/src/cli/output/table.ts'

/** Tells what happens while it happens. */
export interface Story {
  chapter(title: string): void
  line(text: string): void
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): void
  /** The last line. */
  end(text: string): void
}

export function createStory(write: (text: string) => void): Story {
  let chapters = 0
  const line = (text: string) => write(`   ${text}\n`)
  return {
    chapter: title => write(`\n${++chapters}  ${title}\n`),
    line,
    table(columns, rows) {
      for (const text of renderTable(columns, rows, { style: (_, text) => text, width: undefined }).split('\n')) {
        line(text.trimEnd())
      }
    },
    end: text => write(`\n${text}\n`)
  }
}
