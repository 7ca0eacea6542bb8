import { type Address, sameHex } from '@archipel/protocol'
import { type ChainInit, withoutKey } from '../chain.ts'
import { noContract } from '../contract/interfaces.ts'
import { type CallOptions, createRpc } from '../rpc/rpc.ts'
import { createSender } from '../transactions/sender.ts'
import { type CourtSource, createCourtSource } from './court-source.ts'
import { type CourtReads, createCourtReads } from './reads.ts'
import { type CourtWrites, createCourtWrites } from './writes.ts'

/** The court of one network, as seen by one account or by nobody in particular. */
export interface Court extends CourtReads, CourtWrites {
  readonly chainId: number
  readonly court: Address
  /** Who sends transactions; undefined when made without a key. */
  readonly address: Address | undefined
  /** What `createChainWatcher` follows: cases as they move, and are taken back by re-organisations. */
  readonly source: CourtSource
  /**
   * Makes sure that it is a court for this network's channels and bonds.
   *
   * @throws CodedError E_RPC_DOWN, E_WRONG_CHAIN, E_NO_CONTRACT
   */
  checkCourt(options?: CallOptions): Promise<void>
}

export interface CourtInit extends Omit<ChainInit, 'token'> {
  /** The Court contract. */
  court: Address
  /** The Bonds contract that faults are compensated from. */
  bonds: Address
}

/**
 * The door to the court. Holds no connection and no timer; transactions of one key keep out of each other's way, whichever
 * door sends them.
 *
 * @example
 * const court = createCourt({ ...network, court: network.court, bonds: network.bonds, signer })
 * await court.deposit(6n * quantum)
 * const { story } = await court.claim(filing, statement)
 * await court.finalise(story, filing.channel) // two days later, if nobody contested it
 */
export function createCourt(init: CourtInit): Court {
  const { court, bonds, escrow, signer, txTimeoutMs, confirmations, fees, ...rpcInit } = init
  const rpc = createRpc(rpcInit)
  const reads = createCourtReads(rpc, court)
  const { nowMs } = rpcInit
  const sender =
    signer === undefined ? withoutKey : createSender({ rpc, signer, txTimeoutMs, confirmations, fees, nowMs })

  return {
    chainId: rpc.chainId,
    court,
    address: signer?.address,
    source: createCourtSource(rpc, court),
    async checkCourt(options) {
      const [judged, paying] = await Promise.all([reads.escrow(options), reads.bonds(options)])
      if (!sameHex(judged, escrow) || !sameHex(paying, bonds)) throw noContract(court, rpc.chainId)
    },
    ...reads,
    ...createCourtWrites(sender, reads, court)
  }
}
