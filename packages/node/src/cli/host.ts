import type { Command } from 'commander'
import { type Context, createContext } from './context.ts'
import { readGlobalFlags } from './flags.ts'
import type { Interrupts } from './interrupts.ts'

/** What a command is given to do its work. */
export interface Invocation<Options> {
  readonly context: Context
  readonly options: Options
  /** Positional arguments, variadic ones as one array. */
  readonly args: readonly (string | string[] | undefined)[]
}

/** Runs a command. A returned number is the exit code; nothing is 0. */
export type Handler<Options> = (invocation: Invocation<Options>) => Promise<number | undefined>

/** Registered commands hand their work to this. */
export interface CommandHost {
  /**
   * For `.action(…)`. `load` imports the module that does the work, so that no command waits for the others' parts.
   *
   * @example
   * program.command('ls').action(host.action(async () => (await import('../actions/ls.ts')).list))
   */
  action<Options>(load: () => Promise<Handler<Options>>, options?: ActionOptions): (...args: unknown[]) => Promise<void>
}

export interface ActionOptions {
  /** Exit code of a failure that has none of its own: for commands whose own 1 means something else. */
  failureExitCode?: number
}

export interface RunningHost extends CommandHost {
  readonly exitCode: number
  /** Of failures without a code of their own; undefined for the usual one. */
  readonly failureExitCode: number | undefined
  /** Of the command that ran, once there is one. */
  readonly context: Context | undefined
}

export function createHost(interrupts: Interrupts): RunningHost {
  let exitCode = 0
  let failureExitCode: number | undefined
  let context: Context | undefined
  return {
    get exitCode() {
      return exitCode
    },
    get failureExitCode() {
      return failureExitCode
    },
    get context() {
      return context
    },
    action:
      <Options>(load: () => Promise<Handler<Options>>, options: ActionOptions = {}) =>
      async (...passed) => {
        failureExitCode = options.failureExitCode
        // commander appends the options and the command to the positional arguments.
        const command = passed.at(-1) as Command
        context = await createContext(readGlobalFlags(command), interrupts, command.opts())
        const handler = await load()
        const args = passed.slice(0, -2) as Invocation<Options>['args']
        exitCode = (await handler({ context, options: command.opts() as Options, args })) ?? 0
      }
  }
}
