import { z } from 'zod'
import { parseAmount, parsePositiveAmount } from './amount.ts'
import { parseDurationSec } from './duration.ts'
import { parseSizeBytes } from './size.ts'

/** A schema of text that a parser of ours reads. YAML gives `0.05` as a number; its text says the same. */
function parsedBy<T>(parse: (text: string, name: string) => T) {
  return z.union([z.string(), z.number()]).transform((value, context): T => {
    const text = String(value)
    try {
      return parse(text, JSON.stringify(text))
    } catch (err) {
      context.addIssue({ code: 'custom', message: (err as Error).message })
      return z.NEVER
    }
  })
}

export const amountSchema = parsedBy(parseAmount)
export const positiveAmountSchema = parsedBy(parsePositiveAmount)
export const durationSecSchema = parsedBy(parseDurationSec)
export const sizeSchema = parsedBy(parseSizeBytes)
/** Whether contradictions of providers are reported: when it brings more than it costs, at any cost, or never. */
export const reportSchema = z.enum(['worthwhile', 'always', 'never'])
