import { type BuyerAgreement, demandType, digestOf, type ToBuyer } from '@archipel/protocol'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createHost, deliveryOf, domain, type Host, receiptMessage, resultOf } from '../job/host.ts'
import { agreedEarlier, createWorld, demandOf, settle, type World } from '../job/world.ts'
import { rejection } from '../net/peers.ts'

let host: Host
let stranger: Host
let world: World
let agreement: BuyerAgreement

beforeEach(async () => {
  host = createHost(1)
  stranger = createHost(2)
  world = await createWorld({ hosts: [host, stranger] })
  agreement = await agreedEarlier(world, host, demandOf(1))
})

const failure = { code: 'E_SOMETHING', fault: 'host', message: 'sorry' }

/** Everything a provider can say about one agreement and its channel. */
function everything(): [string, ToBuyer][] {
  const { id, channel } = agreement
  return [
    ['a receipt', receiptMessage(deliveryOf(host, agreement, 0, 1_000))],
    ['a result', receiptMessage(deliveryOf(host, agreement, 0, 1_000, { result: resultOf(0) }))],
    ['a false receipt', receiptMessage(deliveryOf(host, agreement, 0, 1_000, { amount: 99n }))],
    ['a failure', { type: 'failure', value: { agreement: id, failure } }],
    ['progress', { type: 'progress', value: { agreement: id, stage: 'running' } }],
    ['a refusal of the agreement', { type: 'refusal', value: { regarding: id, failure } }],
    ['a refusal of a payment', { type: 'refusal', value: { regarding: channel, failure } }],
    ['a gap', { type: 'refusal', value: { regarding: channel, failure: { ...failure, code: 'E_PAYMENT_GAP' } } }],
    ['an acknowledgement', { type: 'acknowledgement', value: { channel, size: 1, cumulative: 11n } }]
  ]
}

describe('a provider speaks only about its own agreements and channels', () => {
  it('so that nothing another one says changes anything', async () => {
    const { engine, channels, inbox, payer } = world.parts
    host.answer = () => []
    await engine.deliver(agreement.id, deliveryOf(host, agreement, 0, 500))
    await settle()
    const before = { agreement: engine.get(agreement.id), channel: channels.held(agreement.channel) }
    const settled = payer.settled(agreement.id)
    let isSettled = false
    settled.then(
      () => (isSettled = true),
      () => (isSettled = true)
    )
    const stages: string[] = []
    inbox.progress.set(agreement.id, stage => stages.push(stage))
    host.heard.length = 0
    for (const [, message] of everything()) inbox.receive(stranger.address, message)
    await settle()
    expect(engine.get(agreement.id)).toBe(before.agreement)
    expect(channels.held(agreement.channel)).toBe(before.channel)
    expect(stages).toEqual([])
    expect(isSettled).toBe(false)
    expect([...host.heard, ...stranger.heard, ...world.errors]).toEqual([])
  })

  it('and what it says of its own counts', async () => {
    const { engine, inbox } = world.parts
    const stages: string[] = []
    inbox.progress.set(agreement.id, stage => stages.push(stage))
    inbox.receive(host.address, { type: 'progress', value: { agreement: agreement.id, stage: 'running' } })
    inbox.receive(host.address, { type: 'refusal', value: { regarding: agreement.id, failure } })
    await settle()
    expect(stages).toEqual(['running'])
    expect(engine.get(agreement.id)?.phase).toEqual({ code: 'failed', failure })
  })

  it('however little there is to it: words about nothing known here do no harm', async () => {
    const unknown = { ...agreement, id: agreement.channel as never, channel: agreement.id as never }
    agreement = unknown
    for (const [, message] of everything()) world.parts.inbox.receive(host.address, message)
    await settle()
    expect(world.errors).toEqual([])
    expect(host.heard).toEqual([])
  })
})

describe('waiting for a bid', () => {
  const demand = demandOf(2)
  const hash = digestOf(domain, demandType, demand.body)
  const refusal: ToBuyer = { type: 'refusal', value: { regarding: hash, failure } }

  it('takes the provider’s own for the demand it was sent', async () => {
    const { inbox } = world.parts
    const { answer, cancel } = inbox.bid(host.address, hash)
    const other = host.bid(demandOf(3).body)
    inbox.receive(host.address, { type: 'bid', value: other })
    inbox.receive(stranger.address, { type: 'bid', value: stranger.bid(demand.body) })
    inbox.receive(stranger.address, refusal)
    const bid = host.bid(demand.body)
    inbox.receive(host.address, { type: 'bid', value: bid })
    expect(await answer).toBe(bid)
    cancel()
  })

  it('rejects with the refusal, whose fault it was included', async () => {
    const { answer, cancel } = world.parts.inbox.bid(host.address, hash)
    world.parts.inbox.receive(host.address, refusal)
    expect(await rejection(answer)).toMatchObject({ code: 'E_SOMETHING', facts: { fault: 'host' } })
    cancel()
  })

  it('bears a refusal that comes while the demand is still being sent', async () => {
    const unhandled: unknown[] = []
    const onUnhandled = (err: unknown) => unhandled.push(err)
    process.on('unhandledRejection', onUnhandled)
    onTestFinished(() => void process.off('unhandledRejection', onUnhandled))
    const { promise: sent, resolve } = Promise.withResolvers<void>()
    const { answer, cancel } = world.parts.inbox.bid(host.address, hash)
    const wait = rejection(sent.then(() => answer).finally(cancel))
    world.parts.inbox.receive(host.address, refusal)
    await settle()
    resolve()
    expect(await wait).toMatchObject({ code: 'E_SOMETHING' })
    expect(unhandled).toEqual([])
  })

  it('is over when it was called off', async () => {
    const { inbox } = world.parts
    const { answer, cancel } = inbox.bid(host.address, hash)
    cancel()
    inbox.receive(host.address, refusal)
    inbox.receive(host.address, { type: 'bid', value: host.bid(demand.body) })
    await settle()
    expect(await Promise.race([answer, Promise.resolve('still waiting')])).toBe('still waiting')
  })
})
