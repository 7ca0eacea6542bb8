import type { Command } from 'commander'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  const offers = program.command('offers').description('What providers offer')

  offers
    .command('ls')
    .description('list the offers of the network as its peers know them now')
    .option('--region <name>', 'only there; may be given several times', collect)
    .action(host.action(async () => (await import('../actions/offers.ts')).listOffers))
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
