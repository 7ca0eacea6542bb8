import { pino, stdTimeFunctions } from 'pino'
import type { Logger } from '../log.ts'
import { escapeText } from './output/escape.ts'
import type { Style } from './output/style.ts'

/** Facts under these names are never written, wherever they stand. */
export const REDACTED = ['privateKey', 'password', 'secret', 'mnemonic', 'key'].flatMap(name => [name, `*.${name}`])

export interface NodeLogInit {
  stderr: NodeJS.WriteStream
  verbose: boolean
  quiet: boolean
  style: Style
}

/** Logs of a node on stderr: lines for people on a terminal, lines of JSON anywhere else. */
export function createNodeLog({ stderr, verbose, quiet, style }: NodeLogInit): Logger {
  const write = stderr.isTTY === true ? (line: string) => forPeople(line, style) : (line: string) => line
  return pino(
    {
      level: verbose ? 'debug' : quiet ? 'warn' : 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: describeError },
      redact: { paths: REDACTED, censor: '[redacted]' }
    },
    { write: line => void stderr.write(write(line)) }
  )
}

/** Codes and facts are enough to act on; stacks only help with bugs. */
function describeError(err: unknown): unknown {
  if (!(err instanceof Error)) return err
  const { code, facts } = err as Error & { code?: unknown; facts?: unknown }
  const plain = facts === undefined ? undefined : JSON.parse(JSON.stringify(facts, withoutBigint))
  return code === undefined ? { message: err.message, stack: err.stack } : { code, message: err.message, facts: plain }
}

function withoutBigint(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

/** `12:34:56 info  redeemed  amount=5 tx=0x…` */
function forPeople(line: string, style: Style): string {
  const { time, level, msg, ...facts } = JSON.parse(line) as Record<string, unknown>
  const text = Object.entries(facts).map(
    ([name, value]) =>
      `${style('dim', `${name}=`)}${escapeText(typeof value === 'string' ? value : JSON.stringify(value))}`
  )
  const paint = level === 'error' ? 'red' : level === 'warn' ? 'yellow' : 'dim'
  const clock = String(time).slice(11, 19)
  return `${[style('dim', clock), style(paint, String(level).padEnd(5)), escapeText(String(msg ?? '')), ...text].join(' ')}\n`
}
