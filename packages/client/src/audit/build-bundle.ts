import {
  type AgreementId,
  type BuyerAgreement,
  CodedError,
  digestOf,
  type Hash,
  leafHash,
  type Result,
  receiptType
} from '@archipel/protocol'
import type { SigningContext } from '../context.ts'
import type { NetworkDescriptor } from '../network-descriptor.ts'
import type { BuyerRecords, LeafRecord } from '../records.ts'
import type { AuditBundle, BundleReceipt, ProvenLeaf } from './bundle.ts'
import { createProver } from './receipt-tree.ts'

export interface BundleInit {
  descriptor: Pick<NetworkDescriptor, 'chainId' | 'escrow' | 'token' | 'deployedAt'>
  signing: Pick<SigningContext, 'domain'>
  records: BuyerRecords
}

/**
 * Makes the bundle of an agreement from what the buyer stored.
 *
 * @throws CodedError E_NO_SUCH_AGREEMENT, and what the store throws
 */
export async function buildBundle({ descriptor, signing, records }: BundleInit, id: AgreementId): Promise<AuditBundle> {
  const state = await records.agreements.get(id)
  const channel = state === undefined ? undefined : await records.channels.get(state.channel)
  if (state === undefined || channel === undefined) {
    throw new CodedError('E_NO_SUCH_AGREEMENT', 'no such agreement is stored here', {
      facts: { agreement: id },
      hint: 'archipel job describe names the agreements of a job'
    })
  }
  // The log as of the voucher: leaves and voucher are stored together, but a later payment may come between two reads.
  const { voucher, log } = channel
  const isPaid = voucher !== undefined && state.paidReceipts > 0
  const leaves = isPaid ? await readLeaves(records, state.channel, log.size) : []
  const { chainId, escrow, token, deployedAt } = descriptor
  return {
    id,
    network: { chainId, escrow, token, deployedAt },
    offer: state.offer,
    demand: state.demand,
    bid: state.bid,
    agreement: state.agreement,
    channel: channel.key,
    receipts: receiptsOf(state, leaves, receipt => digestOf(signing.domain, receiptType, receipt)),
    voucher: isPaid ? { ...voucher, size: log.size } : undefined,
    result: resultOf(state)
  }
}

function readLeaves(records: BuyerRecords, channel: BuyerAgreement['channel'], size: number): Promise<LeafRecord[]> {
  const range = { gte: records.leafKey(channel, 0), lt: records.leafKey(channel, size) }
  return Array.fromAsync(records.leaves.iterate(range), ([, leaf]) => leaf)
}

function receiptsOf(
  state: BuyerAgreement,
  leaves: readonly LeafRecord[],
  digest: (receipt: BuyerAgreement['receipts'][number]['body']) => Hash
): BundleReceipt[] {
  const path = createProver(leaves.map(({ receipt, cumulative }) => leafHash(receipt, cumulative)))
  const places = new Map(leaves.map(({ receipt }, index) => [receipt, index]))
  const proven = (index: number): ProvenLeaf | undefined => {
    const leaf = leaves[index]
    return leaf && { receipt: leaf.receipt, cumulative: leaf.cumulative, path: path(index) }
  }
  return state.receipts.map(receipt => {
    const index = places.get(digest(receipt.body)) ?? -1
    const leaf = proven(index)
    if (leaf === undefined) return { receipt, payment: undefined }
    const { cumulative, path } = leaf
    return { receipt, payment: { index, cumulative, path, previous: proven(index - 1) } }
  })
}

function resultOf({ phase }: BuyerAgreement): Result | undefined {
  return 'result' in phase ? phase.result : undefined
}
