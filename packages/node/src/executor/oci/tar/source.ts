/** Bytes that come in chunks, taken in pieces of the reader's choice. */
export interface Source {
  /** Undefined where there are none left. Throws RangeError where there are some, but fewer. */
  take(bytes: number): Promise<Buffer | undefined>
  /** Passes on as many as there must be, in pieces as they come. Throws RangeError where there are fewer. */
  pass(bytes: number, taker?: (piece: Buffer) => void): Promise<void>
  /** Everything that is left. */
  drain(): Promise<void>
  /** Nobody wants more. */
  close(): Promise<void>
}

export function createSource(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Source {
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  let rest: Buffer = Buffer.of()

  /** Whether there is at least one more byte. */
  async function fill(): Promise<boolean> {
    while (rest.length === 0) {
      const { done, value } = await iterator.next()
      if (done === true) return false
      rest = value
    }
    return true
  }

  async function pass(bytes: number, taker?: (piece: Buffer) => void): Promise<void> {
    for (let left = bytes; left > 0; ) {
      if (!(await fill())) throw new RangeError('the archive is cut off')
      const piece = rest.subarray(0, left)
      rest = rest.subarray(piece.length)
      left -= piece.length
      taker?.(piece)
    }
  }

  return {
    pass,
    async take(bytes) {
      if (bytes <= rest.length) {
        const whole = rest.subarray(0, bytes)
        rest = rest.subarray(bytes)
        return whole
      }
      if (!(await fill())) return undefined
      const pieces: Buffer[] = []
      await pass(bytes, piece => pieces.push(piece))
      return Buffer.concat(pieces)
    },
    async drain() {
      while (await fill()) rest = Buffer.of()
    },
    async close() {
      await iterator.return?.()
    }
  }
}
