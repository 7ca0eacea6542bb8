import type { ChannelId } from '@archipel/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ChannelQuestion,
  DEPOSIT_MAX,
  decideChannel,
  freeOf,
  type KnownChannel
} from '../../src/payment/channel-policy.ts'

function idOf(n: number): ChannelId {
  return `0x${n.toString(16).padStart(64, '0')}` as ChannelId
}

function channelOf(n: number, changes: Partial<KnownChannel> = {}): KnownChannel {
  const state = { isClosing: false, isOutdated: false, isFresh: true }
  return { id: idOf(n), deposit: 100n, cumulative: 0n, reserved: 0n, ...state, ...changes }
}

const QUESTION: ChannelQuestion = {
  need: 10n,
  keep: 0n,
  channels: [],
  hasLooked: true,
  balance: 1_000n,
  underWay: 0n,
  room: undefined,
  policy: { depositMin: 0n, depositJobs: 1 }
}

describe('where the money comes from', () => {
  it.each<[string, Partial<ChannelQuestion>, ReturnType<typeof decideChannel>]>([
    ['what is free is used again', { channels: [channelOf(1)] }, { type: 'reuse', id: idOf(1) }],
    [
      'the fuller of two is',
      { channels: [channelOf(1, { reserved: 50n }), channelOf(2)] },
      { type: 'reuse', id: idOf(2) }
    ],
    [
      'one that was not read in this process is read',
      { channels: [channelOf(1, { isFresh: false })], hasLooked: false },
      { type: 'look', at: 'channels' }
    ],
    [
      'one that is short is read before anything is paid in',
      { channels: [channelOf(1, { reserved: 99n })], hasLooked: false },
      { type: 'look', at: 'channels' }
    ],
    ['the balance is read only now', { balance: undefined }, { type: 'look', at: 'balance' }],
    [
      'one that is short is topped up by what is missing',
      { channels: [channelOf(1, { reserved: 95n })] },
      { type: 'top-up', id: idOf(1), amount: 5n }
    ],
    [
      'one that names no arbiter is used after one that does',
      { channels: [channelOf(1, { isOutdated: true }), channelOf(2, { reserved: 50n })] },
      { type: 'reuse', id: idOf(2) }
    ],
    [
      'what is left in one that names no arbiter is used up',
      { channels: [channelOf(1, { isOutdated: true }), channelOf(2, { reserved: 95n })] },
      { type: 'reuse', id: idOf(1) }
    ],
    [
      'nothing is paid into one that names no arbiter',
      { channels: [channelOf(1, { isOutdated: true, reserved: 95n })] },
      { type: 'open', amount: 10n }
    ],
    [
      'one that is closing is left alone',
      { channels: [channelOf(1, { isClosing: true })] },
      { type: 'open', amount: 10n }
    ],
    [
      'one whose vouchers were closed away is left alone',
      { channels: [channelOf(1, { deposit: 40n, cumulative: 60n })] },
      { type: 'open', amount: 10n }
    ],
    [
      'a deposit lasts for several jobs',
      { policy: { depositMin: 25n, depositJobs: 4 } },
      { type: 'open', amount: 40n }
    ],
    ['and is not tiny', { policy: { depositMin: 75n, depositJobs: 4 } }, { type: 'open', amount: 75n }],
    [
      'but leaves the job what it needs elsewhere',
      { balance: 60n, keep: 20n, policy: { depositMin: 75n, depositJobs: 4 } },
      { type: 'open', amount: 40n }
    ],
    [
      'and locks no more than may be promised',
      { room: 3n, policy: { depositMin: 75n, depositJobs: 4 } },
      { type: 'open', amount: 13n }
    ],
    ['deposits under way are waited for', { balance: 15n, underWay: 10n }, { type: 'wait' }],
    [
      'but not for what they cannot bring',
      { balance: 9n, underWay: 5n },
      { type: 'refuse', missing: 10n, balance: 9n }
    ],
    ['too little is too little', { balance: 9n }, { type: 'refuse', missing: 10n, balance: 9n }],
    [
      'an old debt does not keep a new job from its own channel',
      { channels: [channelOf(1, { deposit: 10n, reserved: 100n })], balance: 50n },
      { type: 'open', amount: 10n }
    ],
    [
      'a channel that counts no further is left alone',
      { channels: [channelOf(1, { deposit: DEPOSIT_MAX, cumulative: DEPOSIT_MAX })] },
      { type: 'open', amount: 10n }
    ]
  ])('%s', (_, changes, decision) => {
    expect(decideChannel({ ...QUESTION, ...changes })).toEqual(decision)
  })
})

