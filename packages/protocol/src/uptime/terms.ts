import { WITNESSES_MAX } from '../limits.ts'
import type { UnixSec } from '../primitives/hex.ts'
import { address, hash, type Infer, list, struct, uint, wei } from '../schema/index.ts'
import { SIGNATURE_BYTES, type Signed, type Signer, type SigningDomain, sign, signed } from '../signature/index.ts'

/**
 * What a buyer and a provider agree on for one slot of a service; both sign it, and the contract `Uptime` judges it.
 * Interval `i` begins at `startsAt + i * intervalSec`.
 */
export const serviceTermsType = struct('ServiceTerms', {
  /** Digest of what the buyer deploys. */
  deployment: hash(),
  slot: uint(32),
  /** Key of the node that holds or stands by for the slot. */
  provider: address(),
  /** Whom the channel pays. */
  payee: address(),
  /** What prices and credits are counted in: the channel's token. */
  token: address(),
  /** Channel id; its arbiter is `Uptime`. */
  channel: hash(),
  /** Who watch, strictly ascending; none of them a party. */
  witnesses: list(address(), WITNESSES_MAX),
  /** How many of them have to say a thing: more than half. */
  quorum: uint(8),
  startsAt: uint(64),
  intervalSec: uint(32),
  /** After so many intervals the terms end. */
  intervalsMax: uint(32),
  pricePerInterval: wei,
  /** Due from the provider's bond for an interval without service. */
  creditPerInterval: wei
})
export type ServiceTerms = Infer<typeof serviceTermsType>
export const signedServiceTermsType = signed(serviceTermsType)
export type SignedServiceTerms = Signed<ServiceTerms>

/** Terms that both have signed. */
export interface AgreedTerms {
  readonly terms: ServiceTerms
  /** 64 bytes (EIP-2098) by the channel's signer. */
  readonly buyerSignature: Uint8Array
  /** 64 bytes by `terms.provider`. */
  readonly providerSignature: Uint8Array
}

/** Signs terms, as either party. */
export function signTerms(signer: Signer, domain: SigningDomain, terms: ServiceTerms): Uint8Array {
  return sign(signer, domain, serviceTermsType, terms).signature
}

/** Both signatures as `Uptime` takes them: the buyer's, then the provider's. */
export function packAgreed({ buyerSignature, providerSignature }: AgreedTerms): Uint8Array {
  const packed = new Uint8Array(2 * SIGNATURE_BYTES)
  packed.set(buyerSignature)
  packed.set(providerSignature, SIGNATURE_BYTES)
  return packed
}

/** How many whole intervals have passed, up to the last there is. The chain counts the same by its own clock. */
export function elapsedIntervals(
  { startsAt, intervalSec, intervalsMax }: Pick<ServiceTerms, 'startsAt' | 'intervalSec' | 'intervalsMax'>,
  nowSec: UnixSec
): number {
  if (nowSec < startsAt) return 0
  return Math.min(Math.floor((nowSec - startsAt) / intervalSec), intervalsMax)
}
