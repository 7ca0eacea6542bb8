import { createBonds } from '@archipel/client'
import { createNativeSigner } from '@archipel/client/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Anvil, startAnvil } from '../../../client/test/chain/anvil.ts'
import { type Operator, postBonds } from '../../src/devnet/bonds.ts'
import { deployNetwork, fundBuyer, giveGas } from '../../src/devnet/funds.ts'
import { PROVIDERS_MAX } from '../../src/devnet/limits.ts'

let anvil: Anvil
beforeAll(async () => {
  anvil = await startAnvil()
})
afterAll(() => anvil.stop())

/** Any key that no other has. */
function keyOf(number: number) {
  const privateKey = new Uint8Array(32).fill(1)
  new DataView(privateKey.buffer).setUint32(0, number)
  return { privateKey, address: createNativeSigner(privateKey).address }
}

test('as many operators as a devnet may have post their bonds while the buyer is funded', {
  timeout: 60_000
}, async () => {
  const network = await deployNetwork('devnet', anvil.url, {})
  const operators = Array.from(
    { length: PROVIDERS_MAX },
    (_, i): Operator => ({ node: keyOf(2 * i + 1), owner: keyOf(2 * i + 2) })
  )
  const buyer = keyOf(0)
  const funds = { gas: 10n ** 18n, tokens: 10n, deposit: 5n, bond: 8n }
  await giveGas(anvil.url, [buyer.address, ...operators.map(({ owner }) => owner.address)], funds.gas)
  await Promise.all([
    postBonds(network, operators, { bond: funds.bond, exposed: 4n }, {}),
    fundBuyer(network, buyer, funds, {})
  ])
  const bonds = createBonds({ ...network, bonds: network.bonds! })
  for (const { node, owner } of [operators[0]!, operators.at(-1)!]) {
    expect(await bonds.ownerOf(node.address)).toBe(owner.address)
    expect((await bonds.exposureOf(owner.address, network.court!)).cap).toBe(4n)
  }
  expect(await bonds.bondLiabilities()).toBe(funds.bond * BigInt(PROVIDERS_MAX))
})

test('nobody posts a bond where there is no court', async () => {
  const network = await deployNetwork('devnet', anvil.url, {})
  const operator = { node: keyOf(1001), owner: keyOf(1002) }
  await postBonds({ ...network, court: undefined }, [operator], { bond: 8n, exposed: 4n }, {})
  expect(await createBonds({ ...network, bonds: network.bonds! }).ownerOf(operator.node.address)).toBeUndefined()
})
