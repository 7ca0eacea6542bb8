import type { Multiaddr } from '@multiformats/multiaddr'

/**
 * What one party can have all of for little money: a /24 of IPv4, a /48 of IPv6. Whoever fills our connections or our
 * memory of peers has to come from many of them.
 */
export type AddressPrefix = string

/** All peers that are only known by name: anybody makes as many names as they like. */
export const NAMES_PREFIX: AddressPrefix = 'names'

const IP4_OCTETS = 3
const IP6_GROUPS = 3

/** The prefix of a multiaddr's host. An IPv4 address inside an IPv6 one counts as what it is. */
export function prefixOf(address: Multiaddr): AddressPrefix {
  for (const { name, value = '' } of address.getComponents()) {
    if (name === 'ip4') return prefixOfIp4(value)
    if (name === 'ip6') return prefixOfIp6(value)
  }
  return NAMES_PREFIX
}

/** The prefix that stands for a peer: that of its first literal address, else {@link NAMES_PREFIX}. */
export function prefixOfPeer(addresses: readonly Multiaddr[]): AddressPrefix {
  for (const address of addresses) {
    const prefix = prefixOf(address)
    if (prefix !== NAMES_PREFIX) return prefix
  }
  return NAMES_PREFIX
}

function prefixOfIp4(text: string): AddressPrefix {
  return `${text.split('.').slice(0, IP4_OCTETS).join('.')}.0/24`
}

function prefixOfIp6(text: string): AddressPrefix {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? ip4OfMapped(text)
  if (mapped !== undefined) return prefixOfIp4(mapped)
  return `${expandIp6(text).slice(0, IP6_GROUPS).join(':')}::/48`
}

function ip4OfMapped(text: string): string | undefined {
  const groups = expandIp6(text)
  if (groups.slice(0, 5).some(group => group !== '0') || groups[5] !== 'ffff') return undefined
  const [high, low] = groups.slice(6).map(group => Number.parseInt(group, 16)) as [number, number]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Eight groups without leading zeros. */
function expandIp6(text: string): string[] {
  const [head = '', tail] = text.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array.from({ length: missing }, () => '0'), ...after].map(group =>
    group.toLowerCase().replace(/^0+(?=.)/, '')
  )
}
