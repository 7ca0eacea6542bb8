import { Command } from 'commander'
import { COMMANDS } from './commands/index.ts'
import { addGlobalFlags } from './flags.ts'
import type { CommandHost } from './host.ts'
import { version } from './version.ts'

/** The whole command line. Throws CommanderError instead of ending the process; prints help only. */
export function createProgram(host: CommandHost): Command {
  const program = new Command('archipel')
    .description('Run programs on the computers of independent operators, or sell the time of yours')
    .version(version(), '--version', 'print the version')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({ subcommandTerm: termOf })
    .showSuggestionAfterError()
    // Global options are read before and after the command's name, and never out of what follows a program's name.
    .enablePositionalOptions()
  for (const register of COMMANDS) register(program, host)
  everyCommand(program, addGlobalFlags)
  return program
}

function everyCommand(command: Command, visit: (command: Command) => void): void {
  visit(command)
  for (const sub of command.commands) everyCommand(sub, visit)
}

/** `run <program>`: every command has options, so that says nothing. */
function termOf(command: Command): string {
  const args = command.registeredArguments.map(argument => {
    const name = `${argument.name()}${argument.variadic ? '…' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  return [command.name(), ...args].join(' ')
}
