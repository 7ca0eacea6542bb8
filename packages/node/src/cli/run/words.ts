import type { Failure, Wei } from '@archipel/protocol'
import { formatAmount, TOKEN_DECIMALS } from '../../config/units/amount.ts'

/** `0x1a2b3c4d…`: the start of an id, as commands accept it. */
export function shortId(id: string): string {
  return id.length > 12 ? `${id.slice(0, 10)}…` : id
}

/** The start of an id, ready to be typed. */
export function commandId(id: string): string {
  return id.slice(0, 10)
}

const DIGITS = 6

/** An amount for people: six digits that matter, never rounded to nothing. Programs get all of them. */
export function roundAmount(amount: Wei): string {
  const digits = amount.toString().length
  const drop = BigInt(Math.max(0, Math.min(digits - DIGITS, TOKEN_DECIMALS)))
  const unit = 10n ** drop
  return formatAmount(((amount + unit / 2n) / unit) * unit)
}

/** At least so much, in four digits: what somebody is told to type. */
export function roundUpAmount(amount: Wei): string {
  const unit = 10n ** BigInt(Math.max(0, amount.toString().length - 4))
  return formatAmount(((amount + unit - 1n) / unit) * unit)
}

export function tokens(amount: Wei, symbol: string): string {
  return `${roundAmount(amount)} ${symbol.slice(0, 16)}`
}

/** `1.2 MiB`, `512 MiB`, `17 B` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return `${unit === 0 || Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`
}

export function failureText({ code, message }: Pick<Failure, 'code' | 'message'>): string {
  return `${code}: ${message}`
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
