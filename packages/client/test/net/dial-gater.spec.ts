import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { createDialGater } from '../../src/net/dial-gater.ts'
import { rejection, startPeer } from './peers.ts'

const denies = (address: string, allowPrivateAddresses = false) =>
  createDialGater({ allowPrivateAddresses }).denyDialMultiaddr?.(multiaddr(address))

describe('the dial gater', () => {
  it.each([
    '/ip4/127.0.0.1/tcp/80',
    '/ip4/0.0.0.0/tcp/80',
    '/ip4/10.1.2.3/tcp/80',
    '/ip4/172.31.255.255/tcp/80/ws',
    '/ip4/192.168.0.1/tcp/80',
    '/ip4/100.127.0.1/tcp/80',
    '/ip4/169.254.169.254/tcp/80',
    '/ip4/224.0.0.1/tcp/80',
    '/ip4/255.255.255.255/tcp/80',
    '/ip6/::1/tcp/80',
    '/ip6/::/tcp/80',
    '/ip6/::ffff:127.0.0.1/tcp/80',
    '/ip6/::127.0.0.1/tcp/80',
    '/ip6/64:ff9b::7f00:1/tcp/80',
    '/ip6/fc00::1/tcp/80',
    '/ip6/fe80::1/tcp/80',
    '/ip6/ff02::1/tcp/80',
    '/ip6/2001:db8::1/tcp/80',
    '/ip6/2001:0:7f00:1::/tcp/80',
    '/ip6/2001::1/tcp/80',
    '/ip6/2002:7f00:1::/tcp/80',
    '/dns4/localhost/tcp/80',
    '/dns/printer.local/tcp/80'
  ])('keeps away from %s, unless private addresses are allowed', address => {
    expect(denies(address)).toBe(true)
    expect(denies(address, true)).toBe(false)
  })

  it.each([
    '/ip4/1.1.1.1/tcp/80',
    '/ip4/172.32.0.1/tcp/80',
    '/ip4/100.128.0.1/tcp/80',
    '/ip4/223.255.255.255/tcp/80/ws',
    '/ip6/2606:4700:4700::1111/tcp/80',
    '/dns4/example.org/tcp/80/tls/ws',
    '/dns4/nonlocal.org/tcp/80'
  ])('dials %s', address => {
    expect(denies(address)).toBe(false)
  })

  it('never dials a unix socket', () => {
    expect(denies('/unix/%2Fvar%2Frun%2Fdocker.sock', true)).toBe(true)
  })

  it('is in force in every network', async () => {
    const server = await startPeer()
    const [address] = server.addresses()
    const careful = await startPeer({ allowPrivateAddresses: false })
    expect((await rejection(careful.connect(address as never))).code).toBe('E_DIAL_FAILED')
    await (await startPeer()).connect(address as never)
  })
})
