import { type CaseOutcome, COURT_RULES, caseId, type Hash, secretChain } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Deal, type DealInit, makeDeal, PER_TICK, PRICE, payFor } from '../fixtures/dispute-deal.ts'
import type { OpenBuyer, OpenProvider } from '../fixtures/dispute-parties.ts'
import {
  createDisputeWorld,
  type DisputeWorld,
  GRACE_SEC,
  type PartyChange,
  QUANTUM
} from '../fixtures/dispute-world.ts'

let world: DisputeWorld
let salt = 0n
beforeAll(async () => {
  world = await createDisputeWorld()
})
afterAll(() => world?.stop())

const deal = (init: Omit<DealInit, 'salt'> = {}) => makeDeal(world, { salt: ++salt, ...init })
const claimOf = ({ channel, id }: Deal): Hash => caseId(channel, id, 'claim')
const faultOf = ({ channel, id }: Deal): Hash => caseId(channel, id, 'fault')

/** One process of the provider's, from its start to its end. */
async function provides<T>(work: (provider: OpenProvider) => Promise<T>): Promise<T> {
  const provider = await world.provider()
  try {
    return await work(provider)
  } finally {
    await provider.close()
  }
}

async function buys<T>(work: (buyer: OpenBuyer) => Promise<T>): Promise<T> {
  const buyer = await world.client()
  try {
    return await work(buyer)
  } finally {
    await buyer.close()
  }
}

const providerLooks = () => provides(({ disputes }) => disputes.look())
const buyerLooks = () => buys(({ disputes }) => disputes.run())
const recordOf = (id: Hash, side: 'provider' | 'buyer') =>
  side === 'provider'
    ? provides(({ records }) => records.disputes.get(id))
    : buys(({ records }) => records.disputes.get(id))

/** Lets both sides look in turn, with time passing between, until the case is over. */
async function toTheEnd(id: Hash, onVoting?: () => Promise<unknown>): Promise<CaseOutcome> {
  for (let turn = 0; turn < 20; turn++) {
    const story = await world.caseOf(id)
    if (story !== undefined && story.outcome !== 'none') return story.outcome
    if (story?.state.phase === 'drawing') await world.mine(COURT_RULES.drawDelayBlocks + 1)
    if (story?.state.phase === 'voting' && onVoting !== undefined) await onVoting()
    const isKeptBack = story?.state.flags.plaintiffRevealed === true && turn > 0
    if (story !== undefined && (story.state.phase === 'open' || story.state.phase === 'ruled' || isKeptBack))
      await world.passTo(story.state.until + 1)
    await providerLooks()
    await buyerLooks()
  }
  throw new Error(`no end: ${JSON.stringify((await world.caseOf(id))?.state)}`)
}

const earned = () => world.chain.escrowBalance(world.owner.signer.address)

describe('a buyer that went silent', () => {
  it('is claimed for once it had its time, and pays what it owes', async () => {
    const made = await deal({ received: 1, paid: 1 })
    await providerLooks()
    expect(await world.caseOf(claimOf(made))).toBeUndefined()
    await world.pass(GRACE_SEC)
    await providerLooks()
    const story = (await world.caseOf(claimOf(made)))!
    expect(story.facts).toMatchObject({ amount: 2n * PER_TICK, alreadyPaid: PER_TICK, cumulative: PER_TICK })
    await providerLooks()
    const waiting = await recordOf(claimOf(made), 'provider')
    expect(waiting?.next).toMatchObject({ type: 'wait', what: 'contest', untilSec: story.state.until })
    const before = await earned()
    await world.passTo(story.state.until + 1)
    await providerLooks()
    expect((await earned()) - before).toBe(2n * PER_TICK)
    await providerLooks()
    const record = (await recordOf(claimOf(made), 'provider'))!
    expect(record.end).toMatchObject({ outcome: 'upheld', awarded: 2n * PER_TICK })
    expect(record.steps.map(({ action }) => action)).toEqual(['deposit', 'claim', 'finalise'])
    expect(record.steps.every(({ transaction, feeWei }) => transaction !== undefined && feeWei! > 0n)).toBe(true)
  })
})

