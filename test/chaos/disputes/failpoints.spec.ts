import { FAILPOINTS, type Failpoint } from '@archipel/client'
import { type Address, type CaseStory, COURT_RULES, caseId } from '@archipel/protocol'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Deal, makeDeal, PRICE } from '../../fixtures/dispute-deal.ts'
import { createDisputeWorld, type DisputeWorld, GRACE_SEC, QUANTUM } from '../../fixtures/dispute-world.ts'
import { lookOnce, type PartyOrders } from './orders.ts'

/** Half a minute on a machine of its own: twenty processes one after another. */
const TIMEOUT_MS = 600_000

let world: DisputeWorld
beforeAll(async () => {
  world = await createDisputeWorld()
})
afterAll(() => world?.stop())

type Role = PartyOrders['role']
const OF_DISPUTES = FAILPOINTS.filter(name => name.startsWith('dispute.'))
const reached = new Set<Failpoint>()

/** Starts a party once for each failpoint, and each time it has to end itself there. The last start has none. */
async function dieAtEach(role: Role, failpoints: readonly Failpoint[]): Promise<void> {
  for (const failpoint of failpoints) {
    const end = await lookOnce(world, role, failpoint)
    expect({ role, failpoint, ...end }).toEqual({ role, failpoint, code: null, signal: 'SIGKILL', complaints: '' })
    reached.add(failpoint)
  }
  expect(await lookOnce(world, role)).toMatchObject({ code: 0, complaints: '' })
}

/** Everything that is anybody's of a token's worth: in the wallet and in the court. */
async function tokensOf(account: Address): Promise<bigint> {
  const [inCourt, inWallet] = await Promise.all([world.court.balanceOf(account), world.court.stakeBalance(account)])
  return inCourt + inWallet
}

/** A case that is claimed, contested, judged and ended, by parties that are killed at each of their changes. */
async function play(made: Deal): Promise<CaseStory> {
  const id = caseId(made.channel, made.id, 'claim')
  // A stake is deposited first: that is the first step of each.
  await dieAtEach('provider', [
    'dispute.record.before',
    'dispute.record.stored',
    'dispute.step.stored',
    'dispute.step.recorded',
    'dispute.step.mined'
  ])
  await dieAtEach('buyer', ['dispute.seed.stored', 'dispute.step.before', 'dispute.step.mined', 'dispute.step.mined'])
  await world.mine(COURT_RULES.drawDelayBlocks + 1)
  await dieAtEach('provider', ['dispute.step.mined'])
  await dieAtEach('buyer', ['dispute.step.stored'])
  await world.passTo((await world.vote(id, 'right')).state.until + 1)
  await dieAtEach('provider', ['dispute.step.mined', 'dispute.end.stored'])
  await dieAtEach('buyer', ['dispute.end.stored'])
  return (await world.caseOf(id))!
}

it('loses nothing and does nothing twice when either side is killed at each change of a case', {
  timeout: TIMEOUT_MS
}, async () => {
  const node = world.node.signer.address
  const buyer = world.buyer.signer.address
  // The buyer's quorum came to something else, so it contests; the jury finds for the provider.
  const made = await makeDeal(world, { salt: 1n, quorum: 'other' })
  await world.pass(GRACE_SEC)
  const owner = world.owner.signer.address
  const before = { node: await tokensOf(node), owner: await tokensOf(owner), buyer: await tokensOf(buyer) }
  const earned = await world.chain.escrowBalance(owner)

  const story = await play(made)

  expect(story).toMatchObject({ outcome: 'upheld', awarded: PRICE })
  expect((await world.chain.escrowBalance(owner)) - earned).toBe(PRICE)
  // Both staked for one jury, which cost three quanta. The node keeps its stake for the next case, and its owner has the rest.
  expect((await tokensOf(node)) - before.node).toBe(0n)
  expect((await tokensOf(owner)) - before.owner).toBe(3n * QUANTUM)
  expect((await tokensOf(buyer)) - before.buyer).toBe(-6n * QUANTUM)
  const events = (await world.court.caseEvents(story.id, { fromBlock: 0 })).map(({ name }) => name)
  for (const name of ['CaseOpened', 'CaseChallenged', 'JuryDrawn', 'CaseRuled', 'CaseClosed'] as const)
    expect(events.filter(event => event === name)).toEqual([name])
  expect([...reached].sort()).toEqual([...OF_DISPUTES].sort())

  const provider = await world.provider()
  const client = await world.client()
  try {
    const told = await Promise.all([provider.records.disputes.get(story.id), client.records.disputes.get(story.id)])
    for (const [at, account] of [node, buyer].entries()) {
      const record = told[at]!
      expect(record.end?.outcome).toBe('upheld')
      const steps = record.steps.filter(({ action }) => action !== 'deposit')
      const actions = at === 0 ? ['claim', 'showSecret', 'finalise'] : ['challenge', 'showSecret']
      expect(steps.map(({ action }) => action)).toEqual(actions)
      // What it says that a step cost is what it cost.
      for (const { transaction, feeWei } of steps) expect(feeWei).toBe(await world.chain.feePaid(transaction!, account))
    }
  } finally {
    await client.close()
    await provider.close()
  }
})
