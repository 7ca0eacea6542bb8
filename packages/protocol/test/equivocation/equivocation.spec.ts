import { describe, expect, it } from 'vitest'
import { provider, session, testHash } from '../../scripts/vector-files/keys.ts'
import { channels } from '../../scripts/vector-files/money-cases.ts'
import {
  agreementOfHarm,
  createSigningDomain,
  digestOf,
  type Equivocation,
  equivocator,
  faultOf,
  findOfferEquivocation,
  findReceiptEquivocation,
  offersContradict,
  offerType,
  type Receipt,
  type ReceiptEquivocation,
  receiptsContradict,
  receiptType,
  type SignedOffer,
  type SignedReceipt,
  type Signer,
  sign,
  validateEquivocation,
  validateHarm,
  ZERO_HASH
} from '../../src/index.ts'
import { expectCode } from '../helpers/check.ts'
import { checks, dealOf, domain, NOW, offerOf } from '../helpers/market.ts'

const plain: Receipt = {
  agreement: testHash('agreement'),
  sequence: 3,
  kind: 0,
  result: ZERO_HASH,
  usage: { runMs: 1000, memoryBytes: 2, outputBytes: 3, fuel: 0 },
  amount: 5n,
  issuedAt: NOW
}
const receiptOf = (changes: Partial<Receipt> = {}, signer: Signer = provider): SignedReceipt =>
  sign(signer, domain, receiptType, { ...plain, ...changes })
const receipts = (changes: Partial<Receipt>, signer?: Signer): ReceiptEquivocation => ({
  kind: 'receipts',
  key: provider.address,
  first: receiptOf(),
  second: receiptOf(changes, signer)
})

const CONTRADICTIONS: [string, Partial<Receipt>][] = [
  ['kind', { kind: 1 }],
  ['result', { result: testHash('result') }],
  ['run time', { usage: { ...plain.usage, runMs: 1001 } }],
  ['memory', { usage: { ...plain.usage, memoryBytes: 0 } }],
  ['output', { usage: { ...plain.usage, outputBytes: 0 } }],
  ['amount', { amount: 6n }]
]
const NO_CONTRADICTIONS: [string, Partial<Receipt>][] = [
  ['nothing', {}],
  ['the time of issue', { issuedAt: NOW + 1 }],
  ['the case of the letters', { agreement: plain.agreement.toUpperCase().replace('X', 'x') as `0x${string}` }],
  ['the agreement', { agreement: testHash('another'), amount: 6n }],
  ['the number', { sequence: 4, amount: 6n }]
]

describe('receipts', () => {
  it.each(CONTRADICTIONS)('that differ in %s contradict each other', (_, changes) => {
    const proof = receipts(changes)
    expect(receiptsContradict(proof.first.body, proof.second.body)).toBe(true)
    expect(validateEquivocation(proof, checks)).toBe(faultOf(proof))
    expect(findReceiptEquivocation(provider.address, [proof.first, proof.second])).toEqual(proof)
  })

  it.each(NO_CONTRADICTIONS)('that differ in %s do not', (_, changes) => {
    const proof = receipts(changes)
    expectCode(() => validateEquivocation(proof, checks), 'E_NOT_EQUIVOCAL')
    expect(findReceiptEquivocation(provider.address, [proof.first, proof.second])).toBeUndefined()
  })

  it('are no proof against whoever did not sign both', () => {
    expectCode(() => validateEquivocation(receipts({ amount: 6n }, session), checks), 'E_BAD_SIGNATURE')
    const blamed = { ...receipts({ amount: 6n }), key: session.address }
    expectCode(() => validateEquivocation(blamed, checks), 'E_BAD_SIGNATURE')
  })

  it('are no proof on another chain', () => {
    const there = { ...checks, domain: createSigningDomain(1, domain.verifyingContract) }
    expectCode(() => validateEquivocation(receipts({ amount: 6n }), there), 'E_BAD_SIGNATURE')
  })

  it('are found among many, whichever come between', () => {
    const many = Array.from({ length: 50 }, (_, sequence) => receiptOf({ sequence }))
    const liar = receiptOf({ sequence: 20, amount: 9n })
    expect(findReceiptEquivocation(provider.address, many)).toBeUndefined()
    const found = findReceiptEquivocation(provider.address, [...many, ...many, liar])
    expect(found).toEqual({ kind: 'receipts', key: provider.address, first: many[20], second: liar })
  })
})

