import type { UnixSec } from '@archipel/protocol'
import { type CallOptions, type Rpc, toQuantity } from '../rpc/rpc.ts'

/** The newest block that enough endpoints have, and the time that it says: what contracts go by. */
export interface ChainClock {
  readonly block: number
  readonly sec: UnixSec
}

/** @param at a block to ask about, instead of the newest @throws what {@link Rpc.agree} throws */
export async function readClock(rpc: Rpc, options?: CallOptions, at?: number): Promise<ChainClock> {
  const block = at ?? (await rpc.head(options))
  const timeOf = (found: unknown) => Number((found as { timestamp?: string } | null)?.timestamp)
  const [found] = await rpc.agree(
    {
      method: 'eth_getBlockByNumber',
      params: () => [toQuantity(block), false],
      block,
      keyOf: answer => String(timeOf(answer))
    },
    options
  )
  return { block, sec: timeOf(found) }
}
