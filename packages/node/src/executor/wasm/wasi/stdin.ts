/** Fills `targets`, one after the other, with what has not been read yet; gives how many bytes that was, 0 at the end. */
export type Stdin = (targets: readonly Uint8Array[]) => number

export function createStdin(content: Uint8Array = new Uint8Array(0)): Stdin {
  let position = 0
  return targets => {
    const before = position
    for (const target of targets) {
      const part = content.subarray(position, position + target.length)
      target.set(part)
      position += part.length
    }
    return position - before
  }
}
