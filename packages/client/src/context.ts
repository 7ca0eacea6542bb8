import type { Recover, Signer, SigningDomain, UnixSec } from '@archipel/protocol'

/** What every part that signs or checks needs: the domain, our key, and the powers `protocol` does not have itself. */
export interface SigningContext {
  readonly domain: SigningDomain
  readonly signer: Signer
  readonly recover: Recover
  /** Wall clock, seconds. */
  readonly nowSec: () => UnixSec
}

export const wallClockSec = (): UnixSec => Math.floor(Date.now() / 1000)
