import { type SignedReceipt, sign, voucherType } from '@archipel/protocol'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import type { InnerProvider } from '../fixtures/inner-provider.ts'
import { NOOP } from '../fixtures/programs.ts'
import { type Conversation, createPuppetBuyer, type PuppetBuyer, paymentFor } from '../fixtures/puppet-buyer.ts'
import { waitFor } from '../fixtures/wait-for.ts'

const TOKEN = 10n ** 18n

let network: TestNetwork
let provider: InnerProvider
let buyer: PuppetBuyer
beforeAll(async () => {
  network = await createTestNetwork()
  provider = await network.addProvider({ name: 'bob' })
  buyer = await createPuppetBuyer(network, 'a buyer by hand', 100n * TOKEN)
})
afterEach(async () => {
  for (const talk of talks.splice(0)) await talk.close()
})
afterAll(() => network?.stop())

const vouchered = async () => (await provider.node.status()).earnings.vouchered
/** Closed after each test: a peer may have only so many streams. */
const talks: Conversation[] = []
async function talkAs({ talkTo }: PuppetBuyer): Promise<Conversation> {
  const talk = await talkTo((await provider.node.status()).multiaddrs)
  talks.push(talk)
  return talk
}

describe('a provider that delivered a result', () => {
  let channel: Awaited<ReturnType<PuppetBuyer['openChannel']>>
  let talk: Conversation
  let receipt: SignedReceipt
  let before: bigint
  beforeEach(async () => {
    channel = await buyer.openChannel(provider.owner, TOKEN)
    talk = await talkAs(buyer)
    before = await vouchered()
    await talk.agree(NOOP, channel)
    ;({ receipt } = await talk.next('receipt'))
  })

  /** The right payment is taken after whatever came before it: the books were not touched. */
  async function expectUntouched(): Promise<void> {
    expect(await vouchered()).toBe(before)
    await talk.send({ type: 'payment', value: paymentFor(buyer, channel.id, [receipt]) })
    expect(await talk.next('acknowledgement')).toEqual({
      channel: channel.id,
      size: 1,
      cumulative: receipt.body.amount
    })
    expect(await vouchered()).toBe(before + receipt.body.amount)
  }

  it('takes its payment, and the same one again without counting it twice', async () => {
    await expectUntouched()
    await talk.send({ type: 'payment', value: paymentFor(buyer, channel.id, [receipt]) })
    expect(await talk.next('acknowledgement')).toMatchObject({ size: 1, cumulative: receipt.body.amount })
    expect(await vouchered()).toBe(before + receipt.body.amount)
  })

  it.each([
    ['of more than is due', 'E_VOUCHER_MISMATCH', { cumulative: 10n ** 17n }],
    ['of less than is due', 'E_VOUCHER_MISMATCH', { cumulative: 1n }],
    ['of more than the channel holds', 'E_VOUCHER_MISMATCH', { cumulative: 2n * TOKEN }],
    ['that commits to other receipts', 'E_VOUCHER_MISMATCH', { commitment: `0x${'33'.repeat(32)}` as const }]
  ])('refuses a voucher %s', async (_, code, change) => {
    await talk.send({ type: 'payment', value: paymentFor(buyer, channel.id, [receipt], change) })
    expect(await talk.next('refusal')).toMatchObject({ regarding: channel.id, failure: { code, fault: 'buyer' } })
    await expectUntouched()
  })

  it('refuses a voucher for a channel that pays somebody else, and for one it never heard of', async () => {
    const other = await buyer.openChannel(buyer.signer.address, TOKEN)
    for (const id of [other.id, `0x${'44'.repeat(32)}` as typeof other.id]) {
      await talk.send({ type: 'payment', value: paymentFor(buyer, id, [receipt]) })
      expect(await talk.next('refusal')).toMatchObject({ regarding: id, failure: { code: 'E_CHANNEL_UNKNOWN' } })
    }
    await expectUntouched()
  })

  it('refuses a voucher that somebody else signed', async () => {
    const stranger = await createPuppetBuyer(network, 'a stranger', TOKEN)
    const payment = paymentFor(buyer, channel.id, [receipt])
    const forged = sign(stranger.signer, buyer.domain, voucherType, payment.voucher.body)
    await talk.send({ type: 'payment', value: { ...payment, voucher: forged } })
    expect(await talk.next('refusal')).toMatchObject({ failure: { code: 'E_BAD_SIGNATURE' } })
    await expectUntouched()
    await stranger.stop()
  })

  it('refuses the right payment from another peer, and what that says of the agreement', async () => {
    const stranger = await createPuppetBuyer(network, 'a busybody', TOKEN)
    const busy = await talkAs(stranger)
    await busy.send({ type: 'payment', value: paymentFor(buyer, channel.id, [receipt]) })
    expect(await busy.next('refusal')).toMatchObject({ failure: { code: 'E_CHANNEL_UNKNOWN' } })
    for (const type of ['cancel', 'resume'] as const) {
      await busy.send({ type, value: { agreement: receipt.body.agreement } })
      expect(await busy.next('refusal')).toMatchObject({ failure: { code: 'E_AGREEMENT_UNKNOWN' } })
    }
    expect(busy.heard.some(({ type }) => type === 'receipt')).toBe(false)
    await expectUntouched()
    await stranger.stop()
  })

  it('refuses a payment that skips receipts, and goes on from the last good one', async () => {
    const gap = { ...paymentFor(buyer, channel.id, [receipt]), fromSize: 1 }
    await talk.send({ type: 'payment', value: gap })
    expect(await talk.next('refusal')).toMatchObject({ failure: { code: 'E_PAYMENT_GAP' } })
    const missing = { ...receipt, body: { ...receipt.body, sequence: 1 } }
    await talk.send({ type: 'payment', value: paymentFor(buyer, channel.id, [missing]) })
    expect(await talk.next('refusal')).toMatchObject({ failure: { code: 'E_VOUCHER_MISMATCH' } })
    await expectUntouched()
  })

  it('is not fooled by an old voucher after a newer one', async () => {
    await expectUntouched()
    const old = paymentFor(buyer, channel.id, [receipt])
    await talk.agree(NOOP, channel)
    const { receipt: second } = await talk.next('receipt')
    const both = paymentFor(buyer, channel.id, [receipt, second])
    await talk.send({ type: 'payment', value: both })
    const total = receipt.body.amount + second.body.amount
    expect(await talk.next('acknowledgement')).toMatchObject({ size: 2, cumulative: total })
    await talk.send({ type: 'payment', value: old })
    expect(await talk.next('acknowledgement')).toMatchObject({ size: 2, cumulative: total })
    expect(await vouchered()).toBe(before + total)
  })
})

