import { WasiErrno } from './errno.ts'
import { ProgramFault } from './stop.ts'

/**
 * One host function: the types of its parameters (`i` for i32, `I` for i64) and what it does. It returns nothing for
 * success and throws otherwise. An i32 arrives unsigned; an i64 arrives as an unsigned bigint unless it says signed.
 */
export interface HostCall {
  readonly params: string
  readonly run: (...args: never[]) => void
}

export function hostCall<Args extends readonly (number | bigint)[]>(
  params: string,
  run: (...args: Args) => void
): HostCall {
  return { params, run: run as unknown as HostCall['run'] }
}

/**
 * What is imported by the program. Once a call has ended the job, every later call ends it again: WebAssembly can
 * catch what is thrown through it, and must not live on.
 *
 * `onCall` runs before each call.
 */
export function guardHostCalls(
  calls: Readonly<Record<string, HostCall>>,
  onCall: () => void
): WebAssembly.ModuleImports {
  let ended: { cause: unknown } | undefined

  function guard({ params, run }: HostCall, name: string) {
    return (...args: unknown[]): number => {
      if (ended !== undefined) throw ended.cause
      try {
        onCall()
        run(...(readArgs(name, params, args) as never[]))
        return 0
      } catch (err) {
        if (err instanceof WasiErrno) return err.errno
        // A TypeError is our own fault here; outside it means that the program has its imports wrong.
        ended = { cause: err instanceof TypeError ? new Error(`host call ${name} failed`, { cause: err }) : err }
        throw ended.cause
      }
    }
  }

  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, guard(call, name)]))
}

/** JavaScript does not check the type under which a program imports a function, so this does. */
function readArgs(name: string, params: string, args: unknown[]): (number | bigint)[] {
  if (args.length === params.length) {
    const read = args.map((arg, i) => readArg(params[i]!, arg))
    if (!read.includes(undefined)) return read as (number | bigint)[]
  }
  throw new ProgramFault('E_BAD_PROGRAM', `the program imports ${name} under a wrong type`, { import: name })
}

function readArg(param: string, arg: unknown): number | bigint | undefined {
  if (param === 'i') return Number.isInteger(arg) ? (arg as number) >>> 0 : undefined
  return typeof arg === 'bigint' ? BigInt.asUintN(64, arg) : undefined
}
