import { CodedError } from '@archipel/protocol'

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }

/**
 * `5G`, `1.5T` or a plain count of instructions as a whole number above zero.
 *
 * @param name what the text was given for, e.g. `--fuel`
 * @throws CodedError E_FUEL_INVALID
 */
export function parseFuel(text: string, name: string): number {
  const match = /^(\d{1,16}(?:\.\d{1,3})?)([kMGT]?)$/.exec(text)
  const fuel = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS[match[2]!]!)
  if (fuel > 0 && Number.isSafeInteger(fuel)) return fuel
  throw new CodedError('E_FUEL_INVALID', `${name}: ${JSON.stringify(text)} is no number of instructions`, {
    facts: { name, text },
    hint: 'a number, perhaps with k, M, G or T, such as 50G; or none, to pay by time'
  })
}

/** `850`, `1.5 M`, `12 G`: for people. */
export function formatFuel(fuel: number): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, size]) => fuel >= size) ?? ['', 1]
  const value = fuel / size
  return `${Number(value.toFixed(value < 10 && size > 1 ? 1 : 0))} ${unit}`.trimEnd()
}
