import {
  type BlockStore,
  type CourtMoment,
  type DisputeRecord,
  deliveredData,
  randomHash,
  type SigningContext
} from '@archipel/client'
import {
  CLAIM_AGE_SEC_MAX,
  type ClaimDecision,
  type ClaimStatement,
  caseId,
  commitToData,
  type DisputePolicy,
  decideClaim,
  isCodedError,
  type ProviderAgreement,
  RECEIPT_FINAL,
  type Receipt,
  type Result,
  receiptType,
  sign,
  stakeQuanta,
  type Wei,
  ZERO_HASH
} from '@archipel/protocol'
import type { ChannelRecord } from '../store/records.ts'

/** What is known of an agreement that may have to be claimed for. */
export interface Candidate {
  readonly agreement: ProviderAgreement
  readonly channel: ChannelRecord
  /** What our other open claims on the channel are about. */
  readonly claimed: Wei
  /** Something else still runs on it. */
  readonly isBusy: boolean
}

export function decide(
  { agreement, channel, claimed, isBusy }: Candidate,
  { nowSec, quantum, feePerGasWei }: CourtMoment,
  policy: DisputePolicy
): ClaimDecision {
  const stake = BigInt(stakeQuanta(0)) * quantum
  return decideClaim({ agreement, channel, claimed, isBusy, stake, feePerGasWei, nowSec, policy })
}

/** What a claim says was delivered; undefined when that cannot be shown any more, or is too large to be argued about. */
export async function dataOf(
  { phase }: Pick<ProviderAgreement, 'phase'>,
  receipt: Pick<Receipt, 'kind'>,
  blocks: Pick<BlockStore, 'get'>
): Promise<DeliveredData | undefined> {
  if (receipt.kind !== RECEIPT_FINAL) return { result: undefined, root: ZERO_HASH, chunks: 0 }
  if (phase.code !== 'delivered') return undefined
  const { result } = phase
  try {
    const data = await deliveredData(result, blocks)
    return data && { result, ...commitToData(data) }
  } catch (err) {
    if (isCodedError(err) && err.code === 'E_DATA_TOO_LARGE') return undefined
    throw err
  }
}

export interface DeliveredData {
  readonly result: Result | undefined
  readonly root: ClaimStatement['dataRoot']
  readonly chunks: number
}

/** The record of a claim that is about to be made. From the books as they are at this moment, all of them together. */
export function claimRecord(
  { agreement, channel }: Pick<Candidate, 'agreement' | 'channel'>,
  { receipt, alreadyPaid, due }: Extract<ClaimDecision, { type: 'claim' }>,
  data: DeliveredData,
  { block, nowSec }: CourtMoment,
  signing: Pick<SigningContext, 'signer' | 'domain'>
): DisputeRecord {
  const { voucher } = channel
  return {
    id: caseId(agreement.channel, agreement.id, 'claim'),
    kind: 'claim',
    side: 'plaintiff',
    agreement: agreement.id,
    channel: channel.key,
    counterparty: agreement.demand.body.buyer,
    amount: due,
    seed: randomHash(),
    fromBlock: searchedFrom(block),
    since: nowSec,
    opening: {
      filing: {
        channel: channel.key,
        bid: agreement.bid.body,
        receipt: sign(signing.signer, signing.domain, receiptType, receipt),
        agreementSignature: agreement.agreement.signature
      },
      statement: {
        alreadyPaid,
        voucher: voucher && {
          cumulative: voucher.body.cumulative,
          commitment: voucher.body.commitment,
          signature: voucher.signature
        },
        dataRoot: data.root,
        dataChunks: data.chunks
      },
      bySec: receipt.issuedAt + CLAIM_AGE_SEC_MAX
    },
    delivered: data.result,
    steps: [],
    end: undefined,
    next: undefined
  }
}

/** A filing that is mined and reorganised away is mined again in a later block, never in one much earlier. */
const SEARCH_AGAIN_BLOCKS = 64

export function searchedFrom(block: number): number {
  return Math.max(0, block - SEARCH_AGAIN_BLOCKS)
}

/** True for a claim of ours that is not over. */
export function isOpenClaim({ kind, side, end }: DisputeRecord): boolean {
  return kind === 'claim' && side === 'plaintiff' && end === undefined
}

/** True for one that was not filed, because the tokens for its stake are not there. */
export function isShort({ next }: DisputeRecord): boolean {
  return next?.phase === 'opening' && next.what === 'stake'
}