const amount = fc.bigInt(0n, 500n)
const questions: fc.Arbitrary<ChannelQuestion> = fc
  .record({
    need: fc.bigInt(1n, 200n),
    keep: amount,
    channels: fc
      .array(
        fc.record({
          deposit: amount,
          cumulative: amount,
          reserved: amount,
          isClosing: fc.boolean(),
          isOutdated: fc.boolean(),
          isFresh: fc.boolean()
        }),
        { maxLength: 4 }
      )
      .map(all => all.map((each, i) => ({ ...each, id: idOf(i) }))),
    hasLooked: fc.boolean(),
    balance: fc.option(amount, { nil: undefined }),
    underWay: amount,
    room: fc.option(amount, { nil: undefined }),
    policy: fc.record({ depositMin: amount, depositJobs: fc.integer({ min: 1, max: 10 }) })
  })
  .map(all => (all.hasLooked ? { ...all, channels: all.channels.map(each => ({ ...each, isFresh: true })) } : all))

describe('whatever is asked', () => {
  it('money is only ever put where it is safe, is enough, is there, and is allowed', () => {
    fc.assert(
      fc.property(questions, question => {
        const { need, keep, channels, balance = 0n, underWay, room, policy, hasLooked } = question
        const decision = decideChannel(question)
        const named = 'id' in decision ? channels.find(({ id }) => id === decision.id) : undefined
        if (named !== undefined) expect(named.isClosing || named.deposit < named.cumulative).toBe(false)
        if (decision.type === 'reuse') expect(named?.isFresh === true && freeOf(named) >= need).toBe(true)
        if (decision.type !== 'open' && decision.type !== 'top-up') return
        const missing = named === undefined ? need : need - freeOf(named)
        const extra = decision.amount - missing
        expect(missing > 0n && extra >= 0n).toBe(true)
        expect(decision.amount <= balance - underWay).toBe(true)
        if (extra > 0n) {
          expect(decision.amount + keep <= balance - underWay).toBe(true)
          expect(room === undefined || extra <= room).toBe(true)
          expect(decision.amount <= policy.depositMin || decision.amount <= need * BigInt(policy.depositJobs)).toBe(
            true
          )
        }
        expect(question.balance).toBeDefined()
        if (channels.some(({ isClosing, deposit, cumulative }) => !isClosing && deposit >= cumulative))
          expect(hasLooked).toBe(true)
      })
    )
  })

  it('each answer leads on: after a few looks and waits it is decided', () => {
    fc.assert(
      fc.property(questions, question => {
        let next = question
        for (let steps = 0; ; steps++) {
          expect(steps).toBeLessThan(4)
          const decision = decideChannel(next)
          if (decision.type === 'look') {
            next =
              decision.at === 'balance'
                ? { ...next, balance: 100n }
                : { ...next, hasLooked: true, channels: next.channels.map(each => ({ ...each, isFresh: true })) }
          } else if (decision.type === 'wait') next = { ...next, underWay: 0n }
          else {
            // What was deposited is enough.
            if (decision.type === 'top-up' || decision.type === 'open') {
              const before =
                'id' in decision ? next.channels.find(({ id }) => id === decision.id)! : channelOf(9, { deposit: 0n })
              const after = { ...before, isFresh: true, deposit: before.deposit + decision.amount }
              const again = decideChannel({ ...next, channels: [after] })
              expect(again).toEqual({ type: 'reuse', id: after.id })
            }
            return
          }
        }
      })
    )
  })
})
