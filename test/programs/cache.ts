import { join } from 'node:path'
import { type CommandOptions, type CommandResult, runCommand } from '../../scripts/command.ts'

/** What is fetched and built stays here; git ignores it. */
export const CACHE = join(import.meta.dirname, '.cache')

const TIMEOUT_MS = 5 * 60_000
/** A compiler that finds much to complain about says the first of it last. */
const SHOWN_CHARS = 4000

/** @throws with what the command printed, when it fails */
export async function runOrThrow(
  command: string,
  args: readonly string[],
  options: Partial<CommandOptions> = {}
): Promise<CommandResult> {
  const result = await runCommand(command, args, { timeoutMs: TIMEOUT_MS, ...options })
  if (result.exitCode === 0) return result
  const said = (result.stderr + result.stdout).slice(0, SHOWN_CHARS)
  throw new Error(`${command} ended with ${result.exitCode}:\n${said}`)
}
