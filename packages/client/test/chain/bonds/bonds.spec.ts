import { bondsAbi } from '@archipel/contracts'
import { CodedError, faultOf, proveKeyPossession, recoverPure, validateEquivocation } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeRevert, KNOWN_ERRORS } from '../../../src/chain/contract/decode-revert.ts'
import { bondsInterface } from '../../../src/chain/contract/interfaces.ts'
import { exposedMax } from '../../../src/chain/index.ts'
import { devSigner } from '../anvil.ts'
import { type BondsMarket, DAY_SEC, startBondsMarket, TOKEN } from './bonds-fixture.ts'

/** Deployment and EIP-712 helpers, and a number that no real sum comes near: no transaction of ours runs into them. */
const OUT_OF_REACH = ['InvalidShortString', 'SafeCastOverflowedUintDowncast', 'StringTooLong']

async function errorOf(promise: Promise<unknown>): Promise<CodedError> {
  const err = await promise.then(
    () => new Error('did not throw'),
    err => err
  )
  expect(err).toBeInstanceOf(CodedError)
  return err
}

it('every error that Bonds declares is known', () => {
  const declared = bondsAbi.filter(entry => entry.type === 'error').map(entry => entry.name)
  expect(declared.filter(name => !KNOWN_ERRORS.includes(name)).sort()).toEqual(OUT_OF_REACH)
  const data = bondsInterface.encodeErrorResult('BondExposed', [3n, 2n, 4n])
  expect(decodeRevert(data, 'exit')).toMatchObject({
    code: 'E_BOND_EXPOSED',
    facts: { operation: 'exit', exposed: 3n, exposedMax: 2n, amount: 4n }
  })
})

