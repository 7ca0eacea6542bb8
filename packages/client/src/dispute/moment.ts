import type { Address, UnixSec, Wei } from '@archipel/protocol'
import { COURT_RULES } from '@archipel/protocol'
import type { Chain, Court } from '../chain/index.ts'
import type { CallOptions } from '../client.ts'

/** What all cases of a party have in common at one moment. */
export interface CourtMoment {
  readonly nowSec: UnixSec
  readonly block: number
  readonly feePerGasWei: bigint
  /** In the stake token. */
  readonly quantum: Wei
  readonly stakeToken: Address
  readonly seats: number
  /** Ours: in the court, and in our wallet. */
  readonly balance: Wei
  readonly wallet: Wei
}

export async function readMoment(
  {
    chain,
    court,
    account
  }: {
    chain: Pick<Chain, 'clock' | 'gasPrice'>
    court: Pick<Court, 'seatUnit' | 'seatCount' | 'stakeToken' | 'balanceOf' | 'stakeBalance'>
    account: Address
  },
  options: CallOptions
): Promise<CourtMoment> {
  const [{ block, sec }, feePerGasWei, unit, stakeToken, seats, balance, wallet] = await Promise.all([
    chain.clock(options),
    chain.gasPrice(options),
    court.seatUnit(options),
    court.stakeToken(options),
    court.seatCount(options),
    court.balanceOf(account, options),
    court.stakeBalance(account, options)
  ])
  const quantum = unit / BigInt(COURT_RULES.seatQuanta)
  return { nowSec: sec, block, feePerGasWei, quantum, stakeToken, seats, balance, wallet }
}
