import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { session, testHash, token } from '../../scripts/vector-files/keys.ts'
import {
  applyPayment,
  type ChannelKey,
  channelId,
  commitmentOf,
  createProviderChannel,
  createSigningDomain,
  type Due,
  encodeMeta,
  type IncomingPayment,
  type ProviderChannel,
  payDues,
  type Signer,
  sign,
  uncommitted,
  type Voucher,
  voucherType,
  ZERO_ADDRESS
} from '../../src/index.ts'
import { check, expectCode } from '../helpers/check.ts'
import { fastSigner, recoverFast } from '../helpers/fast-crypto.ts'
import { buyer, checks, domain, owner } from '../helpers/market.ts'

function keyWith(signer: Signer['address']): ChannelKey {
  const meta = encodeMeta({ signer, closeDelaySec: 3600, salt: 1n })
  return { payer: buyer.address, payee: owner, token, arbiter: ZERO_ADDRESS, meta }
}

function channelOf(key: ChannelKey, deposit = 1_000n): ProviderChannel {
  return createProviderChannel(channelId(key), key, { deposit, settled: 0n, closeAt: 0 })
}

const fresh = channelOf(keyWith(ZERO_ADDRESS))
const dues: Due[] = [10n, 20n, 30n].map((amount, i) => ({ receipt: testHash(`receipt ${i}`), amount }))

/** The payment an honest buyer makes for `paid` on top of `from`. */
function paymentOf(
  from: ProviderChannel,
  paid: readonly Due[],
  changes: Partial<Voucher> = {},
  signer: Signer = buyer
) {
  const { log, cumulative } = payDues(from, paid)
  const body: Voucher = { channel: from.id, cumulative, commitment: commitmentOf(log), ...changes }
  return { fromSize: from.log.size, dues: paid, voucher: sign(signer, domain, voucherType, body) }
}

const applied = applyPayment(fresh, paymentOf(fresh, dues.slice(0, 2)), checks).channel

