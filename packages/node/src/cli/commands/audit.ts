import type { Command } from 'commander'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  const audit = program.command('audit').description('Check what others say against the chain, trusting nobody')

  audit
    .command('verify')
    .argument('<agreement|file>', 'a bundle, or the id of an agreement made here')
    .description('check one agreement: signatures, result, every payment, the escrow; exit code 10 on a mismatch')
    .option('--bundle <file>', 'the bundle of the agreement named')
    .option('--rpc-url <url>', 'endpoint of the chain (default: ETH_RPC_URL, or that of the network)')
    .option('--escrow <address>', 'the escrow contract it must be about')
    .action(host.action(async () => (await import('../actions/audit-verify.ts')).verify))
}
