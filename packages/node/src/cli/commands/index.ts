import type { Command } from 'commander'
import type { CommandHost } from '../host.ts'
import { register as audit } from './audit.ts'
import { register as bond } from './bond.ts'
import { register as devnet } from './devnet.ts'
import { register as dispute } from './dispute.ts'
import { register as escrow } from './escrow.ts'
import { register as job } from './job.ts'
import { register as node } from './node.ts'
import { register as offers } from './offers.ts'
import { register as run } from './run.ts'
import { register as wallet } from './wallet.ts'

/** Each file registers one group: names, options and help only. What they do is loaded when they run. */
export const COMMANDS: readonly ((program: Command, host: CommandHost) => void)[] = [
  run,
  job,
  offers,
  escrow,
  wallet,
  audit,
  node,
  bond,
  dispute,
  devnet
]
