import type { Command } from 'commander'
import { addWalletFlags } from '../flags.ts'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  const wallet = program.command('wallet').description('Keys that pay and are paid')

  wallet
    .command('new')
    .description('make a key, kept in an encrypted file')
    .option('--name <name>', 'name of the wallet')
    .option('--password-file <file>', 'file with its password, readable by you alone')
    .action(host.action(async () => (await import('../actions/wallet.ts')).newWallet))

  addWalletFlags(wallet.command('address'))
    .description('print the address of a wallet')
    .action(host.action(async () => (await import('../actions/wallet.ts')).showAddress))

  addWalletFlags(wallet.command('balance'))
    .description('tokens, free balance in the escrow, coin for gas')
    .action(host.action(async () => (await import('../actions/wallet-balance.ts')).showBalance))
}
