import {
  type Address,
  type ChannelKey,
  channelId,
  createSigningDomain,
  encodeMeta,
  type Hash,
  type Signer,
  sign,
  voucherType,
  type Wei,
  ZERO_ADDRESS
} from '@archipel/protocol'
import { expect, vi } from 'vitest'
import { escrowInterface } from '../../src/chain/contract/interfaces.ts'
import { channelArg } from '../../src/chain/contract/structs.ts'
import { type Chain, createChain, deployContracts, mintTestTokens, type Redeemable } from '../../src/chain/index.ts'
import { type Anvil, devSigner, startAnvil } from './anvil.ts'

export const TOKEN = 10n ** 18n
export const CLOSE_DELAY_SEC = 3600
export const COMMITMENT: Hash = `0x${'c0'.repeat(32)}`

/** A fresh chain with the contracts on it: alice buys and has 1000 tokens, bob provides. */
export interface Market {
  readonly anvil: Anvil
  readonly alice: Chain
  readonly bob: Chain
  readonly aliceSigner: Signer
  readonly bobSigner: Signer
  /** The same chain as seen with another key, or none. */
  as(signer?: Signer): Chain
  keyTo(payee: Address, salt?: bigint, payer?: Address): ChannelKey
  voucher(key: ChannelKey, cumulative: Wei, signer?: Signer): Redeemable
  /** Has an account of anvil's that is the channel's arbiter hold it. */
  hold(key: ChannelKey, arbiter: Address, untilSec: number): Promise<void>
  /** Time of the newest block. */
  nowSec(): Promise<number>
}

export async function startMarket(): Promise<Market> {
  const anvil = await startAnvil()
  const [deployer, aliceSigner, bobSigner] = [devSigner(0), devSigner(1), devSigner(2)]
  const place = { rpcUrls: [anvil.url], chainId: anvil.chainId }
  const { escrow, token } = await deployContracts({ ...place, signer: deployer })
  await mintTestTokens({ ...place, signer: deployer, token, to: aliceSigner.address, amount: 1000n * TOKEN })
  const as = (signer?: Signer) => createChain({ ...place, escrow, token, signer })
  const domain = createSigningDomain(anvil.chainId, escrow)
  const nowSec = async () => {
    const block = (await anvil.request('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }
    return Number(block.timestamp)
  }
  return {
    anvil,
    nowSec,
    async hold(key, arbiter, untilSec) {
      const data = escrowInterface.encodeFunctionData('hold', [channelArg(key), untilSec])
      await anvil.request('eth_sendTransaction', [{ from: arbiter, to: escrow, data }])
      const isHeld = async () => expect(await as().heldUntil(channelId(key))).toBe(untilSec)
      await vi.waitFor(isHeld, { timeout: 5_000 })
    },
    aliceSigner,
    bobSigner,
    alice: as(aliceSigner),
    bob: as(bobSigner),
    as,
    keyTo(payee, salt = 0n, payer = aliceSigner.address) {
      const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: CLOSE_DELAY_SEC, salt })
      return { payer, payee, token, arbiter: ZERO_ADDRESS, meta }
    },
    voucher(key, cumulative, signer = aliceSigner) {
      const body = { channel: channelId(key), cumulative, commitment: COMMITMENT }
      return { key, cumulative, commitment: COMMITMENT, signature: sign(signer, domain, voucherType, body).signature }
    }
  }
}
