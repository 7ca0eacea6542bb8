import { type Address, createBondsDomain, sameHex, toHex } from '@archipel/protocol'
import { type ChainInit, withoutKey } from '../chain.ts'
import { bondsInterface, noContract, read } from '../contract/interfaces.ts'
import { type CallOptions, createRpc } from '../rpc/rpc.ts'
import { createSender } from '../transactions/sender.ts'
import { type BondsReads, createBondsReads } from './reads.ts'
import { type BondsWrites, createBondsWrites } from './writes.ts'

/** The Bonds contract of one network and one token, as seen by one account or by nobody in particular. */
export interface Bonds extends BondsReads, BondsWrites {
  readonly chainId: number
  readonly bonds: Address
  readonly token: Address
  /** Who sends transactions; undefined when made without a key. */
  readonly address: Address | undefined
  /**
   * Makes sure that collateral sent there is collateral: the contract is there, and judges what is signed for this escrow.
   *
   * @throws CodedError E_RPC_DOWN, E_WRONG_CHAIN, E_NO_CONTRACT
   */
  checkBonds(options?: CallOptions): Promise<void>
}

export interface BondsInit extends ChainInit {
  /** The Bonds contract. */
  bonds: Address
}

/**
 * The door to keys and collateral, beside `createChain`. Holds no connection and no timer either; transactions of one key
 * keep out of each other's way, whichever of the two sends them.
 *
 * @example
 * const bonds = createBonds({ ...network, bonds: network.bonds, signer })
 * await bonds.registerKey(proveKeyPossession(nodeKey, owner, createBondsDomain(chainId, network.bonds)))
 * await bonds.bond(100n * 10n ** 18n)
 */
export function createBonds(init: BondsInit): Bonds {
  const { bonds, escrow, token, signer, txTimeoutMs, confirmations, fees, ...rpcInit } = init
  const rpc = createRpc(rpcInit)
  const reads = createBondsReads(rpc, bonds, token)
  const { nowMs } = rpcInit
  const sender =
    signer === undefined ? withoutKey : createSender({ rpc, signer, txTimeoutMs, confirmations, fees, nowMs })
  const ask = async (method: string, options?: CallOptions) =>
    String((await read(rpc, { to: bonds, via: bondsInterface, method, args: [] }, options))[0])

  return {
    chainId: rpc.chainId,
    bonds,
    token,
    address: signer?.address,
    async checkBonds(options) {
      const [separator, judged] = await Promise.all([ask('domainSeparator', options), ask('escrow', options)])
      const expected = toHex(createBondsDomain(rpc.chainId, bonds).separator)
      if (!sameHex(separator, expected) || !sameHex(judged, escrow)) throw noContract(bonds, rpc.chainId)
    },
    ...reads,
    ...createBondsWrites(sender, reads, bonds, token)
  }
}
