import type { Command } from 'commander'
import { addWalletFlags } from '../flags.ts'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  const escrow = program.command('escrow').description('Money set aside to pay providers with')

  addWalletFlags(escrow.command('deposit'))
    .argument('<amount>', 'tokens, such as 5 or 0.25')
    .description('move tokens from the wallet into its balance in the escrow')
    .option('--dry-run', 'show what would be sent, then stop')
    .action(host.action(async () => (await import('../actions/escrow-deposit.ts')).deposit))

  addWalletFlags(escrow.command('status'))
    .description('what is free, what is set aside for which provider, what was spent')
    .action(host.action(async () => (await import('../actions/escrow-status.ts')).showEscrow))

  addWalletFlags(escrow.command('withdraw'))
    .argument('[amount]', 'tokens, such as 5 or 0.25')
    .description('send tokens from the balance in the escrow back to the wallet')
    .option('--all', 'all that is free')
    .option('--to <address>', 'send them there instead')
    .option('--dry-run', 'show what would be sent, then stop')
    .action(host.action(async () => (await import('../actions/escrow-withdraw.ts')).withdraw))

  addWalletFlags(escrow.command('close'))
    .argument('[channel]', 'id of a channel, or the start of it')
    .description('take back what lies in channels: request it, and complete it when it is due')
    .option('--all', 'all channels that hold anything')
    .option('--wait', 'until it is due, and complete it')
    .option('--dry-run', 'show what would be closed, then stop')
    .action(host.action(async () => (await import('../actions/escrow-close.ts')).close))
}
