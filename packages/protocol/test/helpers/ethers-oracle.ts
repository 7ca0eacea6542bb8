import { Signature, TypedDataEncoder, verifyTypedData } from 'ethers'
import { type Hash, type Hex, type SigningDomain, toHex } from '../../src/index.ts'

/**
 * EIP-712 as ethers computes it, from nothing but the text of an encodeType: a second opinion that shares no code with
 * ours.
 */
export interface Oracle {
  readonly encodeType: string
  structHash(value: object): Hash
  digest(domain: SigningDomain, value: object): Hash
  /** Address that made a 64-byte EIP-2098 signature, lower case. */
  signer(domain: SigningDomain, value: object, signature: Uint8Array): Hex
}

type Types = Record<string, { name: string; type: string }[]>

export function createOracle(encodeType: string): Oracle {
  const { primary, types } = parseTypes(encodeType)
  const encoder = TypedDataEncoder.from(types)
  return {
    encodeType: encoder.encodeType(primary),
    structHash: value => encoder.hashStruct(primary, value) as Hash,
    digest: (domain, value) => TypedDataEncoder.hash(domainOf(domain), types, value) as Hash,
    signer: (domain, value, signature) =>
      verifyTypedData(domainOf(domain), types, value, Signature.from(toHex(signature))).toLowerCase() as Hex
  }
}

/** "A(uint8 x,B b)B(string y)" -> its structs, the first being the primary type. */
function parseTypes(encodeType: string): { primary: string; types: Types } {
  const types: Types = {}
  for (const [, name, fields] of encodeType.matchAll(/(\w+)\(([^)]*)\)/g)) {
    types[name as string] = (fields as string).split(',').map(field => {
      const [type, fieldName] = field.split(' ')
      return { name: fieldName as string, type: type as string }
    })
  }
  const primary = encodeType.slice(0, encodeType.indexOf('('))
  return { primary, types }
}

function domainOf({ name, chainId, verifyingContract }: SigningDomain) {
  return { name, version: '1', chainId, verifyingContract }
}
