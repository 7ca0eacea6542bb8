import { courtAbi } from '@archipel/contracts'
import { COURT_RULES, CodedError, channelId } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeRevert, KNOWN_ERRORS } from '../../../src/chain/contract/decode-revert.ts'
import { courtInterface, escrowInterface, uptimeInterface } from '../../../src/chain/contract/interfaces.ts'
import { SEAT_UNIT } from '../../../src/chain/index.ts'
import { type CourtWorld, QUANTUM, SEATS_EACH, startCourtWorld, TOKEN } from './court-fixture.ts'

async function errorOf(promise: Promise<unknown>): Promise<CodedError> {
  const err = await promise.then(
    () => new Error('did not throw'),
    err => err
  )
  expect(err).toBeInstanceOf(CodedError)
  return err
}

it('every error that the court declares is known', () => {
  const declared = courtAbi.filter(entry => entry.type === 'error').map(entry => entry.name)
  expect(declared.filter(name => !KNOWN_ERRORS.includes(name))).toEqual([])
})

it('an error is explained as the contract that was called means it', () => {
  const poor = escrowInterface.encodeErrorResult('BalanceInsufficient', [1n, 2n])
  expect(courtInterface.encodeErrorResult('BalanceInsufficient', [1n, 2n])).toBe(poor)
  expect(decodeRevert(poor, 'open')).toMatchObject({ code: 'E_NO_FUNDS', facts: { amount: 2n } })
  expect(decodeRevert(poor, 'claim', courtInterface)).toMatchObject({ code: 'E_NO_STAKE', facts: { needed: 2n } })
  const paid = uptimeInterface.encodeErrorResult('NothingDue', [])
  expect(decodeRevert(paid, 'redeem')).toMatchObject({ code: 'E_NOTHING_TO_REDEEM' })
  const due = courtInterface.encodeErrorResult('NothingDue', [1n, 2n])
  expect(decodeRevert(due, 'claim', courtInterface)).toMatchObject({
    code: 'E_NOTHING_DUE',
    facts: { alreadyPaid: 2n }
  })
  // The escrow refuses through the court.
  const held = escrowInterface.encodeErrorResult('HoldOutOfRange', [1n, 2n, 3n])
  expect(decodeRevert(held, 'claim', courtInterface).code).toBe('E_HOLD_RANGE')
})

