import { bondsAbi, courtAbi, credentialsAbi, escrowAbi, testTokenAbi, uptimeAbi } from '@archipel/contracts'
import { CodedError, type Hex } from '@archipel/protocol'
import { Interface, isError, type Result } from 'ethers'
import { type CallOptions, type Rpc, replyErrorOf } from '../rpc/rpc.ts'

/** Encodes calls to the escrow and decodes what it answers, logs and reverts with. */
export const escrowInterface = new Interface(escrowAbi)
/** The same for bonds. */
export const bondsInterface = new Interface(bondsAbi)
/** The same for the court. */
export const courtInterface = new Interface(courtAbi)
/** The same for credentials. */
export const credentialsInterface = new Interface(credentialsAbi)
/** The same for the arbiter for services. */
export const uptimeInterface = new Interface(uptimeAbi)
/** The same for an ERC-20. Only the standard's own functions and errors are used of a token that is not ours. */
export const tokenInterface = new Interface(testTokenAbi)

export interface ReadRequest {
  readonly to: Hex
  readonly via: Interface
  readonly method: string
  readonly args: readonly unknown[]
}

/**
 * Calls a view function at the latest block that enough endpoints have; all of them must answer the same.
 *
 * @throws what {@link Rpc.agree} throws; E_NO_CONTRACT when nothing there understands the question
 */
export async function read(rpc: Rpc, { to, via, method, args }: ReadRequest, options?: CallOptions): Promise<Result> {
  const data = via.encodeFunctionData(method, args)
  try {
    const [answer] = await rpc.agree({ method: 'eth_call', params: block => [{ to, data }, block] }, options)
    return via.decodeFunctionResult(method, String(answer))
  } catch (err) {
    // None of the views we ask ever reverts, or answers anything but what it declares.
    if (isError(err, 'BAD_DATA') || /revert/i.test(replyErrorOf(err)?.message ?? ''))
      throw noContract(to, rpc.chainId, err)
    throw err
  }
}

export function noContract(address: Hex, chainId: number, cause?: unknown): CodedError {
  return new CodedError('E_NO_CONTRACT', `the contract expected at ${address} is not there on chain ${chainId}`, {
    facts: { address, chainId },
    hint: 'a local chain that was started anew has lost it; otherwise check the addresses in the network descriptor',
    cause
  })
}
