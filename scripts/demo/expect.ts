/** The demo shows what it says or fails: a claim that does not hold ends it. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
  /** What a program printed that was at fault. */
  readonly output: string | undefined

  constructor(message: string, output?: string) {
    super(message)
    this.output = output
  }
}

export function expect(holds: boolean, claim: string, output?: string): asserts holds {
  if (!holds) throw new DemoError(`not so: ${claim}`, output)
}