describe('a buyer that comes back', () => {
  async function claimed(init: Omit<DealInit, 'salt'> = {}) {
    const made = await deal(init)
    await world.pass(GRACE_SEC)
    await providerLooks()
    expect((await world.caseOf(claimOf(made)))?.outcome).toBe('none')
    return made
  }

  it('pays with a voucher while the claim is open, and pays once', async () => {
    const made = await claimed()
    const before = await earned()
    await provides(async provider => {
      const { channels, chain, disputes } = provider
      expect(disputes.isDisputed(made.channel)).toBe(true)
      const payment = await buys(buyer => payFor(buyer, made.id, 3))
      const other = { ...payment, pays: [{ agreement: made.digest, sequence: 0 }] }
      await expect(channels.pay(world.buyer.signer.address, other)).rejects.toMatchObject({
        code: 'E_CHANNEL_DISPUTED'
      })
      const { key, voucher } = await channels.pay(world.buyer.signer.address, payment)
      await chain.redeem({ key, ...voucher!.body, signature: voucher!.signature })
      await disputes.look()
      expect((await world.caseOf(claimOf(made)))?.outcome).toBe('paid')
      await disputes.look()
      expect(disputes.isDisputed(made.channel)).toBe(false)
      expect(disputes.claimedOn(made.channel)).toBeUndefined()
    })
    expect((await earned()) - before).toBe(PRICE)
  })

  it('redeems its own voucher when the provider says that it has none', async () => {
    const made = await claimed({ paid: 3, isPaymentLost: true })
    const before = await earned()
    await buyerLooks()
    const record = await recordOf(claimOf(made), 'buyer')
    expect(record?.steps.map(({ action }) => action)).toEqual(['redeem'])
    await providerLooks()
    expect((await world.caseOf(claimOf(made)))?.outcome).toBe('paid')
    expect((await earned()) - before).toBe(PRICE)
  })

  it('lets a claim be that is right, and is not asked to pay again', async () => {
    const made = await claimed()
    await buyerLooks()
    expect((await recordOf(claimOf(made), 'buyer'))?.next).toMatchObject({ type: 'leave', what: 'right' })
    expect(await toTheEnd(claimOf(made))).toBe('upheld')
    await buys(async ({ disputes }) => {
      await disputes.run()
      expect(disputes.isAwarded(made.id)).toBe(true)
    })
  })
})

describe('a provider that lies', () => {
  it('about what it was paid loses its stake to whoever it sued', async () => {
    const made = await deal({ paid: 3 })
    await provides(async ({ court, records, channels }) => {
      const state = (await records.agreements.get(made.id))!
      const { voucher } = (await channels.books.find(made.channel))!
      const receipt = (await buys(({ records: books }) => books.agreements.get(made.id)))!.receipts[2]!
      await court.deposit(6n * QUANTUM)
      await court.claim(
        {
          channel: made.key,
          bid: state.bid.body,
          receipt,
          agreementSignature: state.agreement.signature,
          anchor: made.digest
        },
        {
          alreadyPaid: 0n,
          voucher: { ...voucher!.body, signature: voucher!.signature },
          dataRoot: made.digest,
          dataChunks: 1
        }
      )
    })
    const before = await world.court.balanceOf(world.buyer.signer.address)
    // Its own voucher first: what is not on the chain proves nothing.
    await buyerLooks()
    const redeemed = await recordOf(claimOf(made), 'buyer')
    expect(redeemed?.steps.map(({ action }) => action)).toEqual(['redeem'])
    await buyerLooks()
    expect((await world.caseOf(claimOf(made)))?.outcome).toBe('rebutted')
    expect((await world.court.balanceOf(world.buyer.signer.address)) - before).toBe(6n * QUANTUM)
  })

  it('about the result is contested, and a jury finds it out', async () => {
    const made = await deal({ quorum: 'other' })
    await world.pass(GRACE_SEC)
    await providerLooks()
    await buyerLooks()
    expect((await world.caseOf(claimOf(made)))?.state.phase).toBe('drawing')
    const before = await earned()
    const outcome = await toTheEnd(claimOf(made), async () => {
      // The provider is sure of itself and appeals for as long as it may.
      await world.vote(claimOf(made), 'wrong')
    })
    expect(outcome).toBe('failed')
    expect(await earned()).toBe(before)
    await buyerLooks()
    const record = (await recordOf(claimOf(made), 'buyer'))!
    expect(record.end?.outcome).toBe('failed')
    expect(record.steps.map(({ action }) => action)).toContain('challenge')
    expect(record.steps.map(({ action }) => action)).toContain('showSecret')
  })

  it('about the result, and was paid for some of it, pays it back from its bond', async () => {
    const made = await deal({ quorum: 'other', received: 3, paid: 2 })
    await provides(async ({ channels, chain }) => {
      const { key, voucher } = (await channels.books.find(made.channel))!
      await chain.redeem({ key, ...voucher!.body, signature: voucher!.signature })
    })
    await buyerLooks()
    expect((await world.caseOf(faultOf(made)))?.facts).toMatchObject({ kind: 'fault', amount: PRICE })
    await providerLooks()
    expect((await world.caseOf(faultOf(made)))?.state.phase).toBe('drawing')
    const outcome = await toTheEnd(faultOf(made), () => world.vote(faultOf(made), 'wrong'))
    expect(outcome).toBe('upheld')
    expect((await world.caseOf(faultOf(made)))?.awarded).toBe(2n * PER_TICK)
  })
})

