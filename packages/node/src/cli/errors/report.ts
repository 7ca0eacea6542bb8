import { CommanderError } from 'commander'
import { escapeText } from '../output/escape.ts'
import { SCHEMA_VERSION, toJson } from '../output/json.ts'
import type { Style } from '../output/style.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'

/** An error as people and programs are shown it. */
export interface ErrorReport {
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly facts: Readonly<Record<string, unknown>>
  readonly exitCode: number
}

/** Codes of Node and the system that need no explanation of their own. */
const SYSTEM_MESSAGES: Readonly<Record<string, readonly [code: string, what: string]>> = {
  ENOENT: ['E_FILE_NOT_FOUND', 'no such file or folder'],
  EACCES: ['E_FILE_PERMISSIONS', 'permission denied'],
  EPERM: ['E_FILE_PERMISSIONS', 'not permitted'],
  EISDIR: ['E_FILE_NOT_FOUND', 'is a folder, not a file'],
  ENOTDIR: ['E_FILE_NOT_FOUND', 'is a file, not a folder'],
  ENOSPC: ['E_DISK_FULL', 'the disk is full']
}

/** Makes a report of anything that was thrown. `cause` of a cancelled command tells why it was cancelled. */
export function reportOf(err: unknown): ErrorReport {
  if (err instanceof CommanderError) return ofCommander(err)
  if (!(err instanceof Error)) return unexpected(String(err))
  const { code, facts, hint, path } = err as Error & Partial<Record<'code' | 'facts' | 'hint' | 'path', unknown>>
  if (typeof code === 'string' && typeof facts === 'object' && facts !== null) {
    return {
      code,
      message: err.message,
      hint: typeof hint === 'string' ? hint : undefined,
      facts: facts as Record<string, unknown>,
      exitCode: exitCodeOf(code)
    }
  }
  const system = typeof code === 'string' ? SYSTEM_MESSAGES[code] : undefined
  if (system === undefined) return unexpected(err.message)
  const name = typeof path === 'string' ? `${path}: ` : ''
  const [ours, what] = system
  return { code: ours, message: `${name}${what}`, hint: undefined, facts: {}, exitCode: exitCodeOf(ours) }
}

/** `error[CODE]: message` and `hint: …` lines, or one line of JSON. Facts are shown to programs and with `--verbose`. */
export function renderReport(report: ErrorReport, { json, style }: { json: boolean; style: Style }): string {
  const { code, message, hint, facts } = report
  if (json) return toJson({ schemaVersion: SCHEMA_VERSION, error: { code, message, hint, facts } }, 0)
  const lines = [`${style('red', `error[${code}]`)}: ${escapeText(message)}`]
  for (const line of hint?.split('\n') ?? []) lines.push(`${style('cyan', 'hint')}: ${escapeText(line)}`)
  return lines.join('\n')
}

function unexpected(message: string): ErrorReport {
  return {
    code: 'E_UNEXPECTED',
    message,
    hint: 'this is a bug: run again with --verbose and report what it prints',
    facts: {},
    exitCode: EXIT.failure
  }
}

/** commander says `error: unknown option '--foo'\n(Did you mean --food?)`. */
function ofCommander({ message, code }: CommanderError): ErrorReport {
  const [first = '', second] = message.split('\n')
  return {
    code: 'E_USAGE',
    message: first.replace(/^error: /, ''),
    hint: second?.replace(/^\(Did you mean (.*)\?\)$/s, 'did you mean $1?') ?? 'see --help',
    facts: { reason: code.replace(/^commander\./, '') },
    exitCode: EXIT.usage
  }
}
