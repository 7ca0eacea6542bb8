import { readFileSync } from 'node:fs'
import { authorizationTokenBytecode } from '@archipel/contracts'
import {
  channelId,
  chequeType,
  createSigningDomain,
  fromHex,
  type Hash,
  type Hex,
  openingType,
  type SigningDomain,
  sign,
  withdrawalType
} from '@archipel/protocol'
import { getCreateAddress, Signature, type TypedDataDomain, type TypedDataField, Wallet } from 'ethers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { escrowInterface, tokenInterface } from '../../../src/chain/contract/interfaces.ts'
import {
  CREATE2_DEPLOYER,
  createChain,
  mintTestTokens,
  nonceOfAuthorization,
  type Permit2Transfer
} from '../../../src/chain/index.ts'
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

  /** What Permit2 checks for a transfer to the escrow, with whom it credits. */
  async function signTransfer({ amount, nonce, deadline }: Omit<Permit2Transfer, 'signature'>, channel: Hash) {
    const { alice, anvil } = market
    const domain = { name: 'Permit2', chainId: anvil.chainId, verifyingContract: PERMIT2 }
    const types = {
      PermitWitnessTransferFrom: fields(
        'TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,Deposit witness'
      ),
      TokenPermissions: fields('address token,uint256 amount'),
      Deposit: fields('address account,bytes32 channel')
    }
    return signWith(domain, types, {
      permitted: { token: alice.token, amount },
      spender: alice.escrow,
      nonce,
      deadline,
      witness: { account: alice.address!, channel }
    })
  }

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

    const transfer = { owner: alice.address!, amount: 3n * TOKEN, nonce: 0n, deadline: expiresAt }
    const signature = await signTransfer(transfer, `0x${'0'.repeat(64)}`)
    const before = await bob.escrowBalance(alice.address!)
    await expect(bob.depositWithPermit2({ ...transfer, signature }, bob.address!)).rejects.toThrow()
    expect((await bob.depositWithPermit2({ ...transfer, signature }, alice.address!)).credited).toBe(3n * TOKEN)
    expect((await bob.escrowBalance(alice.address!)) - before).toBe(3n * TOKEN)
  })

  it('open a channel with a Permit2 signature for that channel, whoever brings it', async () => {
    const { alice, bob, keyTo } = market
    const [key, other] = [keyTo(bob.address!, 1n), keyTo(bob.address!, 2n)]
    const transfer = { owner: alice.address!, amount: 2n * TOKEN, nonce: 1n, deadline: expiresAt }
    const signed = { ...transfer, signature: await signTransfer(transfer, channelId(key)) }
    await expect(bob.depositAndOpenWithPermit2(other, signed)).rejects.toMatchObject({ code: 'E_TX_REVERTED' })
    expect((await bob.depositAndOpenWithPermit2(key, signed)).deposit).toBe(2n * TOKEN)
    expect((await bob.channelState(channelId(key))).deposit).toBe(2n * TOKEN)
    await expect(bob.depositAndOpenWithPermit2(key, signed)).rejects.toMatchObject({ code: 'E_TX_REVERTED' })
    const elsewhere = { ...key, token: PERMIT2 } as const
    await expect(bob.depositAndOpenWithPermit2(elsewhere, signed)).rejects.toMatchObject({ code: 'E_WRONG_TOKEN' })
  })

  it('take an EIP-3009 signature for an account, whoever brings it', async () => {
    const { alice, bob, anvil, aliceSigner, bobSigner } = market
    const where = { rpcUrls: [anvil.url], chainId: anvil.chainId }
    const nonce = Number(await anvil.request('eth_getTransactionCount', [aliceSigner.address, 'latest']))
    const token = getCreateAddress({ from: aliceSigner.address, nonce }).toLowerCase() as Hex
    const sender = createSender({ rpc: createRpc(where), signer: aliceSigner })
    await sender.send({ operation: 'deploy', data: authorizationTokenBytecode })
    await mintTestTokens({ ...where, signer: aliceSigner, token, to: aliceSigner.address, amount: 9n })
    const chain = createChain({ ...where, escrow: alice.escrow, token, signer: bobSigner })

    const salt: Hash = `0x${'5a'.repeat(32)}`
    const to = bob.address!
    expect(nonceOfAuthorization(to, salt)).toBe(
      await anvil.request('eth_call', [
        { to: alice.escrow, data: escrowInterface.encodeFunctionData('nonceOfAuthorization', [to, salt]) },
        'latest'
      ])
    )
    const domain = { name: 'Authorization', version: '1', chainId: anvil.chainId, verifyingContract: token }
    const text = 'address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce'
    const signature = await signWith(
      domain,
      { ReceiveWithAuthorization: fields(text) },
      {
        from: aliceSigner.address,
        to: alice.escrow,
        value: 7n,
        validAfter: 0,
        validBefore: expiresAt,
        nonce: nonceOfAuthorization(to, salt)
      }
    )
    const authorization = {
      owner: aliceSigner.address,
      amount: 7n,
      validAfter: 0,
      validBefore: expiresAt,
      salt,
      signature
    }
    await expect(chain.depositWithAuthorization(authorization, alice.address!)).rejects.toMatchObject({
      code: 'E_TX_REVERTED'
    })
    expect((await chain.depositWithAuthorization(authorization, to)).credited).toBe(7n)
    expect(await chain.escrowBalance(to)).toBe(7n)
    expect(await chain.tokenBalance(aliceSigner.address)).toBe(2n)
    await expect(chain.depositWithAuthorization(authorization, to)).rejects.toMatchObject({ code: 'E_TX_REVERTED' })
  })
})
