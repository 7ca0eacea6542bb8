import type { CallOptions, Rpc } from './rpc.ts'

export type Fees =
  | { readonly type: 2; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly type: 0; readonly gasPrice: bigint }

/** What block builders are paid where the endpoint has no opinion: one gwei. */
const PRIORITY_FEE_WEI = 1_000_000_000n

/**
 * EIP-1559 fees that outlast five full blocks (each may raise the base fee by an eighth), or a gas price on older
 * chains.
 */
export async function readFees(rpc: Rpc, options?: CallOptions): Promise<Fees> {
  const block = (await rpc.request('eth_getBlockByNumber', ['latest', false], options)) as { baseFeePerGas?: string }
  if (block.baseFeePerGas === undefined) {
    return { type: 0, gasPrice: BigInt(String(await rpc.request('eth_gasPrice', [], options))) }
  }
  const maxPriorityFeePerGas = await readPriorityFee(rpc, options)
  return { type: 2, maxFeePerGas: 2n * BigInt(block.baseFeePerGas) + maxPriorityFeePerGas, maxPriorityFeePerGas }
}

async function readPriorityFee(rpc: Rpc, options?: CallOptions): Promise<bigint> {
  try {
    return BigInt(String(await rpc.request('eth_maxPriorityFeePerGas', [], options)))
  } catch (err) {
    if ((err as { code?: unknown }).code === 'E_RPC_ERROR') return PRIORITY_FEE_WEI
    throw err
  }
}
