import { type Address, sameHex } from '@archipel/protocol'
import { type ChainInit, withoutKey } from '../chain.ts'
import { noContract, read, uptimeInterface } from '../contract/interfaces.ts'
import { type CallOptions, createRpc } from '../rpc/rpc.ts'
import { createSender } from '../transactions/sender.ts'
import { createUptimeReads, type UptimeReads } from './reads.ts'
import { createUptimeWrites, type UptimeWrites } from './writes.ts'

/** The Uptime contract of one network, as seen by one account or by nobody in particular. */
export interface Uptime extends UptimeReads, UptimeWrites {
  readonly chainId: number
  readonly uptime: Address
  /** Who sends transactions; undefined when made without a key. */
  readonly address: Address | undefined
  /**
   * Makes sure that it is the arbiter of this network's channels and bonds.
   *
   * @throws CodedError E_RPC_DOWN, E_WRONG_CHAIN, E_NO_CONTRACT
   */
  checkUptime(options?: CallOptions): Promise<void>
}

export interface UptimeInit extends Omit<ChainInit, 'token'> {
  /** The Uptime contract. */
  uptime: Address
  /** The Bonds contract that credits are paid from. */
  bonds: Address
}

/**
 * The door to services that are paid by their witnesses' word. Holds no connection and no timer.
 *
 * @example
 * const uptime = createUptime({ ...network, uptime: network.uptime, bonds: network.bonds, signer })
 * await uptime.redeemUptime({ agreed, key }, tallies)
 */
export function createUptime(init: UptimeInit): Uptime {
  const { uptime, bonds, escrow, signer, txTimeoutMs, confirmations, fees, ...rpcInit } = init
  const rpc = createRpc(rpcInit)
  const { nowMs } = rpcInit
  const sender =
    signer === undefined ? withoutKey : createSender({ rpc, signer, txTimeoutMs, confirmations, fees, nowMs })
  const ask = async (method: string, options?: CallOptions) =>
    String((await read(rpc, { to: uptime, via: uptimeInterface, method, args: [] }, options))[0])

  return {
    chainId: rpc.chainId,
    uptime,
    address: signer?.address,
    async checkUptime(options) {
      const [judged, paying] = await Promise.all([ask('escrow', options), ask('bonds', options)])
      if (!sameHex(judged, escrow) || !sameHex(paying, bonds)) throw noContract(uptime, rpc.chainId)
    },
    ...createUptimeReads(rpc, uptime),
    ...createUptimeWrites(sender, uptime)
  }
}
