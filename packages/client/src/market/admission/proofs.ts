import {
  type Address,
  decode,
  encode,
  type OfferEquivocation,
  type Recover,
  type SigningDomain,
  signedOfferType,
  struct,
  type Verdict,
  validateEquivocation,
  verdictOf
} from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import { contradictionsTopic, GOSSIP_MESSAGE_BYTES_MAX, type Network } from '../../net/index.ts'
import { PROOFS_TOLD_MAX } from '../limits.ts'
import type { BondedKeys } from './bonded-keys.ts'

/**
 * Passes on proofs that a provider contradicted itself: who hears one version only would never find out. One for each key,
 * and only for keys that a bond stands behind: others have nothing to lose, and could be made up without end.
 */
export interface Proofs {
  start(): void
  stop(): void
  /** Tells others of a proof that was found here. Never throws. */
  publish(proof: OfferEquivocation): Promise<void>
}

export interface ProofsInit {
  network: Network
  bonded: BondedKeys
  domain: SigningDomain
  recover: Recover
  /** Told of each proof that others sent, verified. */
  onProof: (proof: OfferEquivocation) => void
}

const proofType = struct('OfferContradiction', { first: signedOfferType, second: signedOfferType })

export function createProofs({ network, bonded, domain, recover, onProof }: ProofsInit): Proofs {
  const topic = contradictionsTopic(network.name)
  const told = new Set<Address>()
  let leave: (() => void) | undefined

  function note(key: Address): void {
    told.add(key)
    if (told.size > PROOFS_TOLD_MAX) told.delete(told.values().next().value as Address)
  }

  async function judge(data: Uint8Array, from: PeerId): Promise<Verdict> {
    try {
      const proof: OfferEquivocation = { kind: 'offers', ...decode(proofType, data) }
      const key = proof.first.body.provider
      if (told.has(key)) return useless(from)
      if (bonded.peek(key)?.type === 'none') return useless(from)
      validateEquivocation(proof, { domain, recover })
      const backing = await bonded.ask(key)
      if (backing.type === 'none') return useless(from)
      if (backing.type === 'unknown' || told.has(key)) return 'ignore'
      note(key)
      onProof(proof)
      return 'accept'
    } catch (err) {
      return verdictOf(err)
    }
  }

  function useless(from: PeerId): Verdict {
    network.gossip.blame(from)
    return 'ignore'
  }

  return {
    start() {
      leave ??= network.gossip.join(topic, { validate: judge })
    },
    stop() {
      leave?.()
      leave = undefined
    },
    async publish({ first, second }) {
      const { provider } = first.body
      if (told.has(provider) || (await bonded.ask(provider)).type !== 'owner') return
      const data = encode(proofType, { first, second })
      if (data.length > GOSSIP_MESSAGE_BYTES_MAX) return
      note(provider)
      const reached = await network.gossip.publish(topic, data).catch(() => 0)
      // Nobody heard: it is worth saying again.
      if (reached === 0) told.delete(provider)
    }
  }
}
