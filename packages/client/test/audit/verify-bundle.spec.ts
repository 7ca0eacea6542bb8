import { createServer } from 'node:net'
import { channelId, recoverPure } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyBundle } from '../../src/audit/index.ts'
import { createChain } from '../../src/chain/index.ts'
import { recoverNative } from '../../src/crypto/signer-node.ts'
import { startAnvil } from '../chain/anvil.ts'
import type { Market } from '../chain/fixture.ts'
import { type AuditFixture, DEPOSIT, FIRST, failedOf, SECOND, startAudits, THIRD } from './audit-fixture.ts'
import { fillScenario, PER_SEC, RESULT, STARTUP } from './scenario.ts'

let market: Market
let openScenario: AuditFixture['openScenario']
let audit: AuditFixture['audit']
beforeAll(async () => {
  ;({ market, openScenario, audit } = await startAudits())
})
afterAll(() => market.anvil.stop())

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
    const scenario = await openScenario({ deposit: FIRST + SECOND })
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

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}
