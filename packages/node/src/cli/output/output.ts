import { escapeLines, escapeText } from './escape.ts'
import { SCHEMA_VERSION, toJson, toPlain } from './json.ts'
import { createStyle, type Style } from './style.ts'
import { type Column, renderFields, renderTable } from './table.ts'

export const FORMATS = ['table', 'json', 'yaml', 'name'] as const
export type Format = (typeof FORMATS)[number]

/** What a command answers, in each form it can be asked for. */
export interface Answer {
  /** For programs; `schemaVersion` is added. */
  readonly json: Readonly<Record<string, unknown>>
  /** For people. */
  readonly human: (output: Pick<Output, 'style' | 'table' | 'fields'>) => string
  /** One id per line, for `xargs`. */
  readonly names: () => readonly string[]
}

/** Answers go to stdout, everything else to stderr. */
export interface Output {
  readonly format: Format
  /** Of stdout. */
  readonly style: Style
  /** True when people watch: stderr is a terminal, not `dumb`, and not `--quiet`. Only then may a line be redrawn. */
  readonly isAnimated: boolean
  /** The answer of the command, on stdout. */
  answer(answer: Answer): Promise<void>
  /** Bytes as they are, on stdout: a program's own output. */
  bytes(bytes: Uint8Array): void
  /** A line for people on stderr; silent under `--quiet`. Control characters are escaped. */
  note(text: string): void
  /** Like note, also under `--quiet`: what must not be missed. */
  warn(text: string): void
  /** Only with `--verbose`. */
  detail(text: string): void
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string
  fields(fields: readonly (readonly [name: string, value: string])[]): string
}

export interface OutputInit {
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
  env: NodeJS.ProcessEnv
  format: Format
  color: boolean
  quiet: boolean
  verbose: boolean
}

export function createOutput({ stdout, stderr, env, format, color, quiet, verbose }: OutputInit): Output {
  const style = createStyle({ isTty: stdout.isTTY === true, env, color })
  const errorStyle = createStyle({ isTty: stderr.isTTY === true, env, color })
  const output: Output = {
    format,
    style,
    isAnimated: stderr.isTTY === true && env.TERM !== 'dumb' && !quiet,
    async answer(answer) {
      const text = await render(answer, output)
      if (text !== '') stdout.write(`${text}\n`)
    },
    bytes: bytes => void stdout.write(bytes),
    note(text) {
      if (!quiet) stderr.write(`${escapeLines(text)}\n`)
    },
    warn: text => void stderr.write(`${errorStyle('yellow', 'warning')}: ${escapeText(text)}\n`),
    detail(text) {
      if (verbose) stderr.write(`${errorStyle('dim', escapeLines(text))}\n`)
    },
    table: (columns, rows) =>
      renderTable(columns, rows, { style, width: stdout.isTTY === true ? stdout.columns : undefined }),
    fields: fields => renderFields(fields, style)
  }
  return output
}

async function render(answer: Answer, output: Output): Promise<string> {
  switch (output.format) {
    case 'json':
      return toJson({ schemaVersion: SCHEMA_VERSION, ...answer.json })
    case 'yaml':
      return (await import('./yaml.ts')).toYaml(toPlain({ schemaVersion: SCHEMA_VERSION, ...answer.json }))
    case 'name':
      return answer.names().map(escapeText).join('\n')
    case 'table':
      return answer.human(output)
  }
}