describe('a provider asked to work', () => {
  it('refuses a channel that holds too little', async () => {
    const poor = await buyer.openChannel(provider.owner, 1n)
    const talk = await talkAs(buyer)
    await talk.agree(NOOP, poor)
    expect(await talk.next('refusal', 20_000)).toMatchObject({ failure: { code: 'E_CHANNEL_SHORT', fault: 'buyer' } })
  })

  it('refuses a channel that pays somebody else', async () => {
    const other = await buyer.openChannel(buyer.signer.address, TOKEN)
    const talk = await talkAs(buyer)
    await talk.agree(NOOP, other)
    expect(await talk.next('refusal')).toMatchObject({ failure: { code: 'E_CHANNEL_MISMATCH' } })
  })

  it('refuses a channel that is closing', async () => {
    const closing = await buyer.openChannel(provider.owner, TOKEN)
    await buyer.chain.requestClose(closing.key)
    const talk = await talkAs(buyer)
    await talk.agree(NOOP, closing)
    expect(await talk.next('refusal')).toMatchObject({ failure: { code: 'E_CHANNEL_CLOSING' } })
  })

  it('does not promise the same money twice', async () => {
    const talk = await talkAs(buyer)
    const probe = await talk.agree(NOOP, await buyer.openChannel(provider.owner, TOKEN))
    // Enough for one and a half.
    const narrow = await buyer.openChannel(provider.owner, (probe.priceMax * 3n) / 2n)
    const [first, second] = [await talk.agree(NOOP, narrow), await talk.agree(NOOP, narrow)]
    await waitFor(() => talk.heard.some(({ type, value }) => type === 'refusal' && value.regarding === second.id), {
      timeoutMs: 20_000,
      what: 'the second agreement to be refused'
    })
    expect(talk.heard.some(({ type, value }) => type === 'refusal' && value.regarding === first.id)).toBe(false)
  })
})
