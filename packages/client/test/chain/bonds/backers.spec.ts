import { type Address, proveKeyPossession, toHex } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BACKERS_PER_CALL_MAX } from '../../../src/chain/limits.ts'
import { createNativeSigner } from '../../../src/crypto/signer-node.ts'
import { rejection } from '../../net/peers.ts'
import { type BondsMarket, startBondsMarket, TOKEN } from './bonds-fixture.ts'

const keyOf = (n: number) => {
  const privateKey = new Uint8Array(32).fill(7)
  new DataView(privateKey.buffer).setUint32(0, n)
  return createNativeSigner(privateKey)
}
const stranger = (n: number): Address => toHex(new Uint8Array(20).fill(n % 256).fill(n >> 8, 0, 4))

describe('whose bonds stand behind many keys', () => {
  let market: BondsMarket
  beforeAll(async () => {
    market = await startBondsMarket()
  })
  afterAll(() => market.anvil.stop())

  it('is asked in one question, which agrees with what is asked one by one', async () => {
    const { olga, rita, bondsDomain, as } = market
    const keys = [1, 2, 3].map(keyOf)
    const reader = as()
    const addresses = [...keys.map(({ address }) => address), stranger(9)]
    expect(await reader.backersOf(addresses)).toEqual([undefined, undefined, undefined, undefined])
    for (const key of keys.slice(0, 2)) await olga.registerKey(proveKeyPossession(key, olga.address!, bondsDomain))
    await rita.registerKey(proveKeyPossession(keys[2]!, rita.address!, bondsDomain))
    // Registered, and nothing in the bond yet.
    expect(await reader.backersOf(addresses)).toEqual([undefined, undefined, undefined, undefined])
    await olga.bond(TOKEN)
    expect(await reader.backersOf(addresses)).toEqual([olga.address, olga.address, undefined, undefined])
    expect(await Promise.all(addresses.map(key => reader.ownerOf(key)))).toEqual([
      olga.address,
      olga.address,
      rita.address,
      undefined
    ])
    expect(await reader.backersOf([])).toEqual([])
  })

  it('is asked in several where there are more than one holds', async () => {
    const { olga, as } = market
    const keys = Array.from({ length: BACKERS_PER_CALL_MAX + 1 }, (_, n) => stranger(n + 256))
    const known = keyOf(1).address
    const found = await as().backersOf([known, ...keys, known])
    expect(found).toHaveLength(BACKERS_PER_CALL_MAX + 3)
    expect(found.flatMap((owner, i) => (owner === undefined ? [] : [i]))).toEqual([0, BACKERS_PER_CALL_MAX + 2])
    expect(found[0]).toBe(olga.address)
  })

  it('is not made up where there is no such contract', async () => {
    const { as, olga, node } = market
    for (const bonds of [olga.token, node.address])
      expect(await rejection(as(undefined, { bonds }).backersOf([node.address]))).toMatchObject({
        code: 'E_NO_CONTRACT'
      })
  })
})
