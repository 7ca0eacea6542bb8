import { escrowAbi } from '@archipel/contracts'
import { CodedError } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeRevert, KNOWN_ERRORS } from '../../../src/chain/contract/decode-revert.ts'
import { escrowInterface } from '../../../src/chain/contract/interfaces.ts'
import { devSigner } from '../anvil.ts'
import { type Market, startMarket, TOKEN } from '../fixture.ts'

/** Deployment and EIP-712 helpers that no transaction of ours can run into. */
const OUT_OF_REACH = ['InvalidShortString', 'StringTooLong']

async function codeOf(promise: Promise<unknown>): Promise<CodedError> {
  const err = await promise.then(
    () => new Error('did not throw'),
    err => err
  )
  expect(err).toBeInstanceOf(CodedError)
  return err
}

describe('decodeRevert', () => {
  it('knows every error that the escrow declares', () => {
    const declared = escrowAbi.filter(entry => entry.type === 'error').map(entry => entry.name)
    expect(declared.filter(name => !KNOWN_ERRORS.includes(name)).sort()).toEqual(OUT_OF_REACH)
  })

  it.each([
    ['nothing', undefined, {}],
    ['no hex', 'reverted', {}],
    ['an unknown error', '0xdeadbeef', { data: '0xdeadbeef' }],
    ['half an error', escrowInterface.encodeErrorResult('BalanceInsufficient', [1n, 2n]).slice(0, 40), {}],
    ['a broken string', '0x08c379a0ffff', {}]
  ])('answers E_TX_REVERTED to %s', (_, data, facts) => {
    const err = decodeRevert(data, 'redeem')
    expect(err.code).toBe('E_TX_REVERTED')
    expect(err.facts).toMatchObject({ operation: 'redeem', ...facts })
  })

  it('reads a require message and a panic', () => {
    const text = `0x08c379a0${escrowInterface.getAbiCoder().encode(['string'], ['too bad']).slice(2)}`
    expect(decodeRevert(text, 'redeem').facts.reason).toBe('too bad')
    const panic = `0x4e487b71${'0'.repeat(62)}11`
    expect(decodeRevert(panic, 'redeem').facts.reason).toBe('panic 17')
  })
})

describe('refusals of a real escrow', () => {
  let market: Market
  beforeAll(async () => {
    market = await startMarket()
    await market.alice.deposit(10n * TOKEN)
    await market.alice.openChannel(market.keyTo(market.bob.address!), 5n * TOKEN)
    await market.bob.redeem(market.voucher(market.keyTo(market.bob.address!), TOKEN))
  })
  afterAll(() => market.anvil.stop())

  it('come with code and facts, and cost nothing', async () => {
    const { alice, bob, as, keyTo, voucher, bobSigner } = market
    const key = keyTo(bob.address!)
    const before = await alice.nativeBalance(alice.address!)

    expect(await codeOf(alice.openChannel(key, 6n * TOKEN))).toMatchObject({
      code: 'E_NO_FUNDS',
      facts: { operation: 'open', balance: 5n * TOKEN, amount: 6n * TOKEN }
    })
    expect(await codeOf(alice.deposit(5000n * TOKEN))).toMatchObject({
      code: 'E_NO_FUNDS',
      facts: { needed: 5000n * TOKEN }
    })
    expect((await codeOf(alice.withdraw(0n))).code).toBe('E_AMOUNT_ZERO')
    expect((await codeOf(alice.withdraw(1n, { to: alice.escrow }))).code).toBe('E_RECIPIENT_INVALID')
    expect((await codeOf(alice.openChannel({ ...key, payee: `0x${'0'.repeat(40)}` }, 1n))).code).toBe('E_ACCOUNT_ZERO')
    expect((await codeOf(alice.openChannel({ ...key, meta: `0x${'0'.repeat(64)}` }, 1n))).code).toBe('E_CLOSE_DELAY')
    expect((await codeOf(alice.redeem(voucher(key, 2n, bobSigner)))).code).toBe('E_BAD_SIGNATURE')
    expect(await codeOf(alice.redeem(voucher(key, TOKEN)))).toMatchObject({
      code: 'E_VOUCHER_OLD',
      facts: { settled: TOKEN, cumulative: TOKEN }
    })
    expect((await codeOf(alice.redeemMany([voucher(key, TOKEN)]))).code).toBe('E_NOTHING_TO_REDEEM')
    expect((await codeOf(alice.redeem(voucher(keyTo(bob.address!, 9n), TOKEN)))).code).toBe('E_CHANNEL_EXHAUSTED')
    expect(await codeOf(alice.close(key))).toMatchObject({ code: 'E_CLOSE_TOO_EARLY', facts: { closeAt: 0n } })
    expect((await codeOf(as(devSigner(3)).requestClose(key))).code).toBe('E_NOT_PARTY')
    expect((await codeOf(alice.redeemMany([]))).code).toBe('E_BATCH_INVALID')
    expect((await codeOf(alice.redeemMany([voucher(key, 1n), voucher(keyTo(alice.address!), 1n)]))).code).toBe(
      'E_BATCH_INVALID'
    )
    expect((await codeOf(alice.close({ ...key, token: alice.escrow }))).code).toBe('E_WRONG_TOKEN')
    expect((await codeOf(as().deposit(1n))).code).toBe('E_NO_SIGNER')

    expect(await alice.nativeBalance(alice.address!)).toBe(before)
  })

  it('say when a channel is closing', async () => {
    const { alice, bob, keyTo } = market
    const key = keyTo(bob.address!)
    await alice.requestClose(key)
    expect((await codeOf(alice.openChannel(key, 1n))).code).toBe('E_CHANNEL_CLOSING')
  })
})
