import { readFileSync } from 'node:fs'
import * as dagCbor from '@ipld/dag-cbor'
import { TypedDataEncoder } from 'ethers'
import * as Block from 'multiformats/block'
import { sha256 } from 'multiformats/hashes/sha2'
import { describe, expect, it } from 'vitest'
import { vectorFiles } from '../scripts/vector-files/files.ts'
import { toJson, toText } from '../scripts/vector-files/json.ts'
import {
  type Address,
  type ChannelKey,
  channelId,
  channelSigner,
  createSigningDomain,
  decode,
  decodeMeta,
  digestOf,
  encode,
  fromHex,
  type Hash,
  isIncluded,
  recoverPure,
  rootOfLeaves,
  signed,
  toHex,
  verify
} from '../src/index.ts'
import { createOracle } from './helpers/ethers-oracle.ts'
import { nouns } from './helpers/nouns.ts'

type Row = Record<string, unknown> & { name: string }
type File = Record<string, unknown> & { count: number; cases: Row[] }

function read(name: string): { text: string; file: File } {
  const text = readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')
  return { text, file: JSON.parse(text) as File }
}

const generated = vectorFiles()

describe.each(Object.keys(generated))('vectors/%s.json', name => {
  const { text, file } = read(name)

  it('is what the generator writes', () => {
    expect(text === toText(generated[name] as object), 'run scripts/generate-vectors.ts').toBe(true)
  })

  it('counts its cases and names each once', () => {
    expect(file.count).toBe(file.cases.length)
    expect(file.count).toBeGreaterThanOrEqual(3)
    expect(new Set(file.cases.map(row => row.name)).size).toBe(file.count)
  })

  it('gives all cases the same keys in alphabetical order, as Foundry decodes tuples', () => {
    const keys = Object.keys(file.cases[0] as Row)
    expect(keys).toEqual([...keys].sort())
    for (const row of file.cases) expect(Object.keys(row)).toEqual(keys)
  })
})

const SIGNED = [
  'offer',
  'demand',
  'bid',
  'agreement',
  'cheque',
  'opening',
  'withdrawal',
  'receipt',
  'voucher',
  'credential',
  'key-compromise',
  'key-possession',
  'service-terms',
  'uptime-tally'
]

describe.each([...SIGNED, 'result'])('%s', name => {
  const { file } = read(name)
  const { type } = nouns.find(noun => noun.name.toLowerCase() === name.replaceAll('-', '')) as (typeof nouns)[number]
  const oracle = createOracle(file.encodeType as string)
  const isSigned = SIGNED.includes(name)
  const domainName = file.domainName as string | undefined
  const domain = isSigned
    ? createSigningDomain(file.chainId as number, file.verifyingContract as Address, domainName)
    : undefined

  it('has the type of the source', () => {
    expect(file.encodeType).toBe(type.encodedType)
    expect(oracle.encodeType).toBe(file.encodeType)
  })

  it.each(file.cases.map(row => [row.name, row] as const))('%s', async (_, row) => {
    const fields = Object.fromEntries(Object.keys(type.fields).map(key => [key, row[key]]))
    expect(oracle.structHash(fields)).toBe(row.structHash)
    const bytes = fromHex(row.encoded as string)
    await expectCanonicalBlock(bytes)
    if (domain === undefined) {
      const value = decode(type, bytes)
      expect(toJson(value)).toEqual(fields)
      expect(toHex(type.hashStruct(value))).toBe(row.structHash)
      expect(toHex(encode(type, value))).toBe(row.encoded)
      return
    }
    const signedType = signed(type)
    const value = decode(signedType, bytes)
    expect(toJson(value.body)).toEqual(fields)
    expect(toHex(value.signature)).toBe(row.signature)
    expect(toHex(encode(signedType, value))).toBe(row.encoded)
    expect(digestOf(domain, type, value.body)).toBe(row.digest)
    expect(oracle.digest(domain, fields)).toBe(row.digest)
    expect(oracle.signer(domain, fields, value.signature)).toBe(row.signer)
    expect(verify(value, row.signer as Address, { domain, recover: recoverPure, type }).digest).toBe(row.digest)
  })
})

/** What other IPLD programs read in a block comes out as the same block again, under the same CID. */
async function expectCanonicalBlock(bytes: Uint8Array): Promise<void> {
  const block = await Block.decode({ bytes, codec: dagCbor, hasher: sha256 })
  const again = await Block.encode({ value: block.value, codec: dagCbor, hasher: sha256 })
  expect(again.cid.toString()).toBe(block.cid.toString())
  expect(toHex(again.bytes)).toBe(toHex(bytes))
}

describe('domain', () => {
  const { file } = read('domain')

  it.each(file.cases.map(row => [row.name, row] as const))('%s', (_, row) => {
    const { chainId, verifyingContract } = row as { chainId: number; verifyingContract: Address } & Row
    const name = file.domainName as string
    const version = file.domainVersion as string
    expect(TypedDataEncoder.hashDomain({ name, version, chainId, verifyingContract })).toBe(row.separator)
    expect(toHex(createSigningDomain(chainId, verifyingContract).separator)).toBe(row.separator)
  })
})

describe('channel', () => {
  const { file } = read('channel')

  it.each(file.cases.map(row => [row.name, row] as const))('%s', (_, row) => {
    const key = row as unknown as ChannelKey
    expect(channelId(key)).toBe(row.id)
    expect(channelSigner(key)).toBe(row.voucherSigner)
    expect(toJson(decodeMeta(key.meta))).toEqual({
      signer: row.metaSigner,
      closeDelaySec: row.closeDelaySec,
      salt: row.salt
    })
  })
})

describe('receipt log', () => {
  const { file } = read('receipt-log')

  it.each(file.cases.map(row => [row.name, row] as const))('%s', (_, row) => {
    const { leaves, proofs } = row as unknown as { leaves: Hash[]; proofs: { index: number; path: Hash[] }[] }
    expect(rootOfLeaves(leaves)).toBe(row.root)
    for (const { index, path } of proofs) {
      const proof = { index, size: leaves.length, path }
      expect(isIncluded(leaves[index] as Hash, proof, row.commitment as Hash)).toBe(true)
    }
  })
})
