import { type Address, type Hash, sameHex } from '@archipel/protocol'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'

/**
 * What a transaction of an account cost it, in the native coin: for those whose end its sender did not see. Told to people
 * and held against budgets; nothing is paid by it, so one endpoint will do.
 *
 * @returns undefined for one that is not mined, or that somebody else sent
 */
export async function readFeePaid(
  rpc: Rpc,
  transaction: Hash,
  account: Address,
  options?: CallOptions
): Promise<bigint | undefined> {
  const receipt = (await rpc.request('eth_getTransactionReceipt', [transaction], options)) as {
    from: string
    gasUsed: string
    effectiveGasPrice?: string
  } | null
  if (receipt === null || !sameHex(receipt.from, account)) return undefined
  return BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice ?? 0)
}
