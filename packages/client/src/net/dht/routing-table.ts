import type { PeerId } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import { type AddressPrefix, NAMES_PREFIX } from '../address-prefix.ts'
import { TABLE_PER_PREFIX_MAX } from './limits.ts'

/** The part of kad-dht's table that its type keeps to itself. */
interface Table {
  addEventListener(type: 'peer:add' | 'peer:remove', listener: (event: { detail: PeerId }) => void): void
  remove(peer: PeerId): Promise<void>
}

/**
 * Takes only so many peers of one prefix into the routing table: a look-up goes where the table points, and identities near
 * any key can be made by the thousand.
 *
 * @param prefixOf where a peer is, as we see it and not as it says
 */
export function guardRoutingTable(dht: KadDHT, prefixOf: (peer: PeerId) => Promise<AddressPrefix>): void {
  const table = (dht as unknown as { routingTable: Table }).routingTable
  const members = new Map<string, AddressPrefix>()

  async function added(peer: PeerId): Promise<void> {
    const prefix = await prefixOf(peer)
    if (prefix === NAMES_PREFIX) return
    const ofPrefix = [...members.values()].filter(each => each === prefix).length
    if (ofPrefix >= TABLE_PER_PREFIX_MAX) await table.remove(peer)
    else members.set(peer.toString(), prefix)
  }

  table.addEventListener('peer:add', ({ detail }) => void added(detail).catch(() => {}))
  table.addEventListener('peer:remove', ({ detail }) => void members.delete(detail.toString()))
}
