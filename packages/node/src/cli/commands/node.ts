import type { Command } from 'commander'
import { addWalletFlags } from '../flags.ts'
import type { CommandHost } from '../host.ts'

export function register(program: Command, host: CommandHost): void {
  const node = program.command('node').description('Sell the time of this computer')

  node
    .command('init')
    .description('set this computer up as a provider: three questions')
    .option('--region <name>', 'region it stands in, such as eu-west')
    .option('--price <tokens>', 'what one core costs for an hour')
    .option('--owner <address>', 'where earnings are paid to; `node` for the key of the node itself')
    .option('--site <name>', 'building or rack it stands in (default: the name of this computer)')
    .option('--cpus <number>', 'cores to sell (default: all)')
    .option('--memory <size>', 'memory to sell (default: half)')
    .option('--password-file <file>', 'file with the password of the node key, readable by you alone')
    .option('--no-interactive', 'take defaults instead of asking')
    .action(host.action(async () => (await import('../actions/node-init.ts')).initNode))

  addWalletFlags(node.command('start'))
    .description('run the node until it is told to stop')
    .action(host.action(async () => (await import('../actions/node-start.ts')).startNode))

  node
    .command('status')
    .description('what the running node says of itself')
    .action(host.action(async () => (await import('../actions/node-status.ts')).showStatus))

  node
    .command('peers')
    .description('whom the running node is connected to, and how')
    .action(host.action(async () => (await import('../actions/node-peers.ts')).showPeers))

  node
    .command('doctor')
    .description('what confines programs on this computer, what is missing and why (exit code 14: they cannot be run)')
    .option('--strict', 'exit with 14 also where a layer is weak or missing')
    .action(host.action(async () => (await import('../actions/node-doctor.ts')).examineMachine))

  node
    .command('earnings')
    .description('what the node earned: promised, redeemed, waiting, at risk')
    .action(host.action(async () => (await import('../actions/node-earnings.ts')).showEarnings))

  addWalletFlags(node.command('withdraw'))
    .argument('[amount]', 'tokens, such as 5 or 0.25 (default: all)')
    .description('send earnings from the owner’s balance in the escrow to the owner')
    .option('--to <address>', 'send them there instead')
    .option('--dry-run', 'show what would be sent, then stop')
    .action(host.action(async () => (await import('../actions/node-withdraw.ts')).withdrawEarnings))
}
