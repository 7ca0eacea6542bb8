/** The program called `proc_exit`. */
export class ProgramExit extends Error {
  override readonly name = 'ProgramExit'
  /** 0 to 2^32 - 1. */
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit ${exitCode}`)
    this.exitCode = exitCode
  }
}

export type ProgramFaultCode =
  | 'E_BAD_PROGRAM'
  | 'E_BAD_INPUT'
  | 'E_FUEL'
  | 'E_MEMORY'
  | 'E_OUTPUT_LIMIT'
  | 'E_DISK_LIMIT'

/** The job ends here without a result: a quota ran out, or the program broke the rules of the host interface. */
export class ProgramFault extends Error {
  override readonly name = 'ProgramFault'
  readonly code: ProgramFaultCode
  readonly facts: Record<string, unknown>

  constructor(code: ProgramFaultCode, message: string, facts: Record<string, unknown> = {}) {
    super(message)
    this.code = code
    this.facts = facts
  }
}
