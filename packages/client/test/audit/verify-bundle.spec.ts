import { createServer } from 'node:net'
import { channelId, recoverPure, sign, voucherType } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuditBundle, type AuditReport, bundleToJson, parseBundle, verifyBundle } from '../../src/audit/index.ts'
import { createChain } from '../../src/chain/index.ts'
import { recoverNative } from '../../src/crypto/signer-node.ts'
import { startAnvil } from '../chain/anvil.ts'
import { type Market, startMarket } from '../chain/fixture.ts'
import { createScenario, fillScenario, PER_SEC, RESULT, type Scenario, STARTUP } from './scenario.ts'

const DEPOSIT = 200_000n
/** What the first, second and third agreement of the scenario come to. */
const FIRST = STARTUP + (PER_SEC * 2500n) / 1000n
const SECOND = STARTUP + (PER_SEC * 1234n) / 1000n
const THIRD = STARTUP + (PER_SEC * 99n) / 1000n

let market: Market
let salt = 0n
beforeAll(async () => {
  market = await startMarket()
  await market.alice.deposit(10n ** 18n)
})
afterAll(() => market.anvil.stop())

/** A channel of its own for each test, open and funded on chain. */
async function openScenario(deposit = DEPOSIT): Promise<Scenario> {
  const scenario = await createScenario(market, deposit, ++salt)
  await market.alice.openChannel(scenario.key, deposit)
  return scenario
}

function audit(bundle: AuditBundle): Promise<AuditReport> {
  const chain = createChain({ ...bundle.network, rpcUrls: [market.anvil.url] })
  return verifyBundle(bundle, { chain, recover: recoverNative })
}

const failedOf = ({ checks }: AuditReport) => checks.filter(({ ok }) => !ok).map(({ name }) => name)

