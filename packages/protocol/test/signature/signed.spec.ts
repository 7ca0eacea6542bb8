import { Wallet } from 'ethers'
import { describe, expect, it } from 'vitest'
import { buyer, domain, provider, testHash } from '../../scripts/vector-files/keys.ts'
import {
  type Address,
  addressOfPublicKey,
  agreementType,
  createSigningDomain,
  decode,
  encode,
  fromHex,
  recoverPure as recover,
  SIGNATURE_BYTES,
  type Signed,
  sign,
  signed,
  toHex,
  type Voucher,
  verify,
  voucherType
} from '../../src/index.ts'
import { codeOf, expectCode } from '../helpers/check.ts'

const body: Voucher = { channel: testHash('channel'), cumulative: 5n, commitment: testHash('commitment') }
const voucher = sign(buyer, domain, voucherType, body)
const signedVoucherType = signed(voucherType)

describe('verify', () => {
  const context = { domain, recover, type: voucherType }

  it('gives the digest and the key of the signer', () => {
    const { digest, key } = verify(voucher, buyer.address, context)
    expect(digest).toMatch(/^0x[0-9a-f]{64}$/)
    expect(key).toEqual({ address: buyer.address, publicKey: buyer.publicKey })
  })

  it('takes an address in any letter case', () => {
    const checksummed = new Wallet(buyer.privateKey).address as Address
    expect(checksummed).not.toBe(buyer.address)
    expect(codeOf(() => verify(voucher, checksummed, context))).toBeUndefined()
  })

  it.each<[string, () => unknown]>([
    ['another key', () => verify(voucher, provider.address, context)],
    ['another chain', () => verify(voucher, buyer.address, { ...context, domain: otherChain })],
    ['another contract', () => verify(voucher, buyer.address, { ...context, domain: otherContract })],
    ['another amount', () => verify({ ...voucher, body: { ...body, cumulative: 6n } }, buyer.address, context)],
    [
      'another channel',
      () => verify({ ...voucher, body: { ...body, channel: testHash('x') } }, buyer.address, context)
    ],
    ['no signature', () => verify({ ...voucher, signature: new Uint8Array(64) }, buyer.address, context)],
    ['the zero address', () => verify({ ...voucher, signature: new Uint8Array(64) }, `0x${'00'.repeat(20)}`, context)],
    ['63 bytes', () => verify({ ...voucher, signature: voucher.signature.slice(0, 63) }, buyer.address, context)],
    ['65 bytes', () => verify({ ...voucher, signature: withByte(voucher.signature) }, buyer.address, context)]
  ])('refuses %s', (_, run) => {
    expectCode(run, 'E_BAD_SIGNATURE')
  })

  it('does not take a signature of one type for another with the same fields', () => {
    const fields = { demand: body.channel, bid: body.commitment, channel: body.channel }
    const agreement = { body: fields, signature: voucher.signature }
    expectCode(() => verify(agreement, buyer.address, { domain, recover, type: agreementType }), 'E_BAD_SIGNATURE')
  })

  it('names who was expected and who it was', () => {
    expect(() => verify(voucher, provider.address, context)).toThrow(
      expect.objectContaining({ facts: { type: 'Voucher', expected: provider.address, actual: buyer.address } })
    )
  })
})

const otherChain = createSigningDomain(1, domain.verifyingContract)
const otherContract = createSigningDomain(domain.chainId, provider.address)

function withByte(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...bytes, 0])
}

describe('the wire form', () => {
  it('comes back as it was', () => {
    expect(decode(signedVoucherType, encode(signedVoucherType, voucher))).toEqual(voucher)
  })

  it.each([0, 63, 65])('has no signature of %s bytes', length => {
    const wrong: Signed<Voucher> = { body, signature: new Uint8Array(length) }
    expectCode(() => encode(signedVoucherType, wrong), 'E_MALFORMED')
    expectCode(
      () => signedVoucherType.fromWire({ body: voucherType.toWire(body), signature: wrong.signature }, ''),
      'E_MALFORMED'
    )
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a list of two', [voucherType.toWire(body), voucher.signature]],
    ['bytes', new Uint8Array(2)],
    ['a megabyte', new Uint8Array(1 << 20)],
    ['text', 'ab'],
    ['a body alone', { body: voucherType.toWire(body) }],
    ['a signature alone', { signature: voucher.signature }],
    ['a third key', { body: voucherType.toWire(body), signature: voucher.signature, more: 1 }],
    ['another key', { body: voucherType.toWire(body), signatures: voucher.signature }],
    ['a signature of text', { body: voucherType.toWire(body), signature: toHex(voucher.signature) }],
    ['a body of another type', { body: {}, signature: voucher.signature }]
  ])('is not %s', (_, data) => {
    expectCode(() => signedVoucherType.fromWire(data, 'Voucher'), 'E_MALFORMED')
  })

  it('has no hash of its own', () => {
    expect(() => signedVoucherType.word(voucher)).toThrow(TypeError)
  })
})

it('gives a public key the address that ethers gives it', () => {
  const wallet = new Wallet(provider.privateKey)
  expect(addressOfPublicKey(fromHex(wallet.signingKey.publicKey))).toBe(wallet.address.toLowerCase())
  expect(provider.address).toBe(wallet.address.toLowerCase())
  expect(provider.sign(new Uint8Array(32)).length).toBe(SIGNATURE_BYTES)
})
