import {
  buyer,
  domain,
  owner,
  provider,
  session,
  testAddress,
  testKey,
  token
} from '../../scripts/vector-files/keys.ts'
import {
  type AgreedTerms,
  type ChannelKey,
  channelId,
  digestOf,
  encodeMeta,
  recoverPure,
  type ServiceTerms,
  type Signer,
  serviceTermsType,
  sign,
  signTerms,
  type UptimeTally,
  uptimeTallyType
} from '../../src/index.ts'

export const uptime = testAddress('uptime')
export const START = 1_800_000_000
export const context = { domain, recover: recoverPure, uptime }
/** By ascending address, as terms list them. */
export const witnesses = ['a', 'b', 'c', 'd', 'e']
  .map(name => testKey(`witness ${name}`))
  .sort((a, b) => (a.address < b.address ? -1 : 1))

export function keyOf(changes: Partial<ChannelKey> = {}, closeDelaySec = 3600): ChannelKey {
  const meta = encodeMeta({ signer: session.address, closeDelaySec, salt: 1n })
  return { payer: buyer.address, payee: owner, token, arbiter: uptime, meta, ...changes }
}

export const key = keyOf()

export function termsOf(changes: Partial<ServiceTerms> = {}, channel = key): ServiceTerms {
  return {
    deployment: `0x${'de'.repeat(32)}`,
    slot: 0,
    provider: provider.address,
    payee: channel.payee,
    token: channel.token,
    channel: channelId(channel),
    witnesses: witnesses.map(witness => witness.address),
    quorum: 3,
    startsAt: START,
    intervalSec: 60,
    intervalsMax: 1_000,
    pricePerInterval: 7n,
    creditPerInterval: 11n,
    ...changes
  }
}

export function agree(terms: ServiceTerms, by: Signer = session, and: Signer = provider): AgreedTerms {
  return { terms, buyerSignature: signTerms(by, domain, terms), providerSignature: signTerms(and, domain, terms) }
}

export const terms = termsOf()
export const termsId = digestOf(domain, serviceTermsType, terms)

export function tallyBy(signer: Signer, changes: Partial<UptimeTally> = {}) {
  return sign(signer, domain, uptimeTallyType, { terms: termsId, epoch: 1, up: 8, down: 1, through: 10, ...changes })
}
