import type { Command } from 'commander'
import { addWalletFlags } from '../flags.ts'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  const bond = program.command('bond').description('Collateral that backs the word of your nodes')

  addWalletFlags(bond.command('status'))
    .argument('[owner]', 'address of somebody else')
    .description('what is bonded, exposed, leaving and claimable, and for which nodes')
    .action(host.action(async () => (await import('../actions/bond-status.ts')).showBond))

  addWalletFlags(bond.command('add'))
    .argument('<amount>', 'tokens, such as 5 or 0.25')
    .description("move tokens from the owner's wallet into its bond, and answer for the node of this computer")
    .option('--dry-run', 'show what would be sent, then stop')
    .action(host.action(async () => (await import('../actions/bond-add.ts')).addBond))

  addWalletFlags(bond.command('expose'))
    .argument('<arbiter>', 'court, uptime, or an address')
    .argument('<amount>', 'tokens that it can take in all; 0 for none')
    .description('set what of the bond an arbiter can take: more at once, less a month later')
    .option('--dry-run', 'show what would be sent, then stop')
    .action(host.action(async () => (await import('../actions/bond-expose.ts')).exposeBond))

  addWalletFlags(bond.command('exit'))
    .argument('[amount]', 'tokens; all of the bond if left out')
    .description('take the bond back: request it, and complete it a month later')
    .option('--cancel', 'take the request back')
    .option('--dry-run', 'show what would be sent, then stop')
    .action(host.action(async () => (await import('../actions/bond-exit.ts')).exitBond))

  addWalletFlags(bond.command('faults'))
    .description('contradictions that providers signed, what was done about them, and what it brought')
    .action(host.action(async () => (await import('../actions/bond-faults.ts')).listFaults))

  addWalletFlags(bond.command('collect'))
    .description("take what others' slashed bonds have credited to the wallet")
    .option('--to <address>', 'where to; the wallet itself if left out')
    .action(host.action(async () => (await import('../actions/bond-collect.ts')).collectClaims))
}
