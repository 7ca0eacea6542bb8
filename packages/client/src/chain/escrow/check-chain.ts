import { type Address, createSigningDomain, sameHex, toHex } from '@archipel/protocol'
import { escrowInterface, noContract, read } from '../contract/interfaces.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import { readBlockNumber } from './history.ts'

export interface ChainCheck {
  readonly chainId: number
  readonly blockNumber: number
}

/**
 * Makes sure that money sent there arrives: the chain answers, is the right one, and holds the escrow and the token.
 * The escrow is known by its EIP-712 domain, so vouchers that we sign are vouchers that it takes.
 *
 * @throws CodedError E_RPC_DOWN, E_WRONG_CHAIN, E_NO_CONTRACT
 */
export async function checkChain(
  rpc: Rpc,
  escrow: Address,
  token: Address,
  options?: CallOptions
): Promise<ChainCheck> {
  const blockNumber = await readBlockNumber(rpc, options)
  const [code] = await rpc.agree({ method: 'eth_getCode', params: block => [token, block] }, options)
  if (code === '0x') throw noContract(token, rpc.chainId)
  const question = { to: escrow, via: escrowInterface, method: 'domainSeparator', args: [] }
  const [separator] = await read(rpc, question, options)
  const expected = toHex(createSigningDomain(rpc.chainId, escrow).separator)
  if (!sameHex(String(separator), expected)) throw noContract(escrow, rpc.chainId)
  return { chainId: rpc.chainId, blockNumber }
}
