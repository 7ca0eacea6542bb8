import { credentialType } from './credential.ts'

/** The first of every Verifiable Credential's contexts: https://www.w3.org/TR/vc-data-model-2.0/#contexts */
export const VC_CONTEXT = 'https://www.w3.org/ns/credentials/v2'
export const VC_TYPE = 'ArchipelCredential'
export const VC_SCHEMA_TYPE = 'ArchipelClaims'
export const VC_STATUS_TYPE = 'ArchipelRevocationBitmap'
export const VC_PROOF_TYPE = 'ArchipelEip712Proof'

/** Terms of ours are named under this; nothing is to be fetched from it. */
const NAMESPACE = 'urn:x-archipel:credentials#'
const json = (term: string) => ({ '@id': `${NAMESPACE}${term}`, '@type': '@json' })

/**
 * What our own words mean, inside the document, so that reading it asks no server of ours. Claims are taken as plain
 * JSON: their names mean what the schema says.
 */
export const ARCHIPEL_CONTEXT = {
  ArchipelCredential: `${NAMESPACE}ArchipelCredential`,
  ArchipelClaims: `${NAMESPACE}ArchipelClaims`,
  ArchipelRevocationBitmap: `${NAMESPACE}ArchipelRevocationBitmap`,
  ArchipelEip712Proof: `${NAMESPACE}ArchipelEip712Proof`,
  claims: json('claims'),
  statusPurpose: `${NAMESPACE}statusPurpose`,
  bitmapContract: `${NAMESPACE}bitmapContract`,
  bitmapIndex: `${NAMESPACE}bitmapIndex`,
  eip712: json('eip712'),
  signature: `${NAMESPACE}signature`,
  verifiedBy: json('verifiedBy'),
  proofPurpose: { '@id': 'https://w3id.org/security#proofPurpose', '@type': '@vocab' },
  assertionMethod: 'https://w3id.org/security#assertionMethod',
  verificationMethod: { '@id': 'https://w3id.org/security#verificationMethod', '@type': '@id' }
} as const

/** The types of the EIP-712 message, as wallets and libraries take them. */
export const VC_EIP712_TYPES = {
  [credentialType.type]: Object.entries(credentialType.fields).map(([name, { type }]) => ({ name, type }))
}
