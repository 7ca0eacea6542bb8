import {
  type Address,
  type BuyerAgreement,
  type CaseEvidence,
  type CaseFacts,
  type CaseOpinion,
  CodedError,
  caseTruth,
  channelId,
  commitToData,
  sameHex,
  type Wei,
  ZERO_HASH
} from '@archipel/protocol'
import type { Bonds, Chain, Court } from '../chain/index.ts'
import type { BlockStore } from '../content/block-store.ts'
import type { BuyerRecords } from '../records.ts'
import { deliveredData } from './data.ts'
import { findRebuttal } from './rebuttal.ts'
import type { DisputeParty } from './runner.ts'

export interface BuyerPartyInit {
  records: BuyerRecords
  chain: Pick<Chain, 'redeem' | 'channelState'>
  court: Pick<Court, 'court'>
  bonds: Pick<Bonds, 'ownerOf' | 'exposureOf'>
  blocks: Pick<BlockStore, 'get'>
}

/** A buyer in court: it knows what it paid, and what its quorum came to. */
export function createBuyerParty(init: BuyerPartyInit, account: Address): DisputeParty {
  const { records, chain, bonds, court, blocks } = init

  async function examineClaim(facts: CaseFacts): Promise<CaseEvidence> {
    const [agreement, channel, { settled }, rebuttal] = await Promise.all([
      records.agreements.get(facts.agreement),
      records.channels.get(facts.channel),
      chain.channelState(facts.channel),
      findRebuttal(records, facts)
    ])
    const promised = channel?.voucher?.body.cumulative ?? 0n
    // Promised after what the claimant acknowledges, for this very work…
    const isHidden = promised > facts.cumulative && (agreement?.paid ?? 0n) > facts.alreadyPaid
    // …or before, which counts once it is on the chain.
    const isUnproven = rebuttal !== undefined && settled < rebuttal.cumulative
    return {
      opinion: agreement === undefined ? 'unknown' : await opinionOf(facts, agreement),
      hasData: false,
      canRebut: rebuttal !== undefined && settled >= rebuttal.cumulative,
      canRedeem: promised > settled && (isHidden || isUnproven)
    }
  }

  /** Whether what is claimed was delivered. What the quorum came to is what the program does. */
  async function opinionOf(facts: CaseFacts, agreement: BuyerAgreement): Promise<CaseOpinion> {
    // Work without a result: ticks that we may have given up before, and cannot measure.
    if (sameHex(facts.truth, caseTruth(ZERO_HASH, ZERO_HASH, 0))) return 'right'
    const { digest, result } = (await records.jobs.get(agreement.job)) ?? {}
    const own = 'result' in agreement.phase ? agreement.receipts.at(-1)?.body.result : undefined
    if (digest === undefined || result === undefined) return own === undefined ? 'withheld' : 'unknown'
    // No result is without data, so whoever claims one without it has something to hide.
    if (facts.dataChunks === 0 || (own !== undefined && !sameHex(own, digest))) return 'wrong'
    const data = await deliveredData(result, blocks).catch(() => undefined)
    if (data === undefined) return own === undefined ? 'withheld' : 'right'
    const { root, chunks } = commitToData(data)
    return sameHex(facts.truth, caseTruth(digest, root, chunks)) ? 'right' : 'wrong'
  }

  async function exposedOf(provider: Address): Promise<Wei> {
    const owner = await bonds.ownerOf(provider)
    return owner === undefined ? 0n : (await bonds.exposureOf(owner, court.court)).cap
  }

  return {
    account,
    async examine({ kind, amount }, { facts }) {
      if (kind === 'claim') return { evidence: await examineClaim(facts), atRisk: facts.amount }
      const cap = await exposedOf(facts.provider)
      const evidence = { opinion: 'wrong', hasData: false, canRebut: false, canRedeem: false } as const
      return { evidence, atRisk: amount < cap ? amount : cap }
    },
    data: async () => undefined,
    rebuttal: (_, { facts }) => findRebuttal(records, facts),
    async redeem({ id, channel }, options) {
      const own = await records.channels.get(channelId(channel))
      if (own?.voucher === undefined)
        throw new CodedError('E_NOTHING_TO_REDEEM', 'there is no voucher of ours', { facts: { case: id } })
      return chain.redeem({ key: own.key, ...own.voucher.body, signature: own.voucher.signature }, options)
    }
  }
}
