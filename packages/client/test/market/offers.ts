import {
  encode,
  fromHex,
  keccak,
  type Offer,
  offerType,
  type Recover,
  type SignedOffer,
  type Signer,
  sign,
  signedOfferType,
  toHex
} from '@archipel/protocol'
import { createHost, domain, TOKEN } from '../job/host.ts'

/** A signer whose signatures cost a hash, for books of thousands; only {@link recoverCheap} takes them. */
export function cheapSigner(n: number): Signer {
  const address = toHex(keccak(new TextEncoder().encode(`provider ${n}`)).subarray(0, 20))
  return {
    address,
    publicKey: new Uint8Array(33),
    sign(digest) {
      const signature = new Uint8Array(64)
      signature.set(fromHex(address))
      signature.set(keccak(digest, fromHex(address)), 32)
      return signature
    }
  }
}

export const recoverCheap: Recover = (digest, signature) => {
  const address = toHex(signature.subarray(0, 20))
  const mark = keccak(digest, fromHex(address))
  return toHex(mark) === toHex(signature.subarray(32)) ? { address, publicKey: new Uint8Array(33) } : undefined
}

/** An honest offer of provider `n` with some fields changed. */
export function offerOf(n: number, changes: Partial<Offer> = {}, signer: Signer = cheapSigner(n)): SignedOffer {
  const plain = createHost(1).offer.offer.body
  return sign(signer, domain, offerType, { ...plain, token: TOKEN, provider: signer.address, ...changes })
}

export const bytesOf = (offer: SignedOffer): Uint8Array => encode(signedOfferType, offer)
