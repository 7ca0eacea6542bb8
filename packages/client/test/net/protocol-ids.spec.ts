import { describe, expect, it } from 'vitest'
import {
  blocksProtocol,
  bookProtocol,
  contradictionsTopic,
  kadProtocol,
  NETWORK_NAME_CHARS_MAX,
  negotiateProtocol,
  offersTopic,
  snapshotProtocol,
  validateNetworkName
} from '../../src/net/protocol-ids.ts'

describe('protocol ids', () => {
  it('carry the network and a version', () => {
    expect([negotiateProtocol, blocksProtocol, bookProtocol, kadProtocol, offersTopic].map(id => id('devnet'))).toEqual(
      [
        '/archipel/devnet/negotiate/2.0.0',
        '/archipel/devnet/blocks/1.0.0',
        '/archipel/devnet/book/3.0.0',
        '/archipel/devnet/kad/1.0.0',
        '/archipel/devnet/offers/3.0.0/0'
      ]
    )
    expect(snapshotProtocol('devnet')).toBe('/archipel/devnet/book/2.0.0')
    expect(offersTopic('devnet', 7)).toBe('/archipel/devnet/offers/3.0.0/7')
    expect(contradictionsTopic('devnet')).toBe('/archipel/devnet/contradictions/1.0.0')
  })

  it.each(['devnet', 'a', 'main-2', 'x'.repeat(NETWORK_NAME_CHARS_MAX)])('accept %j as a network name', name => {
    expect(validateNetworkName(name)).toBe(name)
  })

  it.each(['', 'Devnet', 'a/b', 'a--b', '-a', 'a-', 'a b', 'é', '../x', 'x'.repeat(NETWORK_NAME_CHARS_MAX + 1)])(
    'refuse %j as a network name',
    name => {
      expect(() => validateNetworkName(name)).toThrow(expect.objectContaining({ code: 'E_NETWORK_NAME' }))
    }
  )
})
