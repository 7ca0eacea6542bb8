import type { ConnectionGater } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Ranges of IPv4 that are nobody's on the public internet: first octets, and how many bits of them count (RFC 6890). */
const SPECIAL_IP4: readonly (readonly [prefix: string, bits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3]
]

/** Names that a resolver answers from the machine or the local network. */
const LOCAL_NAME = /(^|\.)(localhost|local|internal|lan|home\.arpa)\.?$/i

/**
 * Decides what may be dialled. Addresses come from strangers, by offers, gossip and the DHT: without this anybody could
 * have us knock at our own services or our neighbours'. Unix sockets are never dialled.
 *
 * A public name that resolves to a private address is not seen through: the transport resolves it. What it can reach
 * that way is offered a libp2p handshake and nothing else.
 */
export function createDialGater({ allowPrivateAddresses, isOnLan = () => false }: DialGaterInit): ConnectionGater {
  const isAllowed = (address: Multiaddr) => isDialable(address, { allowPrivateAddresses }) || isOnLan(address)
  return {
    denyDialMultiaddr: address => !isAllowed(address),
    // What would not be dialled is not remembered either.
    filterMultiaddrForPeer: async (_, address) => isAllowed(address)
  }
}

export interface DialGaterInit {
  allowPrivateAddresses: boolean
  /** Private addresses that may be dialled all the same: the LAN itself named them. */
  isOnLan?: (address: Multiaddr) => boolean
}

/** Whether an address that a stranger named may be dialled. */
export function isDialable(address: Multiaddr, { allowPrivateAddresses }: { allowPrivateAddresses: boolean }): boolean {
  return !isUnixSocket(address) && (allowPrivateAddresses || isPublic(address))
}

function isUnixSocket(address: Multiaddr): boolean {
  return address.getComponents().some(({ name }) => name === 'unix')
}

function isPublic(address: Multiaddr): boolean {
  return address.getComponents().every(({ name, value = '' }) => {
    if (name === 'ip4') return isPublicIp4(value)
    if (name === 'ip6') return isPublicIp6(value)
    if (name === 'ip6zone') return false
    return !name.startsWith('dns') || !LOCAL_NAME.test(value)
  })
}

function isPublicIp4(text: string): boolean {
  const ip = ip4Number(text)
  return !SPECIAL_IP4.some(([prefix, bits]) => {
    const size = 2 ** (32 - bits)
    return Math.floor(ip / size) === Math.floor(ip4Number(prefix) / size)
  })
}

function ip4Number(text: string): number {
  return text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
}

/** Global unicast (2000::/3) without documentation, Teredo and 6to4: the latter two hide IPv4 addresses in them. */
function isPublicIp6(text: string): boolean {
  const [first = 0, second = 0] = text.split(':').map(group => Number.parseInt(group || '0', 16))
  const isTunnelOrSample = first === 0x2002 || (first === 0x2001 && (second === 0 || second === 0xdb8))
  return first >= 0x2000 && first <= 0x3fff && !isTunnelOrSample
}