describe('verifyBundle', () => {
  it('follows an agreement from the promise of its voucher to money on the chain', async () => {
    const scenario = await openScenario()
    const [first, second] = await fillScenario(scenario)

    const held = await audit(await scenario.bundle(first))
    expect(failedOf(held)).toEqual([])
    expect(held).toMatchObject({
      agreement: first,
      verdict: 'verified',
      payment: 'held',
      outcome: 'delivered',
      money: { due: FIRST, paid: FIRST, redeemed: 0n },
      times: { runMs: 2500 },
      parties: {
        buyer: scenario.buyer.address,
        provider: scenario.provider.address,
        payee: scenario.key.payee,
        region: 'eu-west'
      },
      chain: {
        channel: channelId(scenario.key),
        state: 'open',
        deposit: DEPOSIT,
        settled: 0n,
        vouchered: FIRST + SECOND
      }
    })

    await market.bob.redeem(await scenario.redeemable())
    for (const [id, amount] of [
      [first, FIRST],
      [second, SECOND]
    ] as const) {
      const paid = await audit(await scenario.bundle(id))
      expect(paid).toMatchObject({
        verdict: 'verified',
        payment: 'on-chain',
        money: { due: amount, paid: amount, redeemed: amount }
      })
      expect(paid.chain).toMatchObject({
        settled: FIRST + SECOND,
        redemptions: [{ paid: FIRST + SECOND }],
        isReleasedEscrow: true
      })
    }
  })

  it('says of a delivery that nobody paid for that it is due and unpaid', async () => {
    const scenario = await openScenario()
    const [, , third] = await fillScenario(scenario)
    const bundle = await scenario.bundle(third)
    expect(bundle.voucher).toBeUndefined()
    expect(await audit(bundle)).toMatchObject({
      verdict: 'verified',
      payment: 'unpaid',
      outcome: 'delivered',
      money: { due: THIRD, paid: 0n, redeemed: 0n }
    })
  })

  it('takes an agreement that ended before its first receipt', async () => {
    const scenario = await openScenario()
    const state = scenario.agree(9)
    await scenario.keep(state, [])
    const report = await audit(await scenario.bundle(state.id))
    expect(report).toMatchObject({
      verdict: 'verified',
      payment: 'unpaid',
      outcome: 'nothing',
      money: { due: 0n, paid: 0n, redeemed: 0n }
    })
  })

  it('tells ticks that were paid from a result that never came', async () => {
    const scenario = await openScenario()
    const state = scenario.agree(1)
    await scenario.keep(state, [scenario.receipt(state, 1000, 'tick')])
    await scenario.pay(state.id)
    const due = STARTUP + PER_SEC
    expect(await audit(await scenario.bundle(state.id))).toMatchObject({
      verdict: 'verified',
      payment: 'held',
      outcome: 'unfinished',
      money: { due, paid: due, redeemed: 0n }
    })
  })

  it('takes a final receipt that asks for nothing beyond the last tick, whichever voucher was redeemed', async () => {
    const scenario = await openScenario()
    const state = scenario.agree(1)
    const tick = scenario.receipt(state, 1000, 'tick')
    const final = scenario.receipt({ ...state, receipts: [tick] }, 1000, 'final')
    await scenario.keep(state, [tick, final], RESULT)
    await scenario.pay(state.id)
    await market.bob.redeem(await scenario.redeemable())
    // The same amount again, for one receipt more: nobody can redeem it, and nobody needs to.
    await scenario.pay(state.id)
    const due = STARTUP + PER_SEC
    expect(await audit(await scenario.bundle(state.id))).toMatchObject({
      verdict: 'verified',
      payment: 'on-chain',
      outcome: 'delivered',
      money: { due, paid: due, redeemed: due }
    })
  })

  it('sees that an older bundle was overtaken by a higher voucher', async () => {
    const scenario = await openScenario()
    const [first, , third] = await fillScenario(scenario)
    const older = await scenario.bundle(first)
    await scenario.pay(third)
    await market.bob.redeem(await scenario.redeemable())
    const report = await audit(older)
    expect(report).toMatchObject({ verdict: 'verified', payment: 'on-chain' })
    expect(report.checks.map(({ detail }) => detail)).toContain('superseded by a higher one, paid on chain')
  })

  it('counts to the unit what a deposit too small paid of two agreements', async () => {
    const scenario = await openScenario(FIRST + SECOND)
    const [first, second] = await fillScenario(scenario)
    const { key } = scenario
    await market.bob.redeem(await scenario.redeemable())
    // The same channel as if it held 100 units less: a chain of our own telling, events and all.
    const real = createChain({ ...(await scenario.bundle(first)).network, rpcUrls: [market.anvil.url] })
    const missing = 100n
    const chain = {
      ...real,
      async channelState(...args: Parameters<typeof real.channelState>) {
        const state = await real.channelState(...args)
        return { ...state, deposit: state.deposit - missing, settled: state.settled - missing }
      },
      async channelEvents(...args: Parameters<typeof real.channelEvents>) {
        const events = await real.channelEvents(...args)
        return events.map(event => {
          if (event.name === 'ChannelFunded')
            return { ...event, amount: event.amount - missing, deposit: event.deposit - missing }
          return event.name === 'Redeemed' ? { ...event, paid: event.paid - missing } : event
        })
      }
    }
    const reports = await Promise.all(
      [first, second].map(async id => verifyBundle(await scenario.bundle(id), { chain, recover: recoverNative }))
    )
    expect(reports.map(({ verdict }) => verdict)).toEqual(['verified', 'verified'])
    expect(reports.map(({ money }) => money.redeemed).reduce((a, b) => a! + b!)).toBe(FIRST + SECOND - missing)
    expect(reports[0]).toMatchObject({ payment: 'uncovered' })
    expect(channelId(key)).toBe(reports[0]!.chain!.channel)
  })

  it('reports a channel that is closing, and one that was closed before the voucher was redeemed', async () => {
    const scenario = await openScenario()
    const [first] = await fillScenario(scenario)
    const bundle = await scenario.bundle(first)
    await market.alice.requestClose(scenario.key)
    expect((await audit(bundle)).chain).toMatchObject({ state: 'closing' })
    await market.bob.close(scenario.key)
    const report = await audit(bundle)
    expect(report).toMatchObject({
      verdict: 'verified',
      payment: 'uncovered',
      money: { redeemed: 0n },
      chain: { state: 'closed', deposit: 0n }
    })
  })

  it('gives the same verdict with signatures checked in pure JavaScript, as in a browser', async () => {
    const scenario = await openScenario()
    const [first] = await fillScenario(scenario)
    const bundle = await scenario.bundle(first)
    const chain = createChain({ ...bundle.network, rpcUrls: [market.anvil.url] })
    expect(await verifyBundle(bundle, { chain, recover: recoverPure })).toEqual(await audit(bundle))
  })

  it('takes tokens that somebody sent to the escrow by mistake for what they are', async () => {
    const scenario = await openScenario()
    const [first] = await fillScenario(scenario)
    const bundle = await scenario.bundle(first)
    const real = createChain({ ...bundle.network, rpcUrls: [market.anvil.url] })
    const chain = { ...real, tokenBalance: async () => (await real.liabilities()) + 1n }
    expect(await verifyBundle(bundle, { chain, recover: recoverNative })).toMatchObject({ verdict: 'verified' })
    const poor = { ...real, tokenBalance: async () => (await real.liabilities()) - 1n }
    const report = await verifyBundle(bundle, { chain: poor, recover: recoverNative })
    expect(failedOf(report)).toEqual(['escrow holds at least what it owes'])
  })
})

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
        const state = s.agree(1, { perSec: PER_SEC + 1n })
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
    const scenario = await createScenario(market, DEPOSIT, ++salt)
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

describe('a chain that cannot be asked', () => {
  it('is no verdict: RPC down, wrong chain', async () => {
    const scenario = await openScenario()
    const [first] = await fillScenario(scenario)
    const bundle = await scenario.bundle(first)
    const down = createChain({ ...bundle.network, rpcUrls: [`http://127.0.0.1:${await freePort()}`] })
    await expect(verifyBundle(bundle, { chain: down, recover: recoverNative })).rejects.toMatchObject({
      code: 'E_RPC_DOWN'
    })
    const other = await startAnvil(1)
    try {
      const chain = createChain({ ...bundle.network, rpcUrls: [other.url] })
      await expect(verifyBundle(bundle, { chain, recover: recoverNative })).rejects.toMatchObject({
        code: 'E_WRONG_CHAIN'
      })
    } finally {
      await other.stop()
    }
  })

  it('that moves between two questions is asked again', async () => {
    const scenario = await openScenario()
    const [first] = await fillScenario(scenario)
    const bundle = await scenario.bundle(first)
    const real = createChain({ ...bundle.network, rpcUrls: [market.anvil.url] })
    let asked = 0
    const chain = {
      ...real,
      async channelState(...args: Parameters<typeof real.channelState>) {
        // Events are read, then somebody redeems, then the state is.
        if (++asked === 1) return { ...(await real.channelState(...args)), settled: 1n }
        return real.channelState(...args)
      }
    }
    expect(await verifyBundle(bundle, { chain, recover: recoverNative })).toMatchObject({ verdict: 'verified' })
    expect(asked).toBe(2)
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

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
