import type { ChannelKey, ChannelMeta, Receipt, Result, Voucher } from '../../src/index.ts'
import { commitmentOf, EMPTY_LOG, encodeMeta, resultDigest, ZERO_ADDRESS, ZERO_HASH } from '../../src/index.ts'
import {
  buyer,
  MAX_ADDRESS,
  MAX_HASH,
  owner,
  session,
  testCid,
  testHash,
  token,
  UINT32_MAX,
  UINT64_MAX,
  UINT128_MAX
} from './keys.ts'
import type { Cases } from './market-cases.ts'

export const results: Cases<Result> = {
  plain: { exitCode: 0, stdout: testCid('stdout'), output: testCid('output') },
  'zeros and no bytes': { exitCode: 0, stdout: new Uint8Array(0), output: new Uint8Array(0) },
  'largest numbers': {
    exitCode: UINT32_MAX,
    stdout: new Uint8Array(64).fill(0xff),
    output: new Uint8Array(64).fill(0xff)
  },
  'a trap': { exitCode: 134, stdout: testCid('stdout'), output: new Uint8Array(0) }
}

export const receipts: Cases<Receipt> = {
  tick: {
    agreement: testHash('agreement'),
    sequence: 0,
    kind: 0,
    result: ZERO_HASH,
    usage: { runMs: 30_000, memoryBytes: 200 * 2 ** 20, outputBytes: 0, fuel: 34_567_890_123 },
    amount: 811_000n,
    issuedAt: 1_900_000_030
  },
  final: {
    agreement: testHash('agreement'),
    sequence: 1,
    kind: 1,
    result: resultDigest(results.plain as Result),
    usage: { runMs: 41_234, memoryBytes: 300 * 2 ** 20, outputBytes: 1_234_567, fuel: 0 },
    amount: 1_114_318n,
    issuedAt: 1_900_000_041
  },
  zeros: {
    agreement: ZERO_HASH,
    sequence: 0,
    kind: 0,
    result: ZERO_HASH,
    usage: { runMs: 0, memoryBytes: 0, outputBytes: 0, fuel: 0 },
    amount: 0n,
    issuedAt: 0
  },
  'largest numbers': {
    agreement: MAX_HASH,
    sequence: UINT32_MAX,
    kind: 255,
    result: MAX_HASH,
    usage: { runMs: UINT64_MAX, memoryBytes: UINT64_MAX, outputBytes: UINT64_MAX, fuel: UINT64_MAX },
    amount: UINT128_MAX,
    issuedAt: UINT64_MAX
  }
}

export const vouchers: Cases<Voucher> = {
  plain: { channel: testHash('channel'), cumulative: 1_114_318n, commitment: testHash('commitment') },
  'nothing paid yet': { channel: testHash('channel'), cumulative: 0n, commitment: commitmentOf(EMPTY_LOG) },
  zeros: { channel: ZERO_HASH, cumulative: 0n, commitment: ZERO_HASH },
  'one byte of amount': { channel: testHash('channel'), cumulative: 255n, commitment: testHash('commitment') },
  'two bytes of amount': { channel: testHash('channel'), cumulative: 256n, commitment: testHash('commitment') },
  'largest deposit of the contract': {
    channel: testHash('channel'),
    cumulative: 2n ** 104n - 1n,
    commitment: testHash('commitment')
  },
  'largest numbers': { channel: MAX_HASH, cumulative: UINT128_MAX, commitment: MAX_HASH }
}

const metas: Cases<ChannelMeta> = {
  'the payer signs': { signer: ZERO_ADDRESS, closeDelaySec: 86_400, salt: 0n },
  'a session key signs': { signer: session.address, closeDelaySec: 3_600, salt: 1n },
  'largest numbers': { signer: MAX_ADDRESS, closeDelaySec: UINT32_MAX, salt: 2n ** 64n - 1n },
  zeros: { signer: ZERO_ADDRESS, closeDelaySec: 0, salt: 0n }
}

const parties: Cases<Omit<ChannelKey, 'meta'>> = {
  'the payer signs': { payer: buyer.address, payee: owner, token, arbiter: ZERO_ADDRESS },
  'a session key signs': { payer: buyer.address, payee: owner, token, arbiter: ZERO_ADDRESS },
  'largest numbers': { payer: MAX_ADDRESS, payee: MAX_ADDRESS, token: MAX_ADDRESS, arbiter: MAX_ADDRESS },
  zeros: { payer: ZERO_ADDRESS, payee: ZERO_ADDRESS, token: ZERO_ADDRESS, arbiter: ZERO_ADDRESS }
}

export const channels: Cases<{ key: ChannelKey; meta: ChannelMeta }> = Object.fromEntries(
  Object.entries(metas).map(([name, meta]) => {
    const key: ChannelKey = { ...(parties[name] as Omit<ChannelKey, 'meta'>), meta: encodeMeta(meta) }
    return [name, { key, meta }]
  })
)

/** Sizes around powers of two, where the shape of the tree changes. */
export const logSizes: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 33]