describe('a court on a chain', () => {
  let world: CourtWorld
  beforeAll(async () => {
    world = await startCourtWorld()
  })
  afterAll(() => world.anvil.stop())

  it('is recognised, and nothing else is taken for it', async () => {
    const { court, place, node } = world
    await court().checkCourt()
    expect((await errorOf(court(undefined, { court: place.token }).checkCourt())).code).toBe('E_NO_CONTRACT')
    expect((await errorOf(court(undefined, { escrow: node.address }).checkCourt())).code).toBe('E_NO_CONTRACT')
    expect((await errorOf(court(undefined, { bonds: node.address }).checkCourt())).code).toBe('E_NO_CONTRACT')
    expect(await court().stakeToken()).toBe(place.token)
    expect(await court().seatUnit()).toBe(SEAT_UNIT)
    expect((await errorOf(court().sit(1))).code).toBe('E_NO_SIGNER')
  })

  it('keeps balances, approving exactly what is needed', async () => {
    const { court, alice, node, place } = world
    const door = court(alice)
    expect((await errorOf(door.deposit(5_000n * TOKEN))).code).toBe('E_NO_FUNDS')
    expect((await door.deposit(3n * TOKEN, { account: node.address })).credited).toBe(3n * TOKEN)
    expect(await door.stakeAllowance(alice.address)).toBe(0n)
    expect(await door.balanceOf(node.address)).toBe(3n * TOKEN)
    const before = await door.stakeBalance(alice.address)
    await court(node).withdraw(TOKEN, { to: alice.address })
    expect(await door.stakeBalance(alice.address)).toBe(before + TOKEN)
    expect(await errorOf(court(node).withdraw(3n * TOKEN))).toMatchObject({
      code: 'E_NO_STAKE',
      facts: { balance: 2n * TOKEN, needed: 3n * TOKEN }
    })
    expect((await errorOf(door.withdraw(1n, { to: place.court }))).code).toBe('E_RECIPIENT_INVALID')
    await world.conserved(0)
  })

  it('has seats that are taken, left and taken again', async () => {
    const { court, bob, alice, jurors, nowSec, passTo } = world
    const door = court(bob)
    const before = await door.seatCount()
    expect(before).toBe(jurors.length * SEATS_EACH)
    const { first } = await door.sit(2)
    expect(await door.seatsTakenBy(bob.address, { fromBlock: 0 })).toEqual([first, first + 1])
    const seat = await door.seatOf(first)
    expect(seat).toMatchObject({ owner: bob.address, leavingAt: 0, stake: SEAT_UNIT })
    expect(await door.seatOf(before + 2)).toBeUndefined()

    expect((await errorOf(court(alice).stand(first))).code).toBe('E_NOT_SEAT_OWNER')
    expect((await errorOf(court(alice).sitIn(first))).code).toBe('E_SEAT_TAKEN')
    expect((await errorOf(door.vacate(first))).code).toBe('E_LEAVE_TOO_EARLY')
    const { leaveAt } = await door.stand(first)
    expect(leaveAt).toBe((await nowSec()) + COURT_RULES.seatExitSec)
    expect((await errorOf(door.stand(first))).code).toBe('E_SEAT_LEAVING')
    expect((await door.seatOf(first))?.leavingAt).toBe(leaveAt - COURT_RULES.seatExitSec)
    expect((await errorOf(door.collect(first))).code).toBe('E_AMOUNT_ZERO')
    await passTo(leaveAt)
    expect((await door.vacate(first)).amount).toBe(SEAT_UNIT)
    expect(await door.seatOf(first)).toBeUndefined()
    await court(alice).sitIn(first)
    expect((await door.seatOf(first))?.owner).toBe(alice.address)
    await world.conserved(0)
  })

  it('refuses, with a reason, what is no case', async () => {
    const { court, bob, alice, node, jurors, job, chain } = world
    const good = await job(1n)
    const nothing = { alreadyPaid: 0n, dataRoot: good.receipt.body.result, dataChunks: 0 }
    const refused = async (promise: Promise<unknown>) => (await errorOf(promise)).code
    const filing = good.filing(bob)

    expect(await refused(court(alice).claim(filing, nothing))).toBe('E_NOT_PARTY')
    expect(await refused(court(bob).fault(filing))).toBe('E_NOT_PARTY')
    expect(await refused(court(bob).claim(filing, { ...nothing, alreadyPaid: 100n }))).toBe('E_NOTHING_DUE')
    const other = { ...filing, bid: { ...filing.bid, priceMax: 99n } }
    expect(await refused(court(bob).claim(other, nothing))).toBe('E_PRICE_EXCEEDED')
    const elsewhere = { ...filing, bid: { ...filing.bid, payee: alice.address } }
    expect(await refused(court(node).claim(elsewhere, nothing))).toBe('E_FILING_MISMATCH')
    const agreed = { ...filing, bid: { ...filing.bid, tickSec: 11 } }
    expect(await refused(court(bob).claim(agreed, nothing))).toBe('E_FILING_MISMATCH')
    const unsigned = { ...filing, agreementSignature: filing.receipt.signature }
    expect(await refused(court(bob).claim(unsigned, nothing))).toBe('E_BAD_SIGNATURE')
    const unjudged = await job(2n, { arbiter: jurors[0]!.address })
    expect(await refused(court(bob).claim(unjudged.filing(bob), nothing))).toBe('E_NOT_ARBITER')
    expect(await refused(court(node).claim(filing, nothing))).toBe('E_NO_STAKE')
    const tick = await job(3n, { result: `0x${'00'.repeat(32)}` })
    expect(await refused(court(alice).fault(tick.filing(alice)))).toBe('E_NOTHING_TO_JUDGE')
    expect(await chain().heldUntil(channelId(good.key))).toBe(0)
  })

  it('says what a case would cost before it is opened', async () => {
    const { court, bob, job } = world
    const { filing } = await job(4n)
    const statement = { alreadyPaid: 0n, dataRoot: filing(bob).anchor, dataChunks: 1 }
    const cost = await court(bob).estimateCost({ name: 'claim', filing: filing(bob), statement })
    expect(cost.gas).toBeGreaterThan(100_000n)
    const { gasUsed } = await court(bob).claim(filing(bob), statement)
    expect(gasUsed).toBeLessThanOrEqual(cost.gas)
    expect(await court().balanceOf(bob.address)).toBeGreaterThan(6n * QUANTUM)
  })
})
