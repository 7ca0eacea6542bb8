import type { Command } from 'commander'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  const devnet = program.command('devnet').description('A whole network on this machine, to try things on')

  devnet
    .command('up')
    .description('start a chain, six providers in three regions and a funded buyer')
    .action(host.action(async () => (await import('../actions/devnet.ts')).up))

  devnet
    .command('down')
    .description('stop all of it')
    .action(host.action(async () => (await import('../actions/devnet.ts')).down))

  devnet
    .command('status')
    .alias('ls')
    .description('what runs')
    .action(host.action(async () => (await import('../actions/devnet.ts')).status))

  devnet
    .command('kill-region')
    .argument('<region>', 'one of the regions that status shows')
    .description('end all providers of a region at once, as a power cut would')
    .action(host.action(async () => (await import('../actions/devnet.ts')).killRegion))
}
