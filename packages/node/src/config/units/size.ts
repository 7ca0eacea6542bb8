import { CodedError } from '@archipel/protocol'

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  m: 2 ** 20,
  mib: 2 ** 20,
  g: 2 ** 30,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12
}

/**
 * `512MiB`, `1.5GiB`, `2g`, `500kB` or plain bytes as whole bytes above zero. One letter is binary, as docker reads it.
 *
 * @param name what the text was given for, e.g. `--memory`
 * @throws CodedError E_SIZE_INVALID
 */
export function parseSizeBytes(text: string, name: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,3})?) ?([a-z]{0,3})$/i.exec(text)
  const unit = match === null ? undefined : UNIT_BYTES[match[2]!.toLowerCase()]
  const bytes = unit === undefined ? Number.NaN : Math.round(Number(match![1]) * unit)
  if (bytes > 0 && Number.isSafeInteger(bytes)) return bytes
  throw new CodedError('E_SIZE_INVALID', `${name}: ${JSON.stringify(text)} is not a size`, {
    facts: { name, text },
    hint: 'a number and a unit, such as 512MiB or 1.5GiB'
  })
}

/** `1.5 GiB`: for people. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let [value, index] = [bytes, 0]
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024
    index += 1
  }
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${units[index]}`
}
