import { CommanderError } from 'commander'
import { EXIT } from './errors/exit-codes.ts'
import { renderReport, reportOf } from './errors/report.ts'
import { wantsJson } from './flags.ts'
import { createHost } from './host.ts'
import { interruptionOf, watchInterrupts } from './interrupts.ts'
import { createStyle } from './output/style.ts'
import { createProgram } from './program.ts'

/** Runs one command line and ends the process with its exit code. */
export async function main(argv: readonly string[]): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  const interrupts = watchInterrupts()
  const host = createHost(interrupts)
  // A promise nobody waited for failed: a bug of ours, told like any other error.
  process.on('uncaughtException', err => process.exit(fail(err)))
  // Timers and sockets of libraries may leave it to others to keep the process alive: until the command is done, we do.
  const awake = setInterval(() => {}, 2 ** 30)
  let exitCode: number
  try {
    await createProgram(host).parseAsync(argv, { from: 'user' })
    exitCode = host.exitCode
  } catch (err) {
    exitCode = fail(err)
  }
  clearInterval(awake)
  await Promise.all([process.stdout, process.stderr].map(flush))
  // Whatever is still open (a connection being closed, a child's pipe) has no say in when a command ends.
  process.exit(exitCode)

  function fail(thrown: unknown): number {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return EXIT.ok
      // Help printed because no subcommand was named.
      if (thrown.code === 'commander.help') return EXIT.usage
    }
    const { err, exitCode } = interruptionOf(thrown, interrupts.signal)
    const report = reportOf(err)
    const flags = host.context?.flags
    const json = flags === undefined ? wantsJson(argv) : flags.format === 'json'
    const color = flags?.color ?? !argv.includes('--no-color')
    const style = createStyle({ isTty: process.stderr.isTTY === true, env: process.env, color })
    process.stderr.write(`${renderReport(report, { json, style })}\n`)
    if ((flags?.verbose ?? argv.includes('--verbose')) && err instanceof Error)
      host.context?.output.detail(chainOf(err))
    const ownExitCode = report.exitCode === EXIT.failure ? host.failureExitCode : undefined
    return exitCode ?? ownExitCode ?? report.exitCode
  }
}

/** Stack of an error and of what caused it. */
function chainOf(err: Error): string {
  const stack = err.stack ?? err.message
  return err.cause instanceof Error ? `${stack}\ncaused by ${chainOf(err.cause)}` : stack
}

/** `archipel … | head -1` closes our stdout early: not our failure, and nobody is left to tell. */
function ignoreClosedPipe(err: NodeJS.ErrnoException): void {
  if (err.code !== 'EPIPE' && err.code !== 'ERR_STREAM_DESTROYED') throw err
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise(resolve => {
    if (stream.destroyed || !stream.writable) resolve()
    else stream.write('', () => resolve())
  })
}
