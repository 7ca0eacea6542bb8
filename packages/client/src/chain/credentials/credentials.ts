import { type Address, createCredentialsDomain, sameHex, toHex } from '@archipel/protocol'
import { type ChainInit, withoutKey } from '../chain.ts'
import { credentialsInterface, noContract, read } from '../contract/interfaces.ts'
import { type CallOptions, createRpc } from '../rpc/rpc.ts'
import { createSender } from '../transactions/sender.ts'
import { type CredentialsReads, createCredentialsReads } from './reads.ts'
import { type CredentialsWrites, createCredentialsWrites } from './writes.ts'

/** The Credentials contract of one network, as seen by one account or by nobody in particular. */
export interface Credentials extends CredentialsReads, CredentialsWrites {
  readonly chainId: number
  readonly credentials: Address
  /** Who sends transactions; undefined when made without a key. */
  readonly address: Address | undefined
  /**
   * Makes sure that what is revoked there is revoked: the contract is there, and judges what is signed for this escrow.
   *
   * @throws CodedError E_RPC_DOWN, E_WRONG_CHAIN, E_NO_CONTRACT
   */
  checkCredentials(options?: CallOptions): Promise<void>
}

export interface CredentialsInit extends Omit<ChainInit, 'token'> {
  /** The Credentials contract. */
  credentials: Address
}

/**
 * The door to what issuers have revoked, lost or anchored. Holds no connection and no timer.
 *
 * @example
 * const credentials = createCredentials({ ...network, credentials: network.credentials })
 * await credentials.credentialStatus(bundle.credential, bundle.signature)
 */
export function createCredentials(init: CredentialsInit): Credentials {
  const { credentials, escrow, signer, txTimeoutMs, confirmations, fees, ...rpcInit } = init
  const rpc = createRpc(rpcInit)
  const { nowMs } = rpcInit
  const sender =
    signer === undefined ? withoutKey : createSender({ rpc, signer, txTimeoutMs, confirmations, fees, nowMs })
  const ask = async (method: string, options?: CallOptions) =>
    String((await read(rpc, { to: credentials, via: credentialsInterface, method, args: [] }, options))[0])

  return {
    chainId: rpc.chainId,
    credentials,
    address: signer?.address,
    async checkCredentials(options) {
      const [separator, judged] = await Promise.all([ask('domainSeparator', options), ask('escrow', options)])
      const expected = toHex(createCredentialsDomain(rpc.chainId, credentials).separator)
      if (!sameHex(separator, expected) || !sameHex(judged, escrow)) throw noContract(credentials, rpc.chainId)
    },
    ...createCredentialsReads(rpc, credentials),
    ...createCredentialsWrites(sender, credentials)
  }
}
