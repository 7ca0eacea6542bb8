import type { Command } from 'commander'
import { addWalletFlags } from '../flags.ts'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  const escrow = program.command('escrow').description('Money set aside to pay providers with')

  addWalletFlags(escrow.command('deposit'))
    .argument('<amount>', 'tokens, such as 5 or 0.25')
    .description('move tokens from the wallet into its balance in the escrow')
    .action(host.action(async () => (await import('../actions/escrow.ts')).deposit))

  addWalletFlags(escrow.command('status'))
    .description('what is free, and what is set aside for which provider')
    .action(host.action(async () => (await import('../actions/escrow.ts')).showEscrow))
}
