import { CodedError } from '@archipel/protocol'

/**
 * A network's name is part of every protocol id and topic, so peers of two networks never talk by accident.
 * Lower-case letters, digits and single dashes, 1 to {@link NETWORK_NAME_CHARS_MAX} characters.
 */
export type NetworkName = string

/** Short enough for a folder name, a metric label and a line on a screen. */
export const NETWORK_NAME_CHARS_MAX = 32

const NETWORK_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** Throws E_NETWORK_NAME when `name` can't be part of a protocol id. */
export function validateNetworkName(name: string): NetworkName {
  if (name.length > NETWORK_NAME_CHARS_MAX || !NETWORK_NAME.test(name)) {
    throw new CodedError('E_NETWORK_NAME', 'this is not a network name', {
      facts: { name: name.slice(0, NETWORK_NAME_CHARS_MAX * 2) },
      hint: `use 1 to ${NETWORK_NAME_CHARS_MAX} lower-case letters, digits and single dashes`
    })
  }
  return name
}

/** Demand, Bid, Agreement, Receipt and Voucher of the jobs between one buyer and one provider. */
export const negotiateProtocol = (network: NetworkName): string => `/archipel/${network}/negotiate/2.0.0`

/** Blocks by CID, both ways over whichever connection is open. */
export const blocksProtocol = (network: NetworkName): string => `/archipel/${network}/blocks/1.0.0`

/** Who else has some content. */
export const holdersProtocol = (network: NetworkName): string => `/archipel/${network}/holders/1.0.0`

/** The offers a peer knows: those that match a filter, or what differs from ours. */
export const bookProtocol = (network: NetworkName): string => `/archipel/${network}/book/3.0.0`

/** The version before: a snapshot of all of them. Served, and asked for where a peer has no other. */
export const snapshotProtocol = (network: NetworkName): string => `/archipel/${network}/book/2.0.0`

/** Who else a peer is connected to, each by the record that it signed itself. */
export const peersProtocol = (network: NetworkName): string => `/archipel/${network}/peers/1.0.0`

/** Our own DHT: a peer of another network is never in its routing table. */
export const kadProtocol = (network: NetworkName): string => `/archipel/${network}/kad/1.0.0`

/**
 * Signed offers, those of some regions for each shard. The version changes when validation rules do: a relay with weaker
 * rules would be punished for honesty.
 */
export const offersTopic = (network: NetworkName, shard = 0): string => `/archipel/${network}/offers/3.0.0/${shard}`

/** Proofs that a provider signed two different offers with one sequence. */
export const contradictionsTopic = (network: NetworkName): string => `/archipel/${network}/contradictions/1.0.0`
