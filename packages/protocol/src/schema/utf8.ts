const encoder = new TextEncoder()

export function encode(text: string): Uint8Array {
  return encoder.encode(text)
}

/** As much of `text` from its start as fits, and as a text field can hold: whole characters, no byte order mark in front. */
export function clip(text: string, bytesMax: number): string {
  // One unit of a string is at least one byte, so this much holds all that can fit.
  const start = text
    .replace(/^\ufeff+/, '')
    .slice(0, bytesMax)
    .toWellFormed()
  const buffer = new Uint8Array(bytesMax)
  // Writes whole characters only.
  const { read } = encoder.encodeInto(start, buffer)
  return start.slice(0, read)
}
