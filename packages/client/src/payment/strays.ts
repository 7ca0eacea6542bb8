import {
  type Address,
  type ChannelId,
  type ChannelKey,
  channelId,
  sameHex,
  type UnixSec,
  type Wei
} from '@archipel/protocol'
import type { Chain } from '../chain/index.ts'
import type { CallOptions } from '../client.ts'
import type { BuyerRecords } from '../records.ts'
import type { Op } from '../store/index.ts'

/**
 * A channel of ours that the chain has and our records do not: they were lost, or come from an old copy. What was
 * promised on it is not known, so nothing is ever signed on it again; what is left of it can be taken back.
 */
export interface StrayChannel {
  readonly id: ChannelId
  readonly key: ChannelKey
  readonly deposit: Wei
  readonly settled: Wei
  readonly closeAt: UnixSec
  /** The buyer wants its money back. */
  readonly exit?: true | undefined
}

/** All blocks up to this one, it included, were searched. */
export interface Searched {
  readonly block: number
}

/** Blocks searched again each time: a chain that reorganised deeper than this has worse problems. */
export const SEARCH_AGAIN_BLOCKS = 64

export interface SearchInit {
  records: Pick<BuyerRecords, 'channels' | 'strays' | 'searched'>
  chain: Chain
  payer: Address
  /** Block of the escrow's deployment. */
  deployedAt: number
}

/**
 * Looks for channels on chain that there is no record of, from where the last search ended.
 *
 * @returns those found, and what stores them together with how far the search got
 */
export async function searchStrays(
  { records, chain, payer, deployedAt }: SearchInit,
  options: CallOptions = {}
): Promise<{ found: StrayChannel[]; ops: Op[] }> {
  const toBlock = await chain.blockNumber(options)
  const before = await records.searched.get(payer)
  const fromBlock = Math.max(deployedAt, (before?.block ?? -1) + 1 - SEARCH_AGAIN_BLOCKS)
  if (fromBlock > toBlock) return { found: [], ops: [] }
  const opened = await chain.channelsOpenedFor(payer, { fromBlock, toBlock }, options)
  const found = new Map<ChannelId, StrayChannel>()
  for (const { payee, token, arbiter, meta } of opened) {
    if (!sameHex(token, chain.token)) continue
    const key: ChannelKey = { payer, payee, token, arbiter, meta }
    const id = channelId(key)
    const isKnown = (await records.channels.get(id)) !== undefined || (await records.strays.get(id)) !== undefined
    if (!isKnown) found.set(id, { id, key, ...(await chain.channelState(id, options)) })
  }
  const strays = [...found.values()]
  return {
    found: strays,
    ops: [...strays.map(stray => records.strays.put(stray.id, stray)), records.searched.put(payer, { block: toBlock })]
  }
}
