import {
  answerChunk,
  appendLeaf,
  COURT_RULES,
  channelId,
  commitmentOf,
  commitToData,
  digestOf,
  EMPTY_LOG,
  leafHash,
  receiptType
} from '@archipel/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type CourtWorld, DUE, QUANTUM, startCourtWorld } from './court-fixture.ts'

const STAKE = 6n * QUANTUM

describe('a claim', () => {
  let world: CourtWorld
  let salt = 0n
  beforeAll(async () => {
    world = await startCourtWorld()
  })
  afterEach(() => world.conserved(0))
  afterAll(() => world.anvil.stop())

  const code = (code: string) => expect.objectContaining({ code })
  const job = () => world.job(++salt)
  const balances = async () => {
    const [alice, bob] = await Promise.all(
      [world.alice, world.bob].map(({ address }) => world.court().balanceOf(address))
    )
    return { alice: alice!, bob: bob! }
  }
  /** What bob's balance in the escrow grew by while something was done. */
  async function paidTo(act: () => Promise<unknown>): Promise<bigint> {
    const before = await world.chain().escrowBalance(world.bob.address)
    await act()
    return (await world.chain().escrowBalance(world.bob.address)) - before
  }

  it('is paid after two days when the buyer is silent', async () => {
    const { claim, court, bob, chain, passTo, stands } = world
    const before = await balances()
    const made = await job()
    const { key } = made
    const { id } = await claim(made)
    expect(await court().casesOn(channelId(key), { fromBlock: 0 })).toMatchObject([{ id, name: 'CaseOpened' }])
    const story = (await court().readCase(id, { fromBlock: 0 }))!
    expect(story).toMatchObject({ facts: { kind: 'claim', plaintiff: bob.address, amount: DUE }, outcome: 'none' })
    expect((await balances()).bob).toBe(before.bob - STAKE)
    expect(await court().docketOf(channelId(key))).toEqual({ cases: 1, from: 0n, to: 0n })
    const { until } = story.state
    expect(await chain().heldUntil(channelId(key))).toBe(until - COURT_RULES.openSec + COURT_RULES.caseSecMax)
    await expect(court(bob).finalise(story, key)).rejects.toEqual(code('E_CASE_TOO_EARLY'))

    await passTo(until + 1)
    const paid = await paidTo(async () => {
      const { story: closed, outcome, awarded } = await court(bob).finalise(story, key)
      expect({ outcome, awarded }).toEqual({ outcome: 'upheld', awarded: DUE })
      await stands(closed)
    })
    expect(paid).toBe(DUE)
    expect(await balances()).toEqual(before)
    expect(await chain().heldUntil(channelId(key))).toBe(0)
    await expect(court(bob).finalise(story, key)).rejects.toEqual(code('E_CASE_MOVED'))
    expect(await court().casesOpenedBy(bob.address, { fromBlock: 0 })).toHaveLength(1)
    expect(await court().casesOpenedBy(world.alice.address, { fromBlock: 0 })).toEqual([])
  })

  it('happens once for each agreement, and its hold ends with the last', async () => {
    const { claim, court, bob, chain, again, passTo } = world
    const made = await job()
    const id = channelId(made.key)
    const first = await claim(made)
    const statement = { alreadyPaid: 0n, dataRoot: first.facts.dataRoot, dataChunks: 0 }
    await expect(court(bob).claim(made.filing(bob), statement)).rejects.toEqual(code('E_CASE_EXISTS'))
    const second = await claim(await again(made, 'another job', 50n))
    expect((await court().docketOf(id)).cases).toBe(2)
    await passTo(second.state.until + 1)
    await court(bob).finalise(first, made.key)
    expect(await chain().heldUntil(id)).toBeGreaterThan(0)
    await court(bob).finalise(second, made.key)
    expect(await chain().heldUntil(id)).toBe(0)
    await expect(court(bob).claim(made.filing(bob), statement)).rejects.toEqual(code('E_CASE_EXISTS'))
  })

  it('ends at once when vouchers have paid it', async () => {
    const { claim, court, chain, bob, alice, voucher, stands } = world
    const before = await balances()
    const made = await job()
    const { key } = made
    const story = await claim(made)
    await chain(bob).redeem(voucher(key, 60n))
    await expect(court(alice).closePaid(story, key)).rejects.toEqual(code('E_NOT_PAID'))
    await chain(bob).redeem(voucher(key, 100n))
    const { story: closed } = await court(alice).closePaid(story, key)
    expect(await stands(closed)).toMatchObject({ outcome: 'paid', awarded: 0n, credited: DUE })
    expect(await balances()).toEqual(before)
    expect(await court().docketOf(channelId(key))).toEqual({ cases: 0, from: 0n, to: 100n })
  })

  it('is paid what vouchers have not', async () => {
    const { claim, court, chain, bob, voucher, passTo, stands } = world
    const made = await job()
    const story = await claim(made)
    await chain(bob).redeem(voucher(made.key, 60n))
    await passTo(story.state.until + 1)
    const { story: closed } = await court(bob).finalise(story, made.key)
    expect(await stands(closed)).toMatchObject({ outcome: 'upheld', awarded: 40n, credited: 60n })
  })

  it('that hides what was paid costs its stake', async () => {
    const { claim, court, chain, bob, alice, voucher, stands, domain } = world
    const before = await balances()
    const made = await job()
    const { key, receipt } = made
    const leaf = leafHash(digestOf(domain, receiptType, receipt.body), DUE)
    const signed = voucher(key, DUE, commitmentOf(appendLeaf(EMPTY_LOG, leaf)))
    const story = await claim(made, { voucher: signed })
    const paid = { receipt, cumulative: DUE, proof: { index: 0, size: 1, path: [] } }
    await expect(court(alice).rebutPaid(story, key, paid)).rejects.toEqual(code('E_NOT_SETTLED'))
    await expect(court(alice).rebutPaid(story, key, { ...paid, cumulative: 99n })).rejects.toEqual(code('E_BAD_PROOF'))
    await chain(bob).redeem(signed)
    const { story: closed } = await court(alice).rebutPaid(story, key, paid)
    expect(await stands(closed)).toMatchObject({ outcome: 'rebutted', awarded: 0n })
    expect(await balances()).toEqual({ alice: before.alice + STAKE, bob: before.bob - STAKE })
  })

  it('shows its data when it is asked, three times', async () => {
    const { claim, court, bob, alice, stands, passTo, node } = world
    const data = Uint8Array.from({ length: 2500 }, (_, index) => index % 251)
    const { root, chunks } = commitToData(data)
    const made = await job()
    let story = await claim(made, { dataRoot: root, dataChunks: chunks })
    const demand = async (chunk: number) => (await court(alice).demandData(story, made.key, chunk)).story
    await expect(demand(3)).rejects.toEqual(code('E_NO_SUCH_CHUNK'))
    await expect(court(bob).demandData(story, made.key, 0)).rejects.toEqual(code('E_NOT_PARTY'))
    for (const chunk of [2, 0, 1]) {
      story = await stands(await demand(chunk))
      expect(story.state).toMatchObject({ phase: 'demanded', target: chunk, defendant: alice.address })
      await expect(court(bob).answerData(story, answerChunk(data, (chunk + 1) % 3))).rejects.toEqual(
        code('E_BAD_PROOF')
      )
      // Anybody who has it may.
      story = await stands((await court(node).answerData(story, answerChunk(data, chunk))).story)
      expect(story.state.phase).toBe('open')
    }
    await expect(demand(0)).rejects.toEqual(code('E_DEMANDS_USED_UP'))
    expect(await court().balanceOf(node.address)).toBe(3n * QUANTUM)
    await court(node).withdraw(3n * QUANTUM)
    await passTo(story.state.until + 1)
    expect((await court(bob).finalise(story, made.key)).outcome).toBe('upheld')
  })

  it('gives the buyer time to act on an answer that comes late', async () => {
    const { claim, court, bob, alice, stands, passTo } = world
    const data = new Uint8Array(5)
    const { root, chunks } = commitToData(data)
    const made = await job()
    let story = await claim(made, { dataRoot: root, dataChunks: chunks })
    await passTo(story.state.until + 1)
    await expect(court(alice).demandData(story, made.key, 0)).rejects.toEqual(code('E_CASE_TOO_LATE'))
    await court(bob).finalise(story, made.key)

    const next = await job()
    story = await claim(next, { dataRoot: root, dataChunks: chunks })
    await passTo(story.state.until - 60)
    const { until } = story.state
    story = await stands((await court(alice).demandData(story, next.key, 0)).story)
    expect(story.state.until).toBe(story.state.dataUntil + COURT_RULES.dataSec)
    expect(story.state.until).toBeGreaterThan(until)
    story = await stands((await court(bob).answerData(story, answerChunk(data, 0))).story)
    await passTo(story.state.until + 1)
    await court(bob).finalise(story, next.key)
  })

  it('fails when it shows no data', async () => {
    const { claim, court, bob, alice, stands, passTo } = world
    const before = await balances()
    const { root, chunks } = commitToData(new Uint8Array(5))
    const made = await job()
    const open = await claim(made, { dataRoot: root, dataChunks: chunks })
    const { story } = await court(alice).demandData(open, made.key, 0)
    await expect(court(alice).finalise(story, made.key)).rejects.toEqual(code('E_CASE_TOO_EARLY'))
    await passTo(story.state.dataUntil + 1)
    const answer = answerChunk(new Uint8Array(5), 0)
    await expect(court(bob).answerData(story, answer)).rejects.toEqual(code('E_CASE_TOO_LATE'))
    const { story: closed } = await court(alice).finalise(story, made.key)
    expect(await stands(closed)).toMatchObject({ outcome: 'failed', awarded: 0n })
    expect(await balances()).toEqual({ alice: before.alice + STAKE, bob: before.bob - STAKE })
  })

  it('delays the close of its channel for anybody but the payee', async () => {
    const { claim, court, chain, alice, bob, passTo, nowSec } = world
    const made = await job()
    await chain(alice).requestClose(made.key)
    const story = await claim(made)
    await passTo((await nowSec()) + 3601)
    await expect(chain(alice).close(made.key)).rejects.toEqual(code('E_CHANNEL_HELD'))
    await passTo(story.state.until + 1)
    await court(alice).finalise(story, made.key)
    expect((await chain(alice).close(made.key)).refunded).toBe(900n)
    expect((await chain(bob).channelState(channelId(made.key))).deposit).toBe(0n)
  })
})
