import { readFile } from 'node:fs/promises'
import { escrowAbi, escrowBytecode, testTokenAbi, testTokenBytecode } from '@archipel/contracts'
import {
  type Address,
  type ChannelKey,
  channelId,
  createPureSigner,
  createSigningDomain,
  encodeMeta,
  fromHex,
  type Hash,
  type Hex,
  sign,
  toHex,
  voucherType,
  type Wei,
  ZERO_ADDRESS
} from '@archipel/protocol'
import { concat, getCreateAddress, Interface, id as keccakText, MaxUint256, toBeHex } from 'ethers'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Anvil, startAnvil } from '../anvil.ts'

/**
 * The gas figures that we publish come from forge. Here the same accounts send the same transactions to a real node, and
 * its receipts must name the same gas, to the unit. Each step is one line of `EscrowGas.t.sol`.
 */

/** Where forge runs test contracts; what they deploy has addresses that follow from it. */
const FORGE_TEST: Address = '0x7fa9385be102ac3eac297483dd6233d62b3e1496'
const alice = signerOf(0xa11cen)
const session = signerOf(0x5e5510n)
const bob = signerOf(0xb0bn).address
const carol = signerOf(0xca201n).address
const ETHER = 10n ** 18n
const CLOSE_DELAY_SEC = 86_400
const RECEIPT_TIMEOUT_MS = 5000
const COMMITMENT = keccakText('receipts') as Hash

const escrowInterface = new Interface(escrowAbi)
const tokenInterface = new Interface(testTokenAbi)
const escrow = getCreateAddress({ from: FORGE_TEST, nonce: 1 }).toLowerCase() as Address
const token = getCreateAddress({ from: FORGE_TEST, nonce: 2 }).toLowerCase() as Address
const domain = createSigningDomain(31337, escrow)

let anvil: Anvil
beforeAll(async () => {
  anvil = await startAnvil(31337, ['--hardfork', 'osaka'])
  for (const account of [FORGE_TEST, alice.address, bob, carol]) {
    await anvil.request('anvil_setBalance', [account, toBeHex(1000n * ETHER)])
    await anvil.request('anvil_impersonateAccount', [account])
  }
  await anvil.request('anvil_setNonce', [FORGE_TEST, '0x1'])
  for (const data of [escrowBytecode, testTokenBytecode]) await transact(FORGE_TEST, undefined, data)
  await callToken(FORGE_TEST, 'mint', alice.address, 1_000_000n * ETHER)
  await callToken(alice.address, 'approve', escrow, MaxUint256)
})
afterAll(() => anvil.stop())

it('each call costs on a chain what forge says', async () => {
  const { calls } = await snapshots()
  const key = keyOf(alice.address, bob, session.address)
  const voucher = (cumulative: Wei) => redeemArgs(key, cumulative, session)
  const measured = {
    'deposit, first': await call(alice.address, 'deposit', token, alice.address, 10n * ETHER),
    'deposit, again': await call(alice.address, 'deposit', token, alice.address, 10n * ETHER),
    'open, first': await call(alice.address, 'open', key, ETHER),
    'open, top-up': await call(alice.address, 'open', key, ETHER),
    "redeem, payee's first ever": await call(bob, 'redeem', ...voucher(ETHER / 10n)),
    'redeem, steady': await call(bob, 'redeem', ...voucher(ETHER / 5n)),
    'withdraw, first': await call(bob, 'withdraw', token, bob, ETHER / 10n),
    'withdraw, again': await call(bob, 'withdraw', token, bob, ETHER / 20n),
    requestClose: await call(alice.address, 'requestClose', key)
  }
  expect(measured).toEqual(pick(calls, Object.keys(measured)))
  await anvil.request('evm_increaseTime', [CLOSE_DELAY_SEC])
  expect(await call(FORGE_TEST, 'close', key)).toBe(calls['close, after the delay'])
})

it('a batch costs on a chain what forge says', async () => {
  const { calls } = await snapshots()
  for (const [series, size] of [1, 10].entries()) {
    const payers = Array.from({ length: size }, (_, i) => signerOf(BigInt(10_000 * (series + 1) + i)))
    for (const { address } of payers) {
      await call(alice.address, 'depositAndOpen', keyOf(address, carol, ZERO_ADDRESS), ETHER)
    }
    const batch = (cumulative: Wei) => {
      const records = payers.map(payer => recordOf(keyOf(payer.address, carol, ZERO_ADDRESS), cumulative, payer))
      return call(carol, 'redeemMany', token, carol, ZERO_ADDRESS, concat(records))
    }
    await batch(ETHER / 10n)
    expect(await batch(ETHER / 5n)).toBe(calls[`redeemMany of ${size}, steady`])
  }
})

function signerOf(secret: bigint) {
  return createPureSigner(fromHex(toBeHex(secret, 32)))
}

function keyOf(payer: Address, payee: Address, signer: Address): ChannelKey {
  const meta = encodeMeta({ signer, closeDelaySec: CLOSE_DELAY_SEC, salt: 1n })
  return { payer, payee, token, arbiter: ZERO_ADDRESS, meta }
}

function signatureOf(key: ChannelKey, cumulative: Wei, signer: typeof alice): Hex {
  const body = { channel: channelId(key), cumulative, commitment: COMMITMENT }
  return toHex(sign(signer, domain, voucherType, body).signature)
}

function redeemArgs(key: ChannelKey, cumulative: Wei, signer: typeof alice) {
  const signature = signatureOf(key, cumulative, signer)
  return [key, cumulative, COMMITMENT, [signature.slice(0, 66), `0x${signature.slice(66)}`]]
}

function recordOf(key: ChannelKey, cumulative: Wei, signer: typeof alice): string {
  return concat([key.payer, key.meta, toBeHex(cumulative, 16), COMMITMENT, signatureOf(key, cumulative, signer)])
}

const call = (from: Address, method: string, ...args: unknown[]) =>
  transact(from, escrow, escrowInterface.encodeFunctionData(method, args) as Hex)

const callToken = (from: Address, method: string, ...args: unknown[]) =>
  transact(from, token, tokenInterface.encodeFunctionData(method, args) as Hex)

/** @returns the gas that the receipt names */
async function transact(from: Address, to: Address | undefined, data: Hex): Promise<number> {
  const request = { from, data, gas: toBeHex(16_000_000), ...(to === undefined ? {} : { to }) }
  const hash = await anvil.request('eth_sendTransaction', [request])
  // Mined at once, but not always before the answer.
  return vi.waitFor(async () => {
    const receipt = (await anvil.request('eth_getTransactionReceipt', [hash])) as { status: Hex; gasUsed: Hex }
    expect(receipt?.status).toBe('0x1')
    return Number(receipt.gasUsed)
  }, RECEIPT_TIMEOUT_MS)
}

async function snapshots(): Promise<{ calls: Record<string, number> }> {
  const text = await readFile(new URL('../../../../contracts/snapshots/calls.json', import.meta.url), 'utf8')
  const calls = Object.entries(JSON.parse(text) as Record<string, string>).map(([name, gas]) => [name, Number(gas)])
  return { calls: Object.fromEntries(calls) }
}

function pick(calls: Record<string, number>, names: string[]): Record<string, number | undefined> {
  return Object.fromEntries(names.map(name => [name, calls[name]]))
}
