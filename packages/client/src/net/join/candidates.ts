import type { PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { type AddressPrefix, prefixOf } from '../address-prefix.ts'
import { peerIdTextOf } from '../dial.ts'
import { shuffle } from '../shuffle.ts'
import type { KnownPeer } from './known-peers.ts'

/** Somebody to dial. */
export interface Candidate {
  /** The peer id, or the address of a first contact whose name is not known. */
  readonly key: string
  readonly target: PeerId | Multiaddr
  readonly prefix: AddressPrefix
  readonly isBootstrap: boolean
}

/**
 * In the order to dial them: first contacts, those that we once reached and those that we only heard of take turns, each in
 * random order. So neither a long list of dead first contacts nor a memory full of strangers keeps us from the rest.
 */
export function orderCandidates(
  bootstrap: readonly Multiaddr[],
  known: readonly KnownPeer[],
  random: () => number
): Candidate[] {
  const met = known.filter(({ metAtMs }) => metAtMs > 0).map(toCandidate)
  const heardOf = known.filter(({ metAtMs }) => metAtMs === 0).map(toCandidate)
  const lists = [bootstrap.map(toBootstrap), met, heardOf].map(list => shuffle(list, random))
  const seen = new Set<string>()
  const ordered: Candidate[] = []
  for (let i = 0; i < Math.max(...lists.map(({ length }) => length)); i++) {
    for (const list of lists) {
      const candidate = list[i]
      if (candidate === undefined || seen.has(candidate.key)) continue
      seen.add(candidate.key)
      ordered.push(candidate)
    }
  }
  return ordered
}

function toCandidate({ peerId, prefix }: KnownPeer): Candidate {
  return { key: peerId.toString(), target: peerId, prefix, isBootstrap: false }
}

function toBootstrap(address: Multiaddr): Candidate {
  return {
    key: peerIdTextOf(address) ?? address.toString(),
    target: address,
    prefix: prefixOf(address),
    isBootstrap: true
  }
}
