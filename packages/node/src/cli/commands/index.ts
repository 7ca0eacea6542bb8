import type { Command } from 'commander'
import type { CommandHost } from '../host.ts'
import { register as devnet } from './devnet.ts'
import { register as escrow } from './escrow.ts'
import { register as node } from './node.ts'
import { register as wallet } from './wallet.ts'

/** Each file registers one group: names, options and help only. What they do is loaded when they run. */
export const COMMANDS: readonly ((program: Command, host: CommandHost) => void)[] = [wallet, escrow, node, devnet]
