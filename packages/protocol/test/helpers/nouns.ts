import type { Arbitrary } from 'fast-check'
import {
  agreementType,
  bidType,
  channelKeyType,
  chequeType,
  credentialType,
  demandType,
  keyCompromiseType,
  keyPossessionType,
  offerType,
  openingType,
  receiptType,
  resultType,
  type Struct,
  serviceTermsType,
  uptimeTallyType,
  voucherType,
  withdrawalType
} from '../../src/index.ts'
import * as arbitrary from './arbitraries.ts'

/** A struct and how to make values of it. */
export interface Noun {
  readonly name: string
  readonly type: Struct<unknown>
  readonly values: Arbitrary<unknown>
}

function noun<T>(type: Struct<T>, values: Arbitrary<T>): Noun {
  return { name: type.type, type: type as Struct<unknown>, values }
}

/** Every struct that is hashed. */
export const nouns: readonly Noun[] = [
  noun(offerType, arbitrary.offers),
  noun(demandType, arbitrary.demands),
  noun(bidType, arbitrary.bids),
  noun(agreementType, arbitrary.agreements),
  noun(receiptType, arbitrary.receipts),
  noun(resultType, arbitrary.results),
  noun(voucherType, arbitrary.vouchers),
  noun(channelKeyType, arbitrary.channelKeys),
  noun(chequeType, arbitrary.cheques),
  noun(openingType, arbitrary.openings),
  noun(withdrawalType, arbitrary.withdrawals),
  noun(credentialType, arbitrary.credentials),
  noun(keyCompromiseType, arbitrary.keyCompromises),
  noun(keyPossessionType, arbitrary.keyPossessions),
  noun(serviceTermsType, arbitrary.serviceTerms),
  noun(uptimeTallyType, arbitrary.uptimeTallies)
]
