import type { Failure, Hash, VerifiedOffer, Wei } from '@archipel/protocol'
import type { Replica } from '../../src/job/job.ts'
import type { RunningReplica } from '../../src/job/replica.ts'

/** A replica whose end the test decides. */
export interface FakeReplica extends RunningReplica {
  deliver(digest: Hash): void
  /** `spent`: what it was paid, or may still be paid, for ticks before. */
  fail(failure: Failure, spent?: Wei): void
  /** Our own side failed. */
  failOurselves(error: unknown): void
}

export function fakeReplica(offer: VerifiedOffer, priceMax: Wei): FakeReplica {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const { provider, owner, domains } = offer.offer.body
  let promised = priceMax
  let ownError: unknown
  let info: Replica = {
    provider,
    operator: owner,
    region: domains.region,
    state: 'agreed',
    agreement: undefined,
    digest: undefined,
    paid: 0n,
    priceMax,
    runMs: undefined,
    fuel: undefined,
    failure: undefined
  }
  return {
    offer,
    get info() {
      return info
    },
    get promised() {
      return promised
    },
    get ownError() {
      return ownError
    },
    ready: Promise.resolve(),
    ended,
    cancel: async () => {},
    leave: () => {},
    decide: async () => {},
    deliver(digest) {
      info = { ...info, state: 'delivered', digest }
      end()
    },
    fail(failure, spent = 0n) {
      info = { ...info, state: 'failed', failure }
      promised = spent
      end()
    },
    failOurselves(error) {
      ownError = error
      info = { ...info, state: 'failed' }
      end()
    }
  }
}