describe('bonds on a chain', () => {
  let market: BondsMarket
  beforeAll(async () => {
    market = await startBondsMarket()
  })
  afterAll(() => market.anvil.stop())

  it('are recognised, and nothing else is taken for them', async () => {
    const { as, olga, node } = market
    await as().checkBonds()
    const elsewhere = as(undefined, { bonds: olga.token })
    expect((await errorOf(elsewhere.checkBonds())).code).toBe('E_NO_CONTRACT')
    const ofAnother = as(undefined, { escrow: node.address })
    expect((await errorOf(ofAnother.checkBonds())).code).toBe('E_NO_CONTRACT')
  })

  it('register keys by proof of possession, once', async () => {
    const { olga, rita, node, bondsDomain } = market
    expect(await olga.ownerOf(node.address)).toBeUndefined()
    const proof = proveKeyPossession(node, olga.address!, bondsDomain)
    expect((await errorOf(rita.registerKey(proof))).code).toBe('E_BAD_SIGNATURE')
    await olga.registerKey(proof)
    expect(await olga.ownerOf(node.address)).toBe(olga.address)
    expect(await olga.keysOf(olga.address!, { fromBlock: 0 })).toEqual([node.address])
    expect(await olga.keysOf(rita.address!, { fromBlock: 0 })).toEqual([])
    expect(await errorOf(olga.registerKey(proof))).toMatchObject({ code: 'E_KEY_TAKEN' })
  })

  it('take tokens in, approving exactly what is needed', async () => {
    const { olga, rita } = market
    const { credited } = await olga.bond(100n * TOKEN)
    expect(credited).toBe(100n * TOKEN)
    expect(await olga.bondAllowance(olga.address!)).toBe(0n)
    expect(await olga.bondOf(olga.address!)).toEqual({ amount: 100n * TOKEN, exiting: 0n, exitAt: 0 })
    expect((await errorOf(rita.bond(1n))).code).toBe('E_NO_FUNDS')
    await olga.bond(TOKEN, { owner: rita.address! })
    expect((await rita.bondOf(rita.address!)).amount).toBe(TOKEN)
  })

  it('expose to arbiters, at once; and less only after the delay', async () => {
    const { olga, arbiter, wait } = market
    const owner = olga.address!
    expect(await errorOf(olga.expose(arbiter, 81n * TOKEN))).toMatchObject({
      code: 'E_BOND_EXPOSED',
      facts: { exposedMax: exposedMax(100n * TOKEN) }
    })
    await olga.expose(arbiter, 50n * TOKEN)
    expect(await olga.exposureOf(owner, arbiter)).toEqual({ cap: 50n * TOKEN, cover: 50n * TOKEN, reduceAt: 0 })
    const { reduceAt } = await olga.requestReduce(arbiter, 30n * TOKEN)
    expect(await olga.exposureOf(owner, arbiter)).toEqual({ cap: 50n * TOKEN, cover: 30n * TOKEN, reduceAt })
    expect(await errorOf(olga.reduce(arbiter))).toMatchObject({ code: 'E_REDUCTION_TOO_EARLY' })
    expect(await olga.exitDelaySec()).toBe(30 * DAY_SEC)
    const before = await olga.blockTimeSec()
    await wait(30 * DAY_SEC)
    expect((await olga.blockTimeSec()) - before).toBeGreaterThanOrEqual(30 * DAY_SEC)
    expect((await olga.reduce(arbiter)).cap).toBe(30n * TOKEN)
    expect(await olga.exposedOf(owner)).toBe(30n * TOKEN)
    expect(await olga.arbitersOf(owner, { fromBlock: 0 })).toEqual([arbiter])
  })

  it('let out what was asked for in time, and what is free', async () => {
    const { olga, wait, arbiter } = market
    expect((await errorOf(olga.exit())).code).toBe('E_EXIT_TOO_EARLY')
    const { exitAt } = await olga.requestExit(80n * TOKEN)
    expect(await olga.bondOf(olga.address!)).toEqual({ amount: 100n * TOKEN, exiting: 80n * TOKEN, exitAt })
    expect((await errorOf(olga.requestExit(1n))).code).toBe('E_EXIT_PENDING')
    await wait(30 * DAY_SEC)
    expect((await errorOf(olga.exit())).code).toBe('E_BOND_EXPOSED')
    await olga.cancelExit()
    await olga.requestExit(10n * TOKEN)
    await wait(30 * DAY_SEC)
    const before = await olga.tokenBalance(arbiter)
    expect((await olga.exit({ to: arbiter })).paid).toBe(10n * TOKEN)
    expect((await olga.tokenBalance(arbiter)) - before).toBe(10n * TOKEN)
  })

  it('pay the harmed and the reporter of a contradiction, once', async () => {
    const { olga, rita, harm, receipts, domain, alice } = market
    const shown = harm(4n * TOKEN)
    const proof = receipts(shown)
    expect(validateEquivocation(proof, { domain, recover: recoverPure })).toBe(faultOf(proof))
    const slashed = await rita.slashEquivocation(proof, { harm: shown })
    expect(slashed).toMatchObject({
      owner: olga.address,
      fault: faultOf(proof),
      paidHarmed: 4n * TOKEN,
      paidReporter: 9n * 10n ** 17n,
      burned: TOKEN + 81n * 10n ** 17n
    })
    expect(slashed.gasUsed).toBeLessThanOrEqual(135_000n)
    expect(await rita.faultOf(faultOf(proof))).toEqual({ punished: true, compensated: 4n * TOKEN })
    expect(await rita.claimable(alice)).toBe(4n * TOKEN)
    expect(await errorOf(rita.slashEquivocation(proof))).toMatchObject({ code: 'E_FAULT_PUNISHED' })
    expect(await errorOf(rita.slashEquivocation(proof, { harm: shown }))).toMatchObject({ code: 'E_FAULT_PUNISHED' })

    expect((await rita.collect()).paid).toBe(9n * 10n ** 17n)
    expect((await errorOf(rita.collect())).code).toBe('E_AMOUNT_ZERO')
    expect(await rita.tokenBalance(rita.address!)).toBe(9n * 10n ** 17n)
  })

  it('still compensate the harmed when somebody reported without them', async () => {
    const { rita, harm, receipts } = market
    const shown = harm(TOKEN, 1)
    const proof = receipts(shown)
    const first = await rita.slashEquivocation(proof)
    expect(first.paidHarmed).toBe(0n)
    expect(first.paidReporter).toBeGreaterThan(0n)
    const second = await rita.slashEquivocation(proof, { harm: shown })
    expect(second).toMatchObject({ paidHarmed: TOKEN, paidReporter: 0n })
  })

  it('refuse a harm that is not that of the receipts, or in another token', async () => {
    const { rita, harm, receipts, node } = market
    const proof = receipts(harm(TOKEN, 2))
    expect((await errorOf(rita.slashEquivocation(proof, { harm: harm(TOKEN, 3) }))).code).toBe('E_HARM_NOT_PROVEN')
    const { bid, channel } = harm(TOKEN, 2)
    const foreign = { bid, channel: { ...channel, token: node.address } }
    expect((await errorOf(rita.slashEquivocation(proof, { harm: foreign }))).code).toBe('E_WRONG_TOKEN')
  })

  it('punish two offers with one sequence', async () => {
    const { rita, offers, domain, olga } = market
    const proof = offers(7)
    validateEquivocation(proof, { domain, recover: recoverPure })
    const slashed = await rita.slashEquivocation(proof)
    expect(slashed.fault).toBe(faultOf(proof))
    expect(slashed.gasUsed).toBeLessThanOrEqual(110_000n)
    expect((await errorOf(rita.slashEquivocation(proof))).code).toBe('E_FAULT_PUNISHED')
    const same = { ...offers(8), second: offers(8).first }
    expect((await errorOf(rita.slashEquivocation(same))).code).toBe('E_NOT_EQUIVOCAL')
    expect(await olga.exposedOf(olga.address!)).toBe(30n * TOKEN)
  })

  it('account for every coin', async () => {
    const { olga, rita, alice } = market
    const bonded = await Promise.all([olga, rita].map(async one => (await one.bondOf(one.address!)).amount))
    const claims = await Promise.all([olga.address!, rita.address!, alice].map(account => olga.claimable(account)))
    const owed = [...bonded, ...claims, await olga.burnt()].reduce((sum, amount) => sum + amount, 0n)
    expect(await olga.bondLiabilities()).toBe(owed)
    expect(await olga.tokenBalance(olga.bonds)).toBe(owed)
  })

  it('know nobody without a key', async () => {
    const { as } = market
    expect((await errorOf(as().bond(1n))).code).toBe('E_NO_SIGNER')
    expect((await errorOf(as().collect())).code).toBe('E_NO_SIGNER')
    expect((await errorOf(as(devSigner(2)).reduce(market.arbiter))).code).toBe('E_REDUCTION_TOO_EARLY')
  })
})
