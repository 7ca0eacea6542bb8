import { channelId, sign, voucherType } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuditBundle, bundleToJson, parseBundle, verifyBundle } from '../../src/audit/index.ts'
import { createChain } from '../../src/chain/index.ts'
import { recoverNative } from '../../src/crypto/signer-node.ts'
import { startAnvil } from '../chain/anvil.ts'
import type { Market } from '../chain/fixture.ts'
import { type AuditFixture, failedOf, startAudits } from './audit-fixture.ts'
import { fillScenario, PER_SEC, type Scenario, STARTUP } from './scenario.ts'

let market: Market
let openScenario: AuditFixture['openScenario']
let audit: AuditFixture['audit']
beforeAll(async () => {
  ;({ market, openScenario, audit } = await startAudits())
})
afterAll(() => market.anvil.stop())

describe('a dishonest bundle', () => {
  it('does not survive one changed byte', { timeout: 120_000 }, async () => {
    const scenario = await openScenario()
    const [first] = await fillScenario(scenario)
    const text = JSON.stringify(bundleToJson(await scenario.bundle(first)))
    // Only where to begin reading the chain: signed by nobody, and without it nothing is found.
    const hint = /"deployedAt":\d+/.exec(text)!
    const survivors: string[] = []
    for (let at = 0; at < text.length; at++) {
      if (at >= hint.index && at < hint.index + hint[0].length) continue
      const mask = at % 3 === 0 ? 0x20 : 0x01
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ mask) + text.slice(at + 1)
      if ((await verdictOf(changed)) !== 'caught') survivors.push(changed.slice(Math.max(0, at - 30), at + 10))
    }
    expect(survivors).toEqual([])
  })

  it('cannot hide where its channel began, whatever it says of the deployment', async () => {
    const scenario = await openScenario()
    const [first] = await fillScenario(scenario)
    const bundle = await scenario.bundle(first)
    const blockNumber = await market.alice.blockNumber()
    const late = await audit({ ...bundle, network: { ...bundle.network, deployedAt: blockNumber + 1 } })
    expect(failedOf(late)[0]).toBe('channel was opened, and all its events follow from the rules of the escrow')
    const early = await audit({ ...bundle, network: { ...bundle.network, deployedAt: 0 } })
    expect(early).toEqual(await audit(bundle))
  })

  const cheats: [string, string, (bundle: AuditBundle, scenario: Scenario) => AuditBundle][] = [
    ['receipts left out in the middle', 'receipts signed', b => ({ ...b, receipts: [b.receipts[0]!, b.receipts[2]!] })],
    ['receipts in another order', 'receipts signed', b => ({ ...b, receipts: b.receipts.toReversed() })],
    ['a receipt shown twice', 'receipts signed', b => ({ ...b, receipts: [...b.receipts, b.receipts[2]!] })],
    ['a result left out', 'result is', b => ({ ...b, result: undefined })],
    ['a result without its receipt', 'result is', b => ({ ...b, receipts: b.receipts.slice(0, 2) })],
    ['a voucher left out', 'voucher signed', b => ({ ...b, voucher: undefined })],
    [
      'a payment left out before another',
      'paid receipts',
      b => ({ ...b, receipts: b.receipts.map((r, i) => (i === 0 ? { ...r, payment: undefined } : r)) })
    ],
    [
      'the leaf before left out',
      'paid receipts',
      b => ({
        ...b,
        receipts: b.receipts.map(r => ({ ...r, payment: r.payment && { ...r.payment, previous: undefined } }))
      })
    ],
    [
      'a voucher signed by the provider',
      'voucher signed',
      (b, { provider, domain }) => ({
        ...b,
        voucher: { ...b.voucher!, ...sign(provider, domain, voucherType, b.voucher!.body) }
      })
    ],
    ['another agreement id', 'agreement signed', b => ({ ...b, id: b.demand.body.job as AuditBundle['id'] })],
    ['another channel', 'agreement signed', b => ({ ...b, channel: { ...b.channel, payee: b.demand.body.buyer } })],
    ['another token', 'channel pays', b => ({ ...b, network: { ...b.network, token: b.network.escrow } })]
  ]
  it.each(cheats)('with %s is caught', async (_, check, cheat) => {
    const scenario = await openScenario()
    const [first] = await fillScenario(scenario)
    const report = await audit(cheat(await scenario.bundle(first), scenario))
    expect(report.verdict).toBe('mismatch')
    expect(failedOf(report).some(name => name.startsWith(check))).toBe(true)
    expect(report).toMatchObject({ chain: undefined, payment: 'unknown', money: { redeemed: undefined } })
  })

  it.each<[string, string, (scenario: Scenario) => Promise<AuditBundle>]>([
    [
      'a receipt above the bid',
      'receipts signed',
      async s => {
        const state = s.agree(1)
        await s.keep(state, [s.receipt(state, 1000, 'tick', { amount: STARTUP + PER_SEC + 1n })])
        return s.bundle(state.id)
      }
    ],
    [
      'a bid above the posted price',
      'bid signed',
      async s => {
        const state = s.agree(1, { rate: PER_SEC + 1n })
        await s.keep(state, [])
        return s.bundle(state.id)
      }
    ],
    [
      'a bid above the ceiling of the demand',
      'bid signed',
      async s => {
        const state = s.agree(1, { priceMax: 60_001n })
        await s.keep(state, [])
        return s.bundle(state.id)
      }
    ],
    [
      'a result that is not the one signed',
      'result is',
      async s => {
        const state = s.agree(1)
        await s.keep(state, [s.receipt(state, 1000, 'final', { result: `0x${'77'.repeat(32)}` })], {
          exitCode: 0,
          stdout: new Uint8Array(0),
          output: new Uint8Array(0)
        })
        return s.bundle(state.id)
      }
    ]
  ])('made by a dishonest party with %s is caught', async (_, check, make) => {
    const report = await audit(await make(await openScenario()))
    expect(report.verdict).toBe('mismatch')
    expect(failedOf(report).every(name => name.startsWith(check))).toBe(true)
  })

  it('of a channel that was never opened is caught', async () => {
    const scenario = await openScenario({ isOpen: false })
    const [first] = await fillScenario(scenario)
    const report = await audit(await scenario.bundle(first))
    expect(failedOf(report)).toEqual(['channel was opened, and all its events follow from the rules of the escrow'])
  })

  it('whose buyer signed another voucher of the same amount is caught', async () => {
    const scenario = await openScenario()
    const [first] = await fillScenario(scenario)
    const { key, buyer, domain } = scenario
    const { cumulative } = await scenario.redeemable()
    const body = { channel: channelId(key), cumulative, commitment: `0x${'ee'.repeat(32)}` as const }
    await market.bob.redeem({ key, ...body, signature: sign(buyer, domain, voucherType, body).signature })
    const report = await audit(await scenario.bundle(first))
    expect(failedOf(report)).toEqual(['no other voucher of the same amount was redeemed'])
  })

  it('for an escrow that is not there is caught', async () => {
    const anvil = await startAnvil()
    try {
      const scenario = await openScenario()
      const [first] = await fillScenario(scenario)
      const bundle = await scenario.bundle(first)
      const chain = createChain({ ...bundle.network, rpcUrls: [anvil.url] })
      const report = await verifyBundle(bundle, { chain, recover: recoverNative })
      expect(failedOf(report)).toEqual(['escrow is on the chain and takes these signatures'])
    } finally {
      await anvil.stop()
    }
  })
})

/** Whether a changed bundle is refused as malformed or found to be wrong. */
async function verdictOf(text: string): Promise<string> {
  let bundle: AuditBundle
  try {
    bundle = parseBundle(text)
  } catch (err) {
    if ((err as { code?: string }).code === 'E_BUNDLE_INVALID') return 'caught'
    throw err
  }
  return (await audit(bundle)).verdict === 'mismatch' ? 'caught' : 'missed'
}
