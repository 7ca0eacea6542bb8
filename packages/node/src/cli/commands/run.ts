import type { Command } from 'commander'
import { EXIT } from '../errors/exit-codes.ts'
import { addWalletFlags } from '../flags.ts'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  addWalletFlags(program.command('run'))
    .description('run a program on computers of independent operators')
    .usage('(--wasm <file> | --image <image>) --max-price <tokens> [options] -- [args...]')
    .argument('[args...]', "the program's arguments, after --")
    .option('--wasm <file>', 'the program: a WASI preview 1 module')
    .option('--image <image>', 'the program: an archive of a container image, or its name with @sha256: and digest')
    .requiredOption('--max-price <tokens>', 'most the whole job may cost, replacements of lost replicas included')
    .option('--argv0 <name>', "what the program is called (default: the file's name without .wasm)")
    .option('--input <folder>', "files the program finds in its root folder, or in its container's /input")
    .option('--output <folder>', 'where to put the files it leaves in /output; new or empty')
    .option('--force', 'write among the files of an output folder that is not empty')
    .option('--replicas <number>', 'how many operators run it', '3')
    .option('--quorum <number>', 'how many must come to the same result (default: more than half)')
    .option('--spread <domain>', 'no two in one operator, site, network, region or grid', 'operator')
    .option('--region <name>', 'only there; may be given several times', collect)
    .option('--memory <size>', 'memory it may use', '512MiB')
    .option('--cpu <number>', 'cores it may use', '1')
    .option('--disk <size>', 'input and output together', '1GiB')
    .option('--duration <time>', 'longest it may run', '60s')
    .option(
      '--fuel <instructions>',
      'most that it may execute, e.g. 50G, or none to pay by time (default: 4G for each second)'
    )
    .option('--deadline <time>', 'from now; a later result is of no use', '10m')
    .option('-e, --env <name=value>', 'environment of the program; may be given several times', collect)
    .option('--limit-day <tokens>', 'most that all jobs from here may promise in 24 hours')
    .option('--limit-provider <tokens>', 'most of it to one provider')
    .option('--dry-run', 'show who would run it and what it would cost, then stop')
    .action(host.action(async () => (await import('../actions/run.ts')).run, { failureExitCode: EXIT.runFailed }))
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
