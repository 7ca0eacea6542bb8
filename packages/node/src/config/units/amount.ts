import { CodedError, type Wei } from '@archipel/protocol'

/** Decimals of the token that prices are in. */
export const TOKEN_DECIMALS = 18
/** Largest amount a message can carry. */
const AMOUNT_MAX = 2n ** 128n - 1n

/**
 * `0.05` tokens as smallest units, exactly.
 *
 * @param name what the text was given for, e.g. `--max-price`
 * @throws CodedError E_AMOUNT_INVALID for anything but a plain decimal number: no sign, no exponent, no separators, no
 *   more than 18 decimals, nothing above 2^128 − 1 units
 */
export function parseAmount(text: string, name: string): Wei {
  const match = /^(\d{1,39})(?:\.(\d+))?$/.exec(text)
  const fail = (why: string): never => {
    throw new CodedError('E_AMOUNT_INVALID', `${name}: ${JSON.stringify(text)} is not an amount: ${why}`, {
      facts: { name, text },
      hint: 'tokens as a plain decimal number, such as 0.05'
    })
  }
  if (match === null) return fail('digits and one point only')
  const decimals = (match[2] ?? '').replace(/0+$/, '')
  if (decimals.length > TOKEN_DECIMALS) return fail(`more than ${TOKEN_DECIMALS} decimals`)
  const amount = BigInt(match[1]!) * 10n ** BigInt(TOKEN_DECIMALS) + BigInt(decimals.padEnd(TOKEN_DECIMALS, '0'))
  return amount > AMOUNT_MAX ? fail('too large') : amount
}

/** Like {@link parseAmount}, and not zero. */
export function parsePositiveAmount(text: string, name: string): Wei {
  const amount = parseAmount(text, name)
  if (amount > 0n) return amount
  throw new CodedError('E_AMOUNT_INVALID', `${name} must be more than zero`, { facts: { name, text } })
}

/** All digits that matter: `0.05`, `12`, `0.000000000000000001`. */
export function formatAmount(amount: Wei): string {
  const [sign, digits] = amount < 0n ? ['-', (-amount).toString()] : ['', amount.toString()]
  const padded = digits.padStart(TOKEN_DECIMALS + 1, '0')
  const decimals = padded.slice(-TOKEN_DECIMALS).replace(/0+$/, '')
  return `${sign}${padded.slice(0, -TOKEN_DECIMALS)}${decimals === '' ? '' : `.${decimals}`}`
}

/** With the token's symbol: `0.05 ARC`. The symbol comes from a contract, so it is bounded here. */
export function formatTokens(amount: Wei, symbol: string): string {
  return `${formatAmount(amount)} ${symbol.slice(0, 16)}`
}
