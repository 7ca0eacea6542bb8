import { readFileSync } from 'node:fs'
import {
  channelId,
  chequeType,
  createSigningDomain,
  fromHex,
  type Hex,
  openingType,
  type SigningDomain,
  sign,
  withdrawalType
} from '@archipel/protocol'
import { Signature, type TypedDataDomain, type TypedDataField, Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tokenInterface } from '../../../src/chain/contract/interfaces.ts'
import { CREATE2_DEPLOYER } from '../../../src/chain/index.ts'
import { createRpc } from '../../../src/chain/rpc/rpc.ts'
import { createSender } from '../../../src/chain/transactions/sender.ts'
import { type Market, startMarket, TOKEN } from '../fixture.ts'

/** Alice's key, as a wallet of any kind would hold it. */
const wallet = new Wallet('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d')
const PERMIT2 = '0x000000000022d473030f116ddee9f6b43ac78ba3'
const expiresAt = 4_000_000_000

describe('orders that others bring', () => {
  let market: Market
  let domain: SigningDomain
  beforeAll(async () => {
    market = await startMarket()
    domain = createSigningDomain(market.anvil.chainId, market.alice.escrow)
    await market.alice.deposit(100n * TOKEN)
  })
  afterAll(() => market.anvil.stop())

  it('open a channel for a buyer that pays no gas, and pay whoever brings them', async () => {
    const { alice, bob, aliceSigner, keyTo } = market
    const gas = await alice.nativeBalance(alice.address!)
    const channel = keyTo(bob.address!, 1n)
    const order = sign(aliceSigner, domain, openingType, {
      channel,
      amount: 10n * TOKEN,
      fee: TOKEN,
      nonce: 1,
      expiresAt
    })
    expect((await bob.openWithSig(order)).deposit).toBe(10n * TOKEN)
    expect(await alice.channelState(channelId(channel))).toEqual({ deposit: 10n * TOKEN, settled: 0n, closeAt: 0 })
    expect(await alice.escrowBalance(bob.address!)).toBe(TOKEN)
    expect(await alice.escrowBalance(alice.address!)).toBe(89n * TOKEN)
    expect(await alice.nativeBalance(alice.address!)).toBe(gas)
    await expect(bob.openWithSig(order)).rejects.toMatchObject({ code: 'E_NONCE_USED', facts: { nonce: 1n } })
    expect(await bob.isNonceUsed(alice.address!, 1)).toBe(true)
    expect(await bob.isNonceUsed(alice.address!, 2)).toBe(false)
  })

  it('cash a cheque once, for what it takes', async () => {
    const { alice, bob, as, aliceSigner, bobSigner } = market
    const body = {
      payer: alice.address!,
      payee: bob.address!,
      token: bob.token,
      nonce: 2,
      amount: 4n * TOKEN,
      expiresAt
    }
    const before = await bob.escrowBalance(bob.address!)
    const { paid, gasUsed, logs } = await bob.cashCheque(sign(aliceSigner, domain, chequeType, body))
    expect(paid).toBe(4n * TOKEN)
    expect(gasUsed).toBeLessThanOrEqual(47_000n)
    expect(logs).toHaveLength(1)
    expect((await bob.escrowBalance(bob.address!)) - before).toBe(4n * TOKEN)
    const forged = sign(bobSigner, domain, chequeType, { ...body, nonce: 3 })
    await expect(bob.cashCheque(forged)).rejects.toMatchObject({ code: 'E_BAD_SIGNATURE' })
    const late = sign(aliceSigner, domain, chequeType, { ...body, nonce: 3, expiresAt: 1 })
    await expect(bob.cashCheque(late)).rejects.toMatchObject({ code: 'E_ORDER_EXPIRED', facts: { expiresAt: 1n } })
    const bounced = sign(aliceSigner, domain, chequeType, { ...body, nonce: 3, amount: 1000n * TOKEN })
    await expect(bob.cashCheque(bounced)).rejects.toMatchObject({ code: 'E_NO_FUNDS' })
    const events = await as().escrowEvents({ fromBlock: 0 })
    expect(events.filter(({ name }) => name === 'ChequeCashed')).toMatchObject([
      { payer: body.payer, payee: body.payee, token: body.token, amount: 4n * TOKEN, nonce: 2n }
    ])
  })

  it('withdraw to where the account says, and nowhere else', async () => {
    const { alice, bob, aliceSigner } = market
    const to = `0x${'c01d'.repeat(10)}` as const
    const body = { account: alice.address!, token: bob.token, to, amount: 5n * TOKEN, fee: 0n, nonce: 4, expiresAt }
    const order = sign(aliceSigner, domain, withdrawalType, body)
    await expect(bob.withdrawFor({ ...order, body: { ...body, to: bob.address! } })).rejects.toMatchObject({
      code: 'E_BAD_SIGNATURE'
    })
    expect((await bob.withdrawFor(order)).amount).toBe(5n * TOKEN)
    expect(await bob.tokenBalance(to)).toBe(5n * TOKEN)
    const other = { ...order, body: { ...body, token: bob.escrow } }
    await expect(bob.withdrawFor(other)).rejects.toMatchObject({ code: 'E_WRONG_TOKEN' })
  })

  it('can be cancelled by who signed them', async () => {
    const { alice, bob, aliceSigner } = market
    const body = { payer: alice.address!, payee: bob.address!, token: bob.token, nonce: 261, amount: TOKEN, expiresAt }
    const cheque = sign(aliceSigner, domain, chequeType, body)
    await alice.cancelNonces(1n, 1n << 5n)
    await expect(bob.cashCheque(cheque)).rejects.toMatchObject({ code: 'E_NONCE_USED' })
  })
})

