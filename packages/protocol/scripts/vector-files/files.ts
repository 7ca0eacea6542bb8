import {
  agreementType,
  appendLeaf,
  bidType,
  channelId,
  channelKeyType,
  channelSigner,
  chequeType,
  commitmentOf,
  createSigningDomain,
  credentialType,
  DOMAIN_NAME,
  DOMAIN_VERSION,
  demandType,
  digestOf,
  EMPTY_LOG,
  encode,
  type Hash,
  keccak,
  keyCompromiseType,
  keyPossessionType,
  leafHash,
  offerFault,
  offerType,
  offerWords,
  openingType,
  proveInclusion,
  receiptFault,
  receiptType,
  resultType,
  rootOf,
  type SigningDomain,
  type Struct,
  serviceTermsType,
  sign,
  signed,
  uptimeTallyType,
  voucherType,
  withdrawalType,
  ZERO_ADDRESS
} from '../../src/index.ts'
import { caseFile } from './case-file.ts'
import { credentials, keyCompromises } from './credential-cases.ts'
import { keyPossessions } from './key-cases.ts'
import {
  bondsDomain,
  buyer,
  credentialsDomain,
  domain,
  issuer,
  MAX_ADDRESS,
  provider,
  session,
  type TestKey,
  testHash,
  token,
  witness
} from './keys.ts'
import { agreements, bids, type Cases, demands, offers } from './market-cases.ts'
import { channels, logSizes, receipts, results, vouchers } from './money-cases.ts'
import { cheques, openings, withdrawals } from './order-cases.ts'
import { stageFile } from './stage-cases.ts'
import { serviceTerms, uptimeTallies, worths } from './uptime-cases.ts'

/** Every vector file: name without `.json` -> what it holds. */
export function vectorFiles(): Readonly<Record<string, object>> {
  return {
    domain: domainFile(),
    offer: signedFile(offerType, offers, provider),
    demand: signedFile(demandType, demands, buyer),
    bid: signedFile(bidType, bids, provider),
    agreement: signedFile(agreementType, agreements, buyer),
    receipt: signedFile(receiptType, receipts, provider),
    result: file(typeFacts(resultType), results, result => ({ ...result, ...hashes(resultType, result) })),
    voucher: signedFile(voucherType, vouchers, session),
    cheque: signedFile(chequeType, cheques, buyer),
    opening: signedFile(openingType, openings, buyer),
    withdrawal: signedFile(withdrawalType, withdrawals, buyer),
    credential: signedFile(credentialType, credentials, issuer),
    'key-compromise': signedFile(keyCompromiseType, keyCompromises, issuer, credentialsDomain),
    'key-possession': signedFile(keyPossessionType, keyPossessions, provider, bondsDomain),
    equivocation: equivocationFile(),
    'service-terms': signedFile(serviceTermsType, serviceTerms, provider),
    'uptime-tally': signedFile(uptimeTallyType, uptimeTallies, witness),
    'uptime-worth': file({}, worths, worth => worth),
    channel: channelFile(),
    case: caseFile(),
    'case-stage': stageFile(),
    'receipt-log': receiptLogFile()
  }
}

function file<T>(facts: object, cases: Cases<T>, describe: (value: T) => object): object {
  const rows = Object.entries(cases).map(([name, value]) => ({ name, ...describe(value) }))
  return { ...facts, count: rows.length, cases: rows }
}

function typeFacts(type: Struct<unknown>): object {
  const typeHash = keccak(new TextEncoder().encode(type.encodedType))
  return { encodeType: type.encodedType, typeHash }
}

function hashes<T>(type: Struct<T>, value: T): object {
  return { structHash: type.hashStruct(value), encoded: encode(type, value) }
}

/**
 * Each case: the fields of the noun beside what must come out for them. `encoded` is the dag-cbor of body and signature.
 *
 * @param at for what is not signed in the escrow's domain; the file then names the domain
 */
function signedFile<T>(type: Struct<T>, cases: Cases<T>, signer: TestKey, at: SigningDomain = domain): object {
  const { chainId, verifyingContract, separator } = at
  const named = at === domain ? {} : { domainName: at.name }
  const facts = { ...typeFacts(type as Struct<unknown>), ...named, chainId, verifyingContract, separator }
  return file(facts, cases, body => {
    const value = sign(signer, at, type, body)
    return {
      ...body,
      structHash: type.hashStruct(body),
      digest: digestOf(at, type, body),
      signature: value.signature,
      signer: signer.address,
      signerKey: signer.privateKey,
      encoded: encode(signed(type), value)
    }
  })
}

function domainFile(): object {
  const cases = {
    devnet: { chainId: 31337, verifyingContract: domain.verifyingContract },
    'another contract': { chainId: 31337, verifyingContract: token },
    'another chain': { chainId: 1, verifyingContract: domain.verifyingContract },
    zeros: { chainId: 0, verifyingContract: ZERO_ADDRESS },
    'largest numbers': { chainId: Number.MAX_SAFE_INTEGER, verifyingContract: MAX_ADDRESS }
  }
  return file({ domainName: DOMAIN_NAME, domainVersion: DOMAIN_VERSION }, cases, ({ chainId, verifyingContract }) => ({
    chainId,
    verifyingContract,
    separator: createSigningDomain(chainId, verifyingContract).separator
  }))
}

/** How contracts take an offer whose provider contradicted itself, and what both kinds of contradiction are called. */
function equivocationFile(): object {
  return file({}, offers, offer => ({
    provider: offer.provider,
    sequence: offer.sequence,
    words: offerWords(offer),
    structHash: offerType.hashStruct(offer),
    offerFault: offerFault(offer.provider, offer.sequence),
    agreement: testHash(`agreement ${offer.sequence}`),
    receiptFault: receiptFault(offer.provider, testHash(`agreement ${offer.sequence}`))
  }))
}

function channelFile(): object {
  return file(typeFacts(channelKeyType as Struct<unknown>), channels, ({ key, meta }) => ({
    ...key,
    id: channelId(key),
    closeDelaySec: meta.closeDelaySec,
    metaSigner: meta.signer,
    salt: meta.salt,
    voucherSigner: channelSigner(key),
    encoded: encode(channelKeyType, key)
  }))
}

/** Logs of receipts that cost 1, 2, 3 … each. `proofs[i]` is the audit path of leaf i, from the leaf up. */
function receiptLogFile(): object {
  const cases = Object.fromEntries(logSizes.map(size => [`${size} receipts`, size]))
  return file({}, cases, size => {
    const paid = Array.from({ length: size }, (_, i) => testHash(`receipt ${i}`))
    const cumulatives = paid.map((_, i) => BigInt(((i + 1) * (i + 2)) / 2))
    const leaves = paid.map((receipt, i) => leafHash(receipt, cumulatives[i] as bigint))
    const log = leaves.reduce((grown, leaf: Hash) => appendLeaf(grown, leaf), EMPTY_LOG)
    return {
      size,
      receipts: paid,
      cumulatives,
      leaves,
      peaks: log.peaks,
      proofs: leaves.map((_, i) => ({ index: i, path: proveInclusion(leaves, i).path })),
      root: rootOf(log),
      commitment: commitmentOf(log)
    }
  })
}
