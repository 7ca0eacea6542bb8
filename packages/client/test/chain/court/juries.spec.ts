import { type CaseStory, COURT_RULES, voteCommitment } from '@archipel/protocol'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createBonds } from '../../../src/chain/index.ts'
import { CHAINS, type CourtWorld, DUE, OTHER_TRUTH, QUANTUM, SALT, startCourtWorld, word } from './court-fixture.ts'

/** Has the hashes of 8191 blocks (EIP-2935). Where it is not, contracts see those of 256. */
const HISTORY_CONTRACT = '0x0000f90827f1c53a10cb7a02335b175320002935'
const FORGOTTEN_BLOCKS = 257

describe('a jury', () => {
  let world: CourtWorld
  let salt = 0n
  beforeAll(async () => {
    world = await startCourtWorld()
  })
  afterEach(() => world.conserved(0))
  afterAll(() => world.anvil.stop())

  const code = (code: string) => expect.objectContaining({ code })
  const job = () => world.job(++salt)
  /** A claim that alice contests. */
  async function contested() {
    const made = await job()
    return { key: made.key, story: await world.contest(await world.claim(made), made.key) }
  }
  async function ends({ story, key }: { story: CaseStory; key: Parameters<CourtWorld['contest']>[1] }) {
    await expect(world.court(world.node).finalise(story, key)).rejects.toEqual(code('E_CASE_TOO_EARLY'))
    await world.passTo(story.state.until + 1)
    return world.stands((await world.court(world.node).finalise(story, key)).story)
  }

  it('of three finds for the provider, and is paid by the buyer', async () => {
    const { court, bob, alice, draw, voteAll, jurors, ownerOf } = world
    const { key, story } = await contested()
    expect(story.state).toMatchObject({ phase: 'drawing', defendant: alice.address, seatCount: 12, pot: 12 })
    expect(await court().casesContestedBy(alice.address, { fromBlock: 0 })).toHaveLength(1)
    const drawn = await draw(story)
    expect(drawn.state).toMatchObject({ phase: 'voting', round: 0 })
    expect(drawn.state.seats).toHaveLength(3)
    const [jury] = (await court().juriesDrawn({ fromBlock: 0 })).toReversed()
    expect(jury).toMatchObject({ id: story.id, round: 0, seats: drawn.state.seats })
    const ruled = await voteAll(drawn, 3, 0)
    expect(ruled.state).toMatchObject({ phase: 'ruled', ruling: 'right', pot: 9, seats: [] })
    await expect(court(bob).appeal(ruled)).rejects.toEqual(code('E_NOT_PARTY'))
    expect(await ends({ story: ruled, key })).toMatchObject({ outcome: 'upheld', awarded: DUE })
    const owner = await ownerOf(drawn, 0)
    expect((await court(alice).collect(drawn.state.seats[0]!)).amount).toBe(QUANTUM)
    expect(jurors).toContain(owner)
    await expect(court(bob).appeal(ruled)).rejects.toEqual(code('E_CASE_MOVED'))
  })

  it('is larger when its loser appeals, and may find the opposite', async () => {
    const { court, bob, alice, draw, voteAll, stands, passTo } = world
    const { key, story } = await contested()
    const ruled = await voteAll(await draw(story), 1, 2)
    expect(ruled.state).toMatchObject({ phase: 'ruled', ruling: 'wrong', pot: 10 })
    await expect(court(alice).appeal(ruled)).rejects.toEqual(code('E_NOT_PARTY'))
    const appealed = await stands((await court(bob).appeal(ruled)).story)
    expect(appealed.state).toMatchObject({ phase: 'drawing', round: 1, pot: 24 })
    const drawn = await draw(appealed)
    expect(drawn.state).toMatchObject({ pot: 38, phase: 'voting' })
    expect(drawn.state.seats).toHaveLength(7)
    const again = await voteAll(drawn, 4, 3)
    expect(again.state).toMatchObject({ ruling: 'right', round: 1 })
    await passTo(again.state.until + 1)
    await expect(court(alice).appeal(again)).rejects.toEqual(code('E_CASE_TOO_LATE'))
    expect((await court().readCase(story.id, { fromBlock: 0 }))?.state).toEqual(again.state)
    const closed = await stands((await court(alice).finalise(again, key)).story)
    expect(closed).toMatchObject({ outcome: 'upheld', awarded: DUE })
  })

  it('may show all its votes in one block, whose last ends the round', async () => {
    const { anvil, court, draw, ownerOf, stands, chain, mine } = world
    const { key, story } = await contested()
    const drawn = await draw(story)
    const truth = drawn.facts.truth
    const owners = await Promise.all(drawn.state.seats.map((_, position) => ownerOf(drawn, position)))
    let committed = drawn
    for (const [position, { address: juror }] of owners.entries()) {
      const vote = { id: drawn.id, round: 0, juror, seat: drawn.state.seats[position]!, truth, salt: SALT }
      committed = (await court(owners[position]).commitVote(committed, position, voteCommitment(vote))).story
    }
    await anvil.request('evm_setAutomine', [false])
    const showing = Promise.all(
      owners.map((owner, position) => court(owner).revealVote(committed, { position, truth, salt: SALT }))
    )
    const isPooled = async () => {
      const { pending } = (await anvil.request('txpool_status')) as { pending: string }
      expect(Number(pending)).toBe(owners.length)
    }
    await vi.waitFor(isPooled, { timeout: 10_000 })
    await mine(1)
    await anvil.request('evm_setAutomine', [true])
    const blocks = (await showing).map(({ blockNumber }) => blockNumber)
    expect(new Set(blocks)).toEqual(new Set([await chain().blockNumber()]))
    const ruled = (await court().readCase(drawn.id, { fromBlock: 0 }))!
    expect(ruled.state).toMatchObject({ phase: 'ruled', ruling: 'right', pot: 9 })
    await ends({ story: await stands(ruled), key })
  })

  it('without a majority leaves the burden of proof to the plaintiff', async () => {
    const { court, alice, draw, voteAll } = world
    const { key, story } = await contested()
    const before = await court().balanceOf(alice.address)
    const ruled = await voteAll(await draw(story), 0, 0)
    expect(ruled.state).toMatchObject({ ruling: 'none', pot: 12 })
    await expect(court(alice).appeal(ruled)).rejects.toEqual(code('E_NOT_PARTY'))
    expect(await ends({ story: ruled, key })).toMatchObject({ outcome: 'split', awarded: 0n })
    expect(await court().balanceOf(alice.address)).toBe(before + 6n * QUANTUM)
  })

  it('finds a wrong result, and the bond pays the buyer back', async () => {
    const { anvil, place, chain, fault, alice, bob, contest, draw, voteAll, voucher, court } = world
    const made = await job()
    await chain(bob).redeem(voucher(made.key, DUE))
    const opened = await fault(made)
    await expect(court(bob).demandData(opened, made.key, 0)).rejects.toEqual(code('E_NOT_CLAIM'))
    const ruled = await voteAll(await draw(await contest(opened, made.key)), 1, 2)
    expect(ruled.state.ruling).toBe('wrong')
    expect(await ends({ story: ruled, key: made.key })).toMatchObject({ outcome: 'upheld', awarded: DUE })
    const bonds = createBonds({ rpcUrls: [anvil.url], chainId: anvil.chainId, ...place })
    expect(await bonds.claimable(alice.address)).toBe(DUE)
  })

  it('is not needed for a fault that nobody contests, nor possible for an old one', async () => {
    const { fault, court, alice, passTo, nowSec } = world
    const made = await job()
    const opened = await fault(made)
    // Nothing was paid, so that nothing is compensated.
    expect(await ends({ story: opened, key: made.key })).toMatchObject({ outcome: 'upheld', awarded: 0n })
    const old = await job()
    await passTo((await nowSec()) + COURT_RULES.faultSec + 1)
    await expect(court(alice).fault(old.filing(alice))).rejects.toEqual(code('E_FAULT_TOO_LATE'))
  })

  it('is called for in time or not at all', async () => {
    const { claim, court, alice, passTo } = world
    const made = await job()
    const opened = await claim(made)
    await passTo(opened.state.until + 1)
    await expect(court(alice).challenge(opened, made.key, CHAINS.alice.anchor)).rejects.toEqual(code('E_CASE_TOO_LATE'))
    await court(alice).finalise(opened, made.key)
  })

  it('is drawn with a block that somebody pinned', async () => {
    const { court, node, stands, draw, mine, voteAll } = world
    const { key, story } = await contested()
    await expect(court(node).pin(story)).rejects.toEqual(code('E_BLOCK_TOO_EARLY'))
    const secrets = { plaintiff: CHAINS.bob.secrets[0]! }
    await expect(court(node).revealSecrets(story, secrets)).rejects.toEqual(code('E_BLOCK_TOO_EARLY'))
    await mine(COURT_RULES.drawDelayBlocks + 1)
    const pinned = await stands((await court(node).pin(story)).story)
    expect(pinned.state.drawHash).not.toMatch(/^0x0*$/)
    await expect(court(node).pin(pinned)).rejects.toEqual(code('E_ALREADY_PINNED'))
    await ends({ story: await voteAll(await draw(pinned), 3, 0), key })
  })

  it('waits for another block when the hash of the first is forgotten', async () => {
    const { anvil, court, node, stands, draw, mine, voteAll } = world
    await anvil.request('anvil_setCode', [HISTORY_CONTRACT, '0x'])
    const { key, story } = await contested()
    await mine(COURT_RULES.drawDelayBlocks + FORGOTTEN_BLOCKS)
    const secrets = { plaintiff: CHAINS.bob.secrets[0]!, defendant: CHAINS.alice.secrets[0]! }
    await expect(court(node).revealSecrets(story, secrets)).rejects.toEqual(code('E_BLOCK_GONE'))
    const postponed = await stands((await court(node).pin(story)).story)
    expect(postponed.state.target).toBeGreaterThan(story.state.target + FORGOTTEN_BLOCKS)
    await ends({ story: await voteAll(await draw(postponed), 3, 0), key })
  })

  it.each([
    ['the defendant', { plaintiff: CHAINS.bob.secrets[0]! }, 'upheld'],
    ['the plaintiff', { defendant: CHAINS.alice.secrets[0]! }, 'failed'],
    ['both', undefined, 'split']
  ] as const)('is not drawn without the secret of %s, who then loses', async (_, secrets, outcome) => {
    const { court, node, stands, mine, passTo } = world
    const { key, story } = await contested()
    await mine(COURT_RULES.drawDelayBlocks + 1)
    await expect(court(node).revealSecrets(story, { plaintiff: word('guess') })).rejects.toEqual(code('E_BAD_SECRET'))
    const shown = secrets === undefined ? story : await stands((await court(node).revealSecrets(story, secrets)).story)
    if (secrets !== undefined)
      await expect(court(node).revealSecrets(shown, secrets)).rejects.toEqual(code('E_BAD_SECRET'))
    const burnt = await court().burnt()
    await passTo(shown.state.until + 1)
    const late = { plaintiff: CHAINS.bob.secrets[0]!, defendant: CHAINS.alice.secrets[0]! }
    await expect(court(node).revealSecrets(shown, late)).rejects.toEqual(code('E_CASE_TOO_LATE'))
    const closed = await stands((await court(node).finalise(shown, key)).story)
    expect(closed.outcome).toBe(outcome)
    expect(await court().burnt()).toBe(burnt + 3n * QUANTUM)
  })

  it('rules without those who are silent, at their expense', async () => {
    const { court, node, alice, draw, ownerOf, stands, passTo } = world
    const { key, story } = await contested()
    const drawn = await draw(story)
    const [first, second] = [await ownerOf(drawn, 0), await ownerOf(drawn, 1)]
    const truth = drawn.facts.truth
    const vote = (position: number, juror: string, found = truth) => {
      const seat = drawn.state.seats[position]!
      return voteCommitment({ id: drawn.id, round: 0, juror: juror as typeof found, seat, truth: found, salt: SALT })
    }
    await expect(court(alice).commitVote(drawn, 0, vote(0, alice.address))).rejects.toEqual(code('E_NOT_JUROR'))
    let now = (await court(second).commitVote(drawn, 1, vote(1, second.address))).story
    await expect(court(second).commitVote(now, 1, vote(1, second.address))).rejects.toEqual(code('E_ALREADY_VOTED'))
    now = await stands((await court(first).commitVote(now, 0, vote(0, first.address))).story)
    const shown = { position: 1, truth, salt: SALT }
    await expect(court(second).revealVote(now, shown)).rejects.toEqual(code('E_CASE_TOO_EARLY'))
    await passTo(now.state.until + 1)
    await expect(court(second).revealVote(now, { ...shown, position: 2 })).rejects.toEqual(code('E_BAD_VOTE'))
    await expect(court(second).revealVote(now, { ...shown, truth: OTHER_TRUTH })).rejects.toEqual(code('E_BAD_VOTE'))
    await expect(court(second).revealVote({ ...now, votes: now.votes.slice(0, 1) }, shown)).rejects.toEqual(
      code('E_BAD_VOTE')
    )
    now = await stands((await court(second).revealVote(now, shown)).story)
    await expect(court(node).tally(now)).rejects.toEqual(code('E_CASE_TOO_EARLY'))
    await passTo(now.state.until + COURT_RULES.revealSec + 1)
    await expect(court(first).revealVote(now, { ...shown, position: 0 })).rejects.toEqual(code('E_CASE_TOO_LATE'))
    await expect(court(node).finalise(now, key)).rejects.toEqual(code('E_CASE_PHASE'))
    const burnt = await court().burnt()
    now = await stands((await court(node).tally(now)).story)
    expect(now.state).toMatchObject({ phase: 'ruled', ruling: 'right', pot: 11 })
    expect(await court().burnt()).toBe(burnt + 8n * QUANTUM)
    await ends({ story: now, key })
  })

  it('nobody sits on rules nothing', async () => {
    const { court, jurors, passTo, draw, stands, node } = world
    // Twelve seats ask to leave, so that none may judge what is challenged after.
    for (const juror of jurors) {
      for (const seat of await court().seatsTakenBy(juror.address, { fromBlock: 0 })) {
        if ((await court().seatOf(seat))?.leavingAt === 0) await court(juror).stand(seat)
      }
    }
    const { key, story } = await contested()
    const drawn = await draw(story)
    expect(drawn.state).toMatchObject({ phase: 'voting', seats: [] })
    await expect(court(node).tally(drawn)).rejects.toEqual(code('E_CASE_TOO_EARLY'))
    await passTo(drawn.state.until + 1)
    const ruled = await stands((await court(node).tally(drawn)).story)
    expect(await ends({ story: ruled, key })).toMatchObject({ outcome: 'split' })
  })
})
