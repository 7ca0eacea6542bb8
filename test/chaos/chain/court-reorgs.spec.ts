import { type CaseMoved, type CourtEvent, createBonds, createChainWatcher, type WatchBatch } from '@archipel/client'
import {
  type CaseEvent,
  type CaseStory,
  COURT_RULES,
  caseId,
  channelId,
  type Hash,
  headOf,
  replayCase,
  type Signer,
  voteCommitment
} from '@archipel/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  CHAINS,
  type CourtWorld,
  DUE,
  type Job,
  SALT,
  startCourtWorld
} from '../../../packages/client/test/chain/court/court-fixture.ts'
import { waitFor } from '../../fixtures/wait-for.ts'

const DEPTH_MAX = 12
/** Each takes seconds: the usual run tries the least, the most and one between, the long one every depth. */
const DEPTHS =
  process.env.ARCHIPEL_LONG === '1' ? Array.from({ length: DEPTH_MAX }, (_, i) => i + 1) : [1, 5, DEPTH_MAX]
const NOTHING_SHOWN = { alreadyPaid: 0n, dataRoot: `0x${'00'.repeat(32)}` as Hash, dataChunks: 0 }

/** What happened in court, as somebody tells who follows it. */
interface Follower {
  look(): Promise<void>
  events(): CourtEvent[]
  retracted(): number
}

