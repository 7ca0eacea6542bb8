export { createSigningDomain, DOMAIN_NAME, DOMAIN_VERSION, digestOf, type SigningDomain } from './domain.ts'
export { createPureSigner, recoverPure, splitCompact } from './pure.ts'
export {
  addressOfPublicKey,
  type Recover,
  type RecoveredKey,
  SIGNATURE_BYTES,
  type Signed,
  type Signer,
  sign,
  signed,
  verify
} from './signed.ts'