describe('deposits without an approval', () => {
  let market: Market
  beforeAll(async () => {
    market = await startMarket()
  })
  afterAll(() => market.anvil.stop())

  const signWith = async (
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>
  ) => fromHex(Signature.from(await wallet.signTypedData(domain, types, value)).compactSerialized)
  const fields = (text: string) =>
    text.split(',').map(field => ({ type: field.split(' ')[0]!, name: field.split(' ')[1]! }))

  it('take an EIP-2612 permit', async () => {
    const { alice, anvil } = market
    const domain = {
      name: 'Archipel Test Dollar',
      version: '1',
      chainId: anvil.chainId,
      verifyingContract: alice.token
    }
    const types = { Permit: fields('address owner,address spender,uint256 value,uint256 nonce,uint256 deadline') }
    const value = { owner: alice.address!, spender: alice.escrow, value: 7n * TOKEN, nonce: 0, deadline: expiresAt }
    const permit = { amount: 7n * TOKEN, deadline: expiresAt, signature: await signWith(domain, types, value) }
    expect((await alice.depositWithPermit(permit)).credited).toBe(7n * TOKEN)
    expect(await alice.escrowBalance(alice.address!)).toBe(7n * TOKEN)
    await expect(alice.depositWithPermit(permit)).rejects.toMatchObject({ code: 'E_NO_ALLOWANCE' })
  })

  it('take a Permit2 signature, whoever brings it', async () => {
    const { alice, bob, aliceSigner, anvil } = market
    const path = '../../../../contracts/test/fixtures/permit2/creation-code.hex'
    const code = readFileSync(new URL(path, import.meta.url), 'utf8')
      .trim()
      .slice(2)
    const rpc = createRpc({ rpcUrls: [anvil.url], chainId: anvil.chainId })
    const sender = createSender({ rpc, signer: aliceSigner })
    const salt = 'd3af2663da51c10215000000'.padStart(64, '0')
    await sender.send({ operation: 'deploy', to: CREATE2_DEPLOYER, data: `0x${salt}${code}` })
    const approve = tokenInterface.encodeFunctionData('approve', [PERMIT2, 2n ** 256n - 1n]) as Hex
    await sender.send({ operation: 'approve', to: alice.token, data: approve })

    const domain = { name: 'Permit2', chainId: anvil.chainId, verifyingContract: PERMIT2 }
    const types = {
      PermitWitnessTransferFrom: fields(
        'TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Deposit witness'
      ),
      TokenPermissions: fields('address token,uint256 amount'),
      Deposit: fields('address account,bytes32 channel')
    }
    const transfer = { owner: alice.address!, amount: 3n * TOKEN, nonce: 0n, deadline: expiresAt }
    const signature = await signWith(domain, types, {
      permitted: { token: alice.token, amount: transfer.amount },
      spender: alice.escrow,
      nonce: transfer.nonce,
      deadline: transfer.deadline,
      witness: { account: alice.address!, channel: `0x${'0'.repeat(64)}` }
    })
    const before = await bob.escrowBalance(alice.address!)
    await expect(bob.depositWithPermit2({ ...transfer, signature }, bob.address!)).rejects.toThrow()
    expect((await bob.depositWithPermit2({ ...transfer, signature }, alice.address!)).credited).toBe(3n * TOKEN)
    expect((await bob.escrowBalance(alice.address!)) - before).toBe(3n * TOKEN)
  })
})