describe('an output that the buyer never saw', () => {
  it('is shown part by part when it is asked for, and then paid', async () => {
    const made = await deal({ received: 2, paid: 2, quorum: 'none' })
    await world.pass(GRACE_SEC)
    await providerLooks()
    for (let demand = 1; demand <= COURT_RULES.demandsMax; demand++) {
      await buyerLooks()
      expect((await world.caseOf(claimOf(made)))?.state).toMatchObject({ phase: 'demanded', demands: demand })
      await providerLooks()
      expect((await world.caseOf(claimOf(made)))?.state.phase).toBe('open')
    }
    await buyerLooks()
    expect((await recordOf(claimOf(made), 'buyer'))?.next).toMatchObject({ type: 'leave', what: 'answered' })
    expect(await toTheEnd(claimOf(made))).toBe('upheld')
  })

  it('costs a provider its stake that does not have it', async () => {
    const made = await deal({ received: 2, paid: 2, quorum: 'none' })
    await world.pass(GRACE_SEC)
    await providerLooks()
    await buyerLooks()
    const { state } = (await world.caseOf(claimOf(made)))!
    expect(state.phase).toBe('demanded')
    await world.passTo(state.dataUntil + 1)
    await buyerLooks()
    expect((await world.caseOf(claimOf(made)))?.outcome).toBe('failed')
  })
})

describe('a jury that is wrong', () => {
  it('is appealed from, and the side that cannot answer for its cause loses', async () => {
    const made = await deal({ quorum: 'same' })
    await world.pass(GRACE_SEC)
    await providerLooks()
    // The buyer, of bad will, contests what it knows to be right.
    await buys(async ({ court, records, store, disputes }) => {
      await disputes.run()
      const record = (await records.disputes.get(claimOf(made)))!
      const seed = made.digest
      await store.commit([records.disputes.put(record.id, { ...record, seed })])
      await court.deposit(20n * QUANTUM)
      await court.challenge((await world.caseOf(record.id))!, made.key, secretChain(seed).anchor)
    })
    // Overruled: a buyer that knows better puts no more into it.
    const outcome = await toTheEnd(claimOf(made), () => world.vote(claimOf(made), 'wrong'))
    expect(outcome).toBe('upheld')
    const record = (await recordOf(claimOf(made), 'provider'))!
    expect(record.steps.map(({ action }) => action)).toContain('appeal')
  })
})

describe('what a party takes on', () => {
  let own: DisputeWorld
  beforeAll(async () => {
    own = await createDisputeWorld()
  })
  afterAll(() => own?.stop())

  /** The cases that a party has after a look, started anew for it. */
  async function looked(change: PartyChange) {
    const provider = await own.provider(change)
    try {
      await provider.disputes.look()
      return await Array.fromAsync(provider.records.disputes.iterate(), ([, record]) => record)
    } finally {
      await provider.close()
    }
  }

  it('is as many cases as it has room for, and the next once one is over', async () => {
    for (const salt of [1n, 2n]) await makeDeal(own, { salt })
    await own.pass(GRACE_SEC)
    // By hand only: it is told, and nothing is sent.
    expect(await looked({ settings: { ...own.settings, isAutomatic: false } })).toEqual([])
    expect(await looked({ casesMax: 1 })).toHaveLength(1)
    const [first] = await looked({ casesMax: 1 })
    const buyer = await own.client({ casesMax: 0 })
    expect(await buyer.disputes.run()).toEqual([])
    await buyer.close()
    await own.passTo((await own.caseOf(first!.id))!.state.until + 1)
    await looked({ casesMax: 1 })
    await looked({ casesMax: 1 })
    await own.pass(3_600)
    expect(await looked({ casesMax: 1 })).toHaveLength(2)
  })
})
