import { type Command, Option } from 'commander'
import { FORMATS, type Format } from './output/output.ts'

/** What every command understands. */
export interface GlobalFlags {
  readonly format: Format
  readonly quiet: boolean
  readonly verbose: boolean
  readonly color: boolean
  /** False after `--no-input`: never ask. */
  readonly interactive: boolean
  /** Answer yes to every question. */
  readonly yes: boolean
  readonly timeout: string | undefined
  readonly dataDir: string | undefined
  readonly config: string | undefined
  readonly network: string | undefined
}

/**
 * Adds the global options to a command. A command with an `--output` of its own gets the format as `-o, --format`; all
 * commands understand `--format`.
 */
export function addGlobalFlags(command: Command): void {
  const isRoot = command.parent === null
  const hasOutput = command.options.some(({ long }) => long === '--output')
  const format = new Option(hasOutput ? '-o, --format <format>' : '-o, --output <format>', 'form of the answer')
  format.choices(FORMATS).default(undefined, 'table')
  format.attributeName = () => 'format'
  // `run --input` is a folder, so the value of `--no-input` needs a name of its own.
  const noInput = new Option('--no-input', 'never ask; fail when something is missing')
  noInput.attributeName = () => 'interactive'
  for (const option of [
    format,
    new Option('--json', 'the same as --output json'),
    new Option('-q, --quiet', 'only answers and errors'),
    new Option('-v, --verbose', 'say more on stderr'),
    new Option('--no-color', 'no colours'),
    noInput,
    new Option('-y, --yes', 'answer yes to every question'),
    new Option('--timeout <duration>', 'give up after this long, e.g. 30s or 5m'),
    new Option('--data-dir <folder>', 'folder of the network: keys, jobs, descriptor'),
    new Option('--config <file>', 'configuration file to read instead of ./archipel.yaml'),
    new Option('--network <name>', 'network to use')
  ]) {
    command.addOption(isRoot ? option : option.helpGroup('Global options:'))
  }
}

/** For commands that sign: which key, and where its password is. */
export function addWalletFlags(command: Command): Command {
  return command
    .option('--wallet <name>', 'wallet to use')
    .option('--password-file <file>', 'file with its password, readable by you alone')
}

/** Global flags wherever they were given; the one nearest to the end of the line wins. */
export function readGlobalFlags(command: Command): GlobalFlags {
  const json = given(command, 'json') === true
  return {
    format: json ? 'json' : ((given(command, 'format') as Format | undefined) ?? 'table'),
    quiet: given(command, 'quiet') === true,
    verbose: given(command, 'verbose') === true,
    color: given(command, 'color') !== false,
    interactive: given(command, 'interactive') !== false,
    yes: given(command, 'yes') === true,
    timeout: given(command, 'timeout') as string | undefined,
    dataDir: given(command, 'dataDir') as string | undefined,
    config: given(command, 'config') as string | undefined,
    network: given(command, 'network') as string | undefined
  }
}

/** For errors in the command line itself, when there are no flags yet. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  const ours = end === -1 ? argv : argv.slice(0, end)
  return ours.some(
    (arg, index) =>
      arg === '--json' ||
      /^(?:-o=?|--output=|--format=)json$/.test(arg) ||
      (arg === 'json' && /^(?:-o|--output|--format)$/.test(ours[index - 1] ?? ''))
  )
}

function given(command: Command, name: string): unknown {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const source = at.getOptionValueSource(name)
    if (source !== undefined && source !== 'default') return at.getOptionValue(name)
  }
  return undefined
}
