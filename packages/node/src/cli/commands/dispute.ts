import type { Command } from 'commander'
import { addWalletFlags } from '../flags.ts'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  const dispute = program
    .command('dispute')
    .description('Cases in court: what silent buyers owe, and wrong results that were paid for')

  dispute
    .command('ls')
    .description("open cases of this computer's buyer and node, and what comes next in each")
    .option('--all', 'those that are over, too')
    .action(host.action(async () => (await import('../actions/dispute-ls.ts')).listDisputes))

  dispute
    .command('show')
    .argument('<id>', 'case, or the start of its id')
    .description('what happened in a case and what it cost, what speaks for you, and what follows if nobody acts')
    .action(host.action(async () => (await import('../actions/dispute-show.ts')).showDispute))

  addWalletFlags(dispute.command('act'))
    .description("look at the buyer's open cases and do what is due; a running node does so by itself")
    .action(host.action(async () => (await import('../actions/dispute-act.ts')).actOnDisputes))
}
