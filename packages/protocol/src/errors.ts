/**
 * An error for people and programs: a stable code, the facts, and the next thing to do.
 *
 * Match by `code`, never by `instanceof`: two copies of a package may be loaded at once.
 */
export class CodedError<Code extends string = string> extends Error {
  override readonly name: string = 'CodedError'
  /** Stable, bounded API: it labels metrics and selects exit codes. */
  readonly code: Code
  /** What was seen, by name; bigint allowed. Never holds a secret. */
  readonly facts: Readonly<Record<string, unknown>>
  /** What the person reading this can do next. */
  readonly hint: string | undefined

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.facts = options.facts ?? {}
    this.hint = options.hint
  }
}

export interface CodedErrorOptions {
  facts?: Record<string, unknown>
  hint?: string
  cause?: unknown
}

/** True for any error that carries a code of ours, whichever copy of this package made it. */
export function isCodedError(err: unknown): err is CodedError {
  return err instanceof Error && typeof (err as { code?: unknown }).code === 'string' && 'facts' in err
}

/** A broken promise of our own code: stop this unit of work loudly. Never caused by a peer. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition)
    throw new CodedError('E_ASSERT', `broken invariant: ${message}`, { hint: 'this is a bug: please report it' })
}
