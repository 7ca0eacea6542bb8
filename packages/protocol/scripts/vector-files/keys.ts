import {
  type Address,
  createBondsDomain,
  createCredentialsDomain,
  createPureSigner,
  createSigningDomain,
  type Hash,
  type Hex,
  keccak,
  type Signer,
  toHex
} from '../../src/index.ts'

/** A key that everybody knows: worth nothing, good for telling test data apart. */
export interface TestKey extends Signer {
  readonly privateKey: Hex
}

export function testKey(name: string): TestKey {
  const privateKey = keccak(new TextEncoder().encode(`archipel vector key: ${name}`))
  return { ...createPureSigner(privateKey), privateKey: toHex(privateKey) }
}

export const buyer = testKey('buyer')
export const provider = testKey('provider')
export const session = testKey('session')
export const issuer = testKey('issuer')
export const witness = testKey('witness')
export const owner = testKey('owner').address

/** Anything of 32 bytes, the same on each run. */
export function testHash(name: string): Hash {
  return toHex(keccak(new TextEncoder().encode(`archipel vector hash: ${name}`)))
}

export function testAddress(name: string): Address {
  return testHash(name).slice(0, 42) as Address
}

/** A CIDv1 (raw, sha2-256) with an arbitrary digest. */
export function testCid(name: string): Uint8Array {
  const cid = new Uint8Array(36)
  cid.set([0x01, 0x55, 0x12, 0x20])
  cid.set(keccak(new TextEncoder().encode(name)), 4)
  return cid
}

/** Where the first contract of anvil's first account lands: what a fresh devnet has. */
export const token: Address = '0x5fbdb2315678afecb367f032d93f642f64180aa3'
export const domain = createSigningDomain(31337, '0xe7f1725e7734ce288f8367e1bb143e90bb3f0512')
export const bondsDomain = createBondsDomain(31337, '0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0')

export const UINT32_MAX = 2 ** 32 - 1
/** Numbers stop at 2^53 − 1, whatever the width on chain. */
export const UINT64_MAX = Number.MAX_SAFE_INTEGER
export const UINT128_MAX = 2n ** 128n - 1n
export const MAX_HASH: Hash = `0x${'ff'.repeat(32)}`
export const MAX_ADDRESS: Address = `0x${'ff'.repeat(20)}`
export const credentialsDomain = createCredentialsDomain(31337, '0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0')
