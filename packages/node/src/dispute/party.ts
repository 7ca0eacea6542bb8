import { type BlockStore, type Bonds, type Chain, type Court, type DisputeParty, deliveredData } from '@archipel/client'
import {
  type Address,
  assert,
  caseTruth,
  type ProviderAgreement,
  RECEIPT_FINAL,
  sameHex,
  type Wei,
  ZERO_HASH
} from '@archipel/protocol'
import type { ProviderRecords } from '../store/records.ts'

export interface ProviderPartyInit {
  records: Pick<ProviderRecords, 'agreements'>
  court: Pick<Court, 'court'>
  bonds: Pick<Bonds, 'ownerOf' | 'exposureOf'> | undefined
  chain: Pick<Chain, 'redeem'>
  blocks: Pick<BlockStore, 'get'>
}

/** A provider in court: it knows what it delivered, and stands by every receipt that it signed. */
export function createProviderParty(
  { records, court, bonds, blocks }: ProviderPartyInit,
  account: Address
): DisputeParty {
  /** What the court can take of the bond behind this node, now. */
  async function exposed(): Promise<Wei> {
    const owner = await bonds?.ownerOf(account)
    if (bonds === undefined || owner === undefined) return 0n
    return (await bonds.exposureOf(owner, court.court)).cap
  }

  return {
    account,
    async examine({ kind, agreement, delivered }, { facts }) {
      if (kind === 'claim') {
        const evidence = {
          opinion: 'right',
          hasData: delivered !== undefined,
          canRebut: false,
          canRedeem: false
        } as const
        return { evidence, atRisk: facts.amount }
      }
      const [state, cap] = await Promise.all([records.agreements.get(agreement), exposed()])
      const isOurs = state !== undefined && sameHex(facts.truth, caseTruth(resultOf(state), ZERO_HASH, 0))
      return {
        evidence: { opinion: isOurs ? 'right' : 'unknown', hasData: false, canRebut: false, canRedeem: false },
        atRisk: facts.amount < cap ? facts.amount : cap
      }
    },
    data: async ({ delivered }) => (delivered === undefined ? undefined : deliveredData(delivered, blocks)),
    rebuttal: async () => undefined,
    redeem() {
      assert(false, 'a provider redeems its vouchers elsewhere')
    }
  }
}

function resultOf({ receipts }: ProviderAgreement) {
  const last = receipts.at(-1)
  return last?.kind === RECEIPT_FINAL ? last.result : ZERO_HASH
}
