import type { Address, Hash, ServiceState, ServiceTerms, UptimeStatement } from '@archipel/protocol'
import { read, uptimeInterface } from '../contract/interfaces.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'

/** What has come of some terms, as the chain has it. */
export interface ServiceOnChain extends ServiceState {
  /** Whether both parties' signatures were seen, so that transactions need not repeat them. */
  readonly agreed: boolean
}

/** Questions about services that need no key. They throw what {@link Rpc.agree} throws. */
export interface UptimeReads {
  /** @param terms digest of the terms */
  serviceOf(terms: Hash, options?: CallOptions): Promise<ServiceOnChain>
  /** How many intervals have passed by the chain's clock: tallies that look at more cannot be redeemed yet. */
  elapsedOnChain(terms: ServiceTerms, options?: CallOptions): Promise<number>
}

/** @param uptime the Uptime contract */
export function createUptimeReads(rpc: Rpc, uptime: Address): UptimeReads {
  const ask = (method: string, args: readonly unknown[], options?: CallOptions) =>
    read(rpc, { to: uptime, via: uptimeInterface, method, args }, options)
  return {
    async serviceOf(terms, options) {
      const [redeemed, credited, agreed, ended, endedAt] = await ask('serviceOf', [terms], options)
      return {
        redeemed: BigInt(redeemed),
        credited: BigInt(credited),
        agreed: Boolean(agreed),
        endedAt: ended ? Number(endedAt) : undefined
      }
    },
    async elapsedOnChain(terms, options) {
      return Number((await ask('elapsed', [termsArg(terms)], options))[0])
    }
  }
}

/** In the order of the Solidity struct's fields, as ethers wants them. */
export function termsArg(terms: ServiceTerms): readonly unknown[] {
  const { deployment, slot, provider, payee, token, channel, witnesses, quorum } = terms
  const { startsAt, intervalSec, intervalsMax, pricePerInterval, creditPerInterval } = terms
  const numbers = [quorum, startsAt, intervalSec, intervalsMax, pricePerInterval, creditPerInterval]
  return [deployment, slot, provider, payee, token, channel, witnesses, ...numbers]
}

/** The same for what witnesses say. */
export function statementArg({ witness, epoch, up, down, through, r, vs }: UptimeStatement): readonly unknown[] {
  return [witness, epoch, up, down, through, r, vs]
}
