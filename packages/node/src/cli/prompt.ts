import { confirm as askYesNo, password, text } from '@clack/prompts'
import type { Context } from './context.ts'
import { codedError } from './errors/coded.ts'

/** Asks on stderr; nothing typed is shown. @throws CodedError E_CANCELLED */
export async function askPassword(message: string, signal: AbortSignal): Promise<string> {
  return answered(await password({ message, mask: ' ', output: process.stderr, signal }))
}

export interface Question {
  message: string
  defaultValue: string
  /** Says what is wrong with an answer; undefined when it is good. */
  validate: (value: string) => string | undefined
}

/** Asks on stderr; the default is taken by pressing Enter. @throws CodedError E_CANCELLED */
export async function askText({ message, defaultValue, validate }: Question, signal: AbortSignal): Promise<string> {
  return answered(
    await text({
      message,
      defaultValue,
      placeholder: defaultValue,
      validate: value => validate(value === undefined || value === '' ? defaultValue : value),
      output: process.stderr,
      signal
    })
  )
}

/**
 * Asks before money moves. Whoever cannot be asked, or said `--yes`, has decided already by typing the command.
 *
 * @throws CodedError E_CANCELLED
 */
export async function confirm({ isInteractive, flags, signal }: Context, message: string): Promise<void> {
  if (!isInteractive || flags.yes) return
  if (answered(await askYesNo({ message, output: process.stderr, signal }))) return
  throw codedError('E_CANCELLED', 'not confirmed: nothing was sent')
}

function answered<T>(value: T): Exclude<T, symbol> {
  // Ctrl-C, Escape or our signal: clack answers with a symbol.
  if (typeof value === 'symbol') throw codedError('E_CANCELLED', 'stopped at a question: nothing was changed')
  return value as Exclude<T, symbol>
}
