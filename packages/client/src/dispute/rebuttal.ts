import {
  appendLeaf,
  type CaseFacts,
  commitmentOf,
  EMPTY_LOG,
  type Hash,
  leafHash,
  proveInclusion,
  sameHex
} from '@archipel/protocol'
import type { PaidReceipt } from '../chain/index.ts'
import type { BuyerRecords, LeafRecord } from '../records.ts'

/**
 * What shows that a claimant was paid more than it states, by the very voucher that it acknowledges.
 *
 * @returns undefined when the claimant told the truth, or our records do not show otherwise
 */
export async function findRebuttal(
  records: Pick<BuyerRecords, 'agreements' | 'leaves' | 'leafKey' | 'leafPrefix'>,
  facts: Pick<CaseFacts, 'channel' | 'agreement' | 'alreadyPaid' | 'cumulative' | 'commitment'>
): Promise<PaidReceipt | undefined> {
  if (facts.cumulative === 0n) return undefined
  const agreement = await records.agreements.get(facts.agreement)
  if (agreement === undefined) return undefined
  const leaves = await acknowledgedLeaves(records, facts)
  for (let index = leaves.length - 1; index >= 0; index--) {
    const leaf = leaves[index]!
    if (!sameHex(leaf.agreement, facts.agreement)) continue
    const receipt = agreement.receipts[leaf.sequence]
    if (receipt === undefined || receipt.body.amount <= facts.alreadyPaid) return undefined
    const hashes = leaves.map(({ receipt: of, cumulative }) => leafHash(of, cumulative))
    return { receipt, cumulative: leaf.cumulative, proof: proveInclusion(hashes, index) }
  }
  return undefined
}

/** The log as it was when the acknowledged voucher was signed; empty when it is none of ours. */
async function acknowledgedLeaves(
  records: Pick<BuyerRecords, 'leaves' | 'leafKey' | 'leafPrefix'>,
  { channel, cumulative, commitment }: Pick<CaseFacts, 'channel' | 'cumulative' | 'commitment'>
): Promise<LeafRecord[]> {
  const leaves: LeafRecord[] = []
  let log = EMPTY_LOG
  const isLast = ({ cumulative: sum }: LeafRecord, hash: Hash) => sum === cumulative && sameHex(hash, commitment)
  for await (const [key, leaf] of records.leaves.iterate({ gte: records.leafKey(channel, 0) })) {
    if (!key.startsWith(records.leafPrefix(channel)) || leaf.cumulative > cumulative) return []
    leaves.push(leaf)
    log = appendLeaf(log, leafHash(leaf.receipt, leaf.cumulative))
    if (isLast(leaf, commitmentOf(log))) return leaves
  }
  return []
}