describe('offers', () => {
  const offer = offerOf()
  const offers = (second: SignedOffer): Equivocation => ({ kind: 'offers', first: offer, second })

  it.each([
    ['price', offerOf({ prices: { ...offer.body.prices, startup: 1n } })],
    ['end', offerOf({ expiresAt: offer.body.expiresAt + 1 })],
    ['text', offerOf({ version: '9' })]
  ])('that differ in %s contradict each other', (_, second) => {
    expect(offersContradict(offer.body, second.body)).toBe(true)
    const proof = offers(second)
    expect(validateEquivocation(proof, checks)).toBe(faultOf(proof))
    expect(equivocator(proof)).toBe(provider.address)
    expect(findOfferEquivocation([offer, second])).toEqual(proof)
  })

  it.each([
    ['nothing', offerOf()],
    ['the sequence', offerOf({ sequence: 8, version: '9' })],
    ['the provider', offerOf({ provider: session.address, version: '9' }, session)]
  ])('that differ in %s do not', (_, second) => {
    expectCode(() => validateEquivocation(offers(second), checks), 'E_NOT_EQUIVOCAL')
    expect(findOfferEquivocation([offer, second])).toBeUndefined()
  })

  it('are no proof against whoever did not sign both', () => {
    const forged = sign(session, domain, offerType, { ...offer.body, version: '9' })
    expectCode(() => validateEquivocation(offers(forged), checks), 'E_BAD_SIGNATURE')
  })
})

describe('a fault', () => {
  it('has one name, whichever two statements show it', () => {
    const names = CONTRADICTIONS.map(([, changes]) => faultOf(receipts({ ...changes })))
    expect(new Set(names).size).toBe(1)
    expect(faultOf(receipts({ sequence: 9 }))).toBe(names[0])
  })

  it('is another one for another key, agreement, sequence or kind', () => {
    const first = receiptOf({ agreement: `0x${'7'.padStart(64, '0')}` })
    const proofs: Equivocation[] = [
      { kind: 'receipts', key: provider.address, first, second: first },
      { kind: 'receipts', key: session.address, first, second: first },
      { kind: 'receipts', key: provider.address, first: receiptOf(), second: first },
      { kind: 'offers', first: offerOf({ sequence: 7 }), second: offerOf() },
      { kind: 'offers', first: offerOf({ sequence: 8 }), second: offerOf() }
    ]
    expect(new Set(proofs.map(faultOf)).size).toBe(proofs.length)
  })
})

describe('the harm', () => {
  const channel = Object.values(channels)[0]!.key
  const bid = dealOf().bid.body
  const harm = { bid, channel }
  const agreement = agreementOfHarm(harm, domain)
  const proof: ReceiptEquivocation = {
    kind: 'receipts',
    key: provider.address,
    first: receiptOf({ agreement }),
    second: receiptOf({ agreement, amount: 6n })
  }

  it('is that of the agreement whose id the receipts name', () => {
    validateHarm(proof, harm, domain)
    expect(digestOf(domain, receiptType, proof.first.body)).not.toBe(agreement)
  })

  it.each([
    ['bid', { bid: { ...bid, priceMax: bid.priceMax + 1n }, channel }],
    ['demand', { bid: { ...bid, demand: testHash('another') }, channel }],
    ['channel', { bid, channel: { ...channel, payer: session.address } }]
  ])('is not proven by another %s', (_, other) => {
    expectCode(() => validateHarm(proof, other, domain), 'E_HARM_NOT_PROVEN')
  })

  it('is not proven against another key than that of the bid', () => {
    expectCode(() => validateHarm({ ...proof, key: session.address }, harm, domain), 'E_HARM_NOT_PROVEN')
  })
})
