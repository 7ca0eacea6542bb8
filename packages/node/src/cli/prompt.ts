import { password, text } from '@clack/prompts'
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

function answered(value: string | symbol): string {
  // Ctrl-C, Escape or our signal: clack answers with a symbol.
  if (typeof value === 'symbol') throw codedError('E_CANCELLED', 'stopped at a question: nothing was changed')
  return value
}