describe('applyPayment', () => {
  it('takes what pays exactly what was delivered', () => {
    const payment = paymentOf(fresh, dues)
    const { channel, applied } = applyPayment(fresh, payment, checks)
    expect(applied).toBe(3)
    expect(channel).toMatchObject({ cumulative: 60n, log: { size: 3 }, voucher: payment.voucher })
    expect(commitmentOf(channel.log)).toBe(payment.voucher.body.commitment)
  })

  it('goes on from where it was', () => {
    const { channel } = applyPayment(applied, paymentOf(applied, dues.slice(2)), checks)
    expect(channel.cumulative).toBe(60n)
    expect(channel.log).toEqual(applyPayment(fresh, paymentOf(fresh, dues), checks).channel.log)
  })

  it('takes nothing twice, whatever the repetition looks like', () => {
    const repeated = paymentOf(fresh, dues.slice(0, 2))
    expect(applyPayment(applied, repeated, checks)).toEqual({ channel: applied, applied: 0 })
    // Its dues are settled, so our books may not name them any more.
    const forgotten = { ...repeated, dues: [undefined, undefined] }
    expect(applyPayment(applied, forgotten, checks)).toEqual({ channel: applied, applied: 0 })
    const nothing = { ...repeated, fromSize: 0, dues: [] }
    expect(applyPayment(applied, nothing, checks)).toEqual({ channel: applied, applied: 0 })
  })

  it('takes the new part of a payment that was partly taken before', () => {
    const again: IncomingPayment = { ...paymentOf(fresh, dues), dues: [undefined, undefined, dues[2]] }
    const { channel, applied: count } = applyPayment(applied, again, checks)
    expect(count).toBe(1)
    expect(channel.cumulative).toBe(60n)
  })

  it('takes the vouchers of the session key that the channel names, and no others', () => {
    const channel = channelOf(keyWith(session.address))
    expect(applyPayment(channel, paymentOf(channel, dues, {}, session), checks).applied).toBe(3)
    expectCode(() => applyPayment(channel, paymentOf(channel, dues, {}, buyer), checks), 'E_BAD_SIGNATURE')
    expectCode(() => applyPayment(fresh, paymentOf(fresh, dues, {}, session), checks), 'E_BAD_SIGNATURE')
  })

  it('takes a receipt that costs nothing', () => {
    const free = [{ receipt: testHash('free'), amount: 0n }]
    expect(applyPayment(applied, paymentOf(applied, free), checks).channel).toMatchObject({ cumulative: 30n })
  })

  it('takes the deposit to its last unit', () => {
    const exact = channelOf(fresh.key, 60n)
    expect(applyPayment(exact, paymentOf(exact, dues), checks).channel.cumulative).toBe(60n)
    const short = channelOf(fresh.key, 59n)
    expectCode(() => applyPayment(short, paymentOf(short, dues), checks), 'E_VOUCHER_ABOVE_DEPOSIT')
  })

  it.each<[string, string, () => IncomingPayment]>([
    ['E_PAYMENT_GAP', 'receipts we know nothing of', () => ({ ...paymentOf(applied, dues.slice(2)), fromSize: 3 })],
    [
      'E_PAYMENT_GAP',
      'a log as long as can be',
      () => ({ ...paymentOf(applied, []), fromSize: Number.MAX_SAFE_INTEGER })
    ],
    [
      'E_VOUCHER_MISMATCH',
      'a receipt we did not issue',
      () => ({ ...paymentOf(applied, dues.slice(2)), dues: [undefined] })
    ],
    ['E_VOUCHER_MISMATCH', 'one good receipt and one that is not ours', () => withStranger()],
    ['E_VOUCHER_MISMATCH', 'a unit less', () => paymentOf(applied, dues.slice(2), { cumulative: 59n })],
    ['E_VOUCHER_MISMATCH', 'a unit more', () => paymentOf(applied, dues.slice(2), { cumulative: 61n })],
    ['E_VOUCHER_MISMATCH', 'only what was new', () => paymentOf(applied, dues.slice(2), { cumulative: 30n })],
    ['E_VOUCHER_MISMATCH', 'another channel', () => paymentOf(applied, dues.slice(2), { channel: testHash('other') })],
    ['E_VOUCHER_MISMATCH', 'other receipts', () => paymentOf(applied, dues.slice(2), { commitment: testHash('x') })],
    [
      'E_VOUCHER_MISMATCH',
      'the old log',
      () => paymentOf(applied, dues.slice(2), { commitment: commitmentOf(applied.log) })
    ],
    [
      'E_VOUCHER_MISMATCH',
      'new receipts under an old voucher',
      () => ({ ...paymentOf(fresh, dues.slice(0, 2)), dues })
    ],
    [
      'E_VOUCHER_MISMATCH',
      'receipts moved to another place in the log',
      () => ({ ...paymentOf(applied, dues.slice(2)), fromSize: 1, dues: [dues[0], dues[0], dues[2]] })
    ],
    ['E_BAD_SIGNATURE', 'a forged voucher', () => paymentOf(applied, dues.slice(2), {}, session)],
    ['E_BAD_SIGNATURE', 'a voucher for another chain', () => onAnotherChain()]
  ])('%s: %s', (code, _, payment) => {
    const before = structuredClone(applied)
    expectCode(() => applyPayment(applied, payment(), checks), code)
    expect(applied).toEqual(before)
  })

  it('takes money on a channel that is closing: it can still be redeemed', () => {
    const closing = { ...applied, closeAt: 1 }
    expect(applyPayment(closing, paymentOf(closing, dues.slice(2)), checks).applied).toBe(1)
    expect(applyPayment(closing, paymentOf(fresh, dues.slice(0, 2)), checks).applied).toBe(0)
  })

  function withStranger(): IncomingPayment {
    const payment = paymentOf(applied, [...dues.slice(2), { receipt: testHash('stranger'), amount: 5n }])
    return { ...payment, dues: [dues[2], undefined] }
  }

  function onAnotherChain(): IncomingPayment {
    const payment = paymentOf(applied, dues.slice(2))
    const other = createSigningDomain(1, domain.verifyingContract)
    return { ...payment, voucher: sign(buyer, other, voucherType, payment.voucher.body) }
  }

  it('gives a dishonest buyer nothing: taken only if every new due is paid in full', () => {
    const signer = fastSigner(buyer.address)
    const amounts = fc.bigInt({ min: 0n, max: 40n })
    const sizes = fc.integer({ min: -1, max: 5 })
    check(
      fc.property(
        sizes,
        fc.array(fc.constantFrom(undefined, ...dues), { maxLength: 4 }),
        amounts,
        (fromSize, named, paid) => {
          const known = named.slice(Math.max(0, applied.log.size - fromSize))
          const { log } = payDues(
            applied,
            known.filter(due => due !== undefined)
          )
          const body: Voucher = {
            channel: applied.id,
            cumulative: applied.cumulative + paid,
            commitment: commitmentOf(log)
          }
          const payment = { fromSize, dues: named, voucher: sign(signer, domain, voucherType, body) }
          let after: ProviderChannel
          try {
            after = applyPayment(applied, payment, { domain, recover: recoverFast }).channel
          } catch {
            return
          }
          const owed = known.reduce((sum, due) => sum + (due?.amount ?? 0n), 0n)
          expect(after.cumulative - applied.cumulative).toBe(known.length === 0 ? 0n : owed)
          expect(known).not.toContain(undefined)
          if (known.length > 0) expect(after.voucher?.body.cumulative).toBe(after.cumulative)
        }
      ),
      2000
    )
  })
})

describe('uncommitted', () => {
  it.each([
    ['nothing promised', 100n, 0n, 0n, 100n],
    ['some promised', 100n, 0n, 30n, 70n],
    ['some promised and paid out', 100n, 20n, 30n, 70n],
    ['more paid out than we know vouchers for', 100n, 50n, 30n, 50n],
    ['all promised', 100n, 0n, 100n, 0n],
    ['a deposit that shrank', 10n, 0n, 30n, 0n]
  ])('%s', (_, deposit, settled, cumulative, left) => {
    expect(uncommitted({ ...fresh, deposit, settled, cumulative })).toBe(left)
  })
})
