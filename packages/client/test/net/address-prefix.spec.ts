import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { prefixOf, prefixOfPeer } from '../../src/net/address-prefix.ts'

describe('the prefix of an address', () => {
  it.each([
    ['/ip4/203.0.113.7/tcp/1', '203.0.113.0/24'],
    ['/ip6/2001:db8:1:2::3/tcp/1', '2001:db8:1::/48'],
    ['/ip6/2001:db8::3/tcp/1', '2001:db8:0::/48'],
    ['/ip6/::ffff:203.0.113.7/tcp/1', '203.0.113.0/24'],
    ['/dns4/a.example/tcp/1', 'names']
  ])('of %s is %s', (text, prefix) => {
    expect(prefixOf(multiaddr(text))).toBe(prefix)
  })

  it('of a peer is that of its first literal address', () => {
    const addresses = ['/dns4/a.example/tcp/1', '/ip4/203.0.113.7/tcp/1', '/ip4/198.51.100.7/tcp/1'].map(multiaddr)
    expect(prefixOfPeer(addresses)).toBe('203.0.113.0/24')
    expect(prefixOfPeer([])).toBe('names')
  })
})