describe('re-organisations over claim, challenge, secrets, votes and end', () => {
  let world: CourtWorld
  let job: Job
  let id: Hash
  /** A chain for each: anvil winds back reliably only among its first five hundred blocks. */
  beforeEach(async () => {
    world = await startCourtWorld()
    job = await world.job(1n)
    id = caseId(channelId(job.key), job.agreement, 'claim')
    await world.anvil.request('evm_setAutomine', [false])
    // Enough below, so that the deepest re-organisation does not reach what was there before.
    await mine(DEPTH_MAX + 1)
  })
  afterEach(() => world.anvil.stop())

  async function mine(blocks = 1): Promise<void> {
    for (let i = 0; i < blocks; i++) await world.anvil.request('evm_mine')
  }

  async function untilPooled(count: number): Promise<void> {
    const pending = async () => Number(((await world.anvil.request('txpool_status')) as { pending: string }).pending)
    await waitFor(async () => (await pending()) >= count, {
      timeoutMs: 30_000,
      what: `${count} transactions in the pool`
    })
  }

  const read = (): Promise<CaseStory | undefined> => world.court().readCase(id, { fromBlock: 0 })

  /** Every unit of stake and of the channels' token is somebody's, whatever was taken back. */
  async function conserved(): Promise<void> {
    const story = await read()
    await world.conserved(story?.outcome === 'none' ? story.state.pot : 0)
    await world.escrowConserved([job.key])
  }

  async function follow(): Promise<Follower> {
    const held: { key: string; event: CourtEvent }[] = []
    let retracted = 0
    const onBatch = (batch: WatchBatch<CourtEvent>) => {
      for (const { blockHash, event } of batch.retracted) {
        retracted++
        expect(held.pop()?.key).toBe(`${blockHash}/${event.logIndex}`)
      }
      for (const { blockHash, event } of batch.added) held.push({ key: `${blockHash}/${event.logIndex}`, event })
    }
    const from = (await world.chain().blockNumber()) + 1
    const watcher = createChainWatcher({ source: world.court().source, from, onBatch, depth: DEPTH_MAX + 2 })
    return { look: watcher.look, events: () => held.map(({ event }) => event), retracted: () => retracted }
  }

  /** What the follower has heard of the case is the case. */
  async function expectFollowed({ events }: Follower): Promise<void> {
    const story = replayCase(events().filter(event => 'id' in event) as CaseEvent[])
    const { head, outcome } = await world.court().caseOf(id)
    expect(story?.outcome ?? 'none').toBe(outcome)
    expect(head).toBe(story?.outcome === 'none' ? headOf(story.facts, story.state) : undefined)
  }

  /**
   * Sends some transactions, and has the block that they are in replaced by another `depth` blocks later. They are not
   * believed before they lie deeper than that; until then they are taken back, and done again, once.
   */
  async function survive(
    depth: number,
    follower: Follower,
    begin: (patient: (signer: Signer) => ReturnType<CourtWorld['court']>) => readonly Promise<CaseMoved>[]
  ): Promise<CaseStory> {
    const patient = (signer: Signer) => world.court(signer, { confirmations: depth + 1, txTimeoutMs: 60_000 })
    const sent = begin(patient)
    const running = Promise.all(sent)
    // Whatever else fails first is what is told.
    running.catch(() => {})
    const told = follower.retracted()
    await untilPooled(sent.length)
    await mine(depth)
    await follower.look()
    await expectFollowed(follower)

    await world.anvil.request('anvil_reorg', [depth, []])
    await conserved()
    const forkedAt = await world.chain().blockNumber()
    await untilPooled(sent.length)
    await mine()
    await follower.look()
    expect(follower.retracted()).toBeGreaterThanOrEqual(told + sent.length)
    await expectFollowed(follower)
    await mine(depth)
    const receipts = await running
    // The re-organisation's own blocks are empty; the next one has all.
    for (const { blockNumber } of receipts) expect(blockNumber - forkedAt).toBe(1)
    await conserved()
    return world.stands((await read())!)
  }

  it.each(DEPTHS)(
    'of depth %i: a case goes on from where it was, every step takes effect once, and every coin is accounted for',
    async depth => {
      const { alice, bob, jurors, court, passTo } = world
      const { key, filing, agreement } = job
      const paidBefore = await world.chain().escrowBalance(bob.address)
      const follower = await follow()

      await survive(depth, follower, as => [as(bob).claim(filing(bob), NOTHING_SHOWN)])
      const opened = (await read())!
      expect(opened.facts.agreement).toBe(agreement)
      const called = await survive(depth, follower, as => [as(alice).challenge(opened, key, CHAINS.alice.anchor)])
      await mine(COURT_RULES.drawDelayBlocks + 1)

      const secrets = { plaintiff: CHAINS.bob.secrets[0]!, defendant: CHAINS.alice.secrets[0]! }
      const drawn = await survive(depth, follower, as => [as(jurors[0]!).revealSecrets(called, secrets)])
      expect(drawn.state.seats).toHaveLength(3)
      const owners = await Promise.all(drawn.state.seats.map((_, position) => world.ownerOf(drawn, position)))
      const truth = drawn.facts.truth
      const commitments = drawn.state.seats.map((seat, position) =>
        voteCommitment({ id, round: 0, juror: owners[position]!.address, seat, truth, salt: SALT })
      )
      const committed = await survive(depth, follower, as =>
        owners.map((owner, position) => as(owner).commitVote(drawn, position, commitments[position]!))
      )
      expect(new Set(committed.votes.map(({ position }) => position))).toEqual(new Set([0, 1, 2]))
      const ruled = await survive(depth, follower, as =>
        owners.map((owner, position) => as(owner).revealVote(committed, { position, truth, salt: SALT }))
      )
      expect(ruled.state).toMatchObject({ phase: 'ruled', ruling: 'right' })

      await passTo(ruled.state.until + 1)
      await mine(DEPTH_MAX + 1)
      const closed = await survive(depth, follower, as => [as(alice).finalise(ruled, key)])
      expect(closed).toMatchObject({ outcome: 'upheld', awarded: DUE })
      expect(await world.chain().escrowBalance(bob.address)).toBe(paidBefore + DUE)
      const names = follower.events().map(({ name }) => name)
      for (const name of ['CaseOpened', 'CaseChallenged', 'JuryDrawn', 'CaseRuled', 'CaseClosed'] as const) {
        expect(names.filter(one => one === name)).toHaveLength(1)
      }
      expect(follower.events()).toEqual(await court().courtEvents({ fromBlock: follower.events()[0]!.blockNumber }))
    }
  )

  it.each([1, 5, DEPTH_MAX])('of depth %i: a fault is compensated once', async depth => {
    const { alice, bob, chain, anvil, place } = world
    const bonds = createBonds({ rpcUrls: [anvil.url], chainId: anvil.chainId, ...place })
    const before = await bonds.bondOf(bob.address)
    const paid = chain(bob).redeem(world.voucher(job.key, DUE))
    await untilPooled(1)
    await mine()
    await paid
    await mine(DEPTH_MAX + 1)
    id = caseId(channelId(job.key), job.agreement, 'fault')
    const follower = await follow()
    const opened = await survive(depth, follower, as => [as(alice).fault(job.filing(alice))])
    await world.passTo(opened.state.until + 1)
    await mine(DEPTH_MAX + 1)
    const closed = await survive(depth, follower, as => [as(bob).finalise(opened, job.key)])
    expect(closed).toMatchObject({ outcome: 'upheld', awarded: DUE })
    expect(await bonds.claimable(alice.address)).toBe(DUE)
    const { amount } = await bonds.bondOf(bob.address)
    // What is taken beyond the harm is burnt.
    expect(before.amount - amount).toBe(DUE + (await bonds.burnt()))
    expect(await bonds.bondLiabilities()).toBe(amount + DUE + (await bonds.burnt()))
  })

  it('that take back a case and what was done about it: it begins again, and that can be done again, once', async () => {
    const { alice, bob } = world
    const follower = await follow()
    const mined = async (running: Promise<CaseMoved>) => {
      await untilPooled(1)
      await mine()
      return (await running).story
    }
    // One confirmation: believed at once.
    const opened = await mined(world.court(bob).claim(job.filing(bob), NOTHING_SHOWN))
    await mined(world.court(alice).challenge(opened, job.key, CHAINS.alice.anchor))
    await mine()
    await follower.look()
    await expectFollowed(follower)
    await world.anvil.request('anvil_reorg', [3, []])
    await mine()
    await follower.look()
    expect(follower.retracted()).toBe(2)
    await expectFollowed(follower)
    // Whoever sent them looks what became of them, and does what is missing.
    if ((await read()) === undefined) await mined(world.court(bob).claim(job.filing(bob), NOTHING_SHOWN))
    let story = (await read())!
    if (story.state.phase === 'open')
      story = await mined(world.court(alice).challenge(story, job.key, CHAINS.alice.anchor))
    await world.stands(story)
    expect(story.state).toMatchObject({ phase: 'drawing', pot: 12 })
    await expect(world.court(bob).claim(job.filing(bob), NOTHING_SHOWN)).rejects.toMatchObject({
      code: 'E_CASE_EXISTS'
    })
    await follower.look()
    await expectFollowed(follower)
    await conserved()
  })
})
