import { channelId, type Hex } from '@archipel/protocol'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type ChaosChain,
  createFastClock,
  expectConserved,
  startChaosChain,
  TOKEN
} from '../../fixtures/chaos-chain.ts'
import { rejectionOf, waitFor } from '../../fixtures/wait-for.ts'

const GWEI = 10n ** 9n
/** Ten seconds, after which fees rise, pass in half a second; a minute in three. */
const CLOCK_FACTOR = 20

/** Between two blocks: longer than a receipt is looked for. */
const BLOCK_MS = 1_200

let chain: ChaosChain
const stops: (() => Promise<void>)[] = []
beforeEach(async () => {
  chain = await startChaosChain()
  stops.push(chain.anvil.stop)
})
afterAll(async () => {
  for (const stop of stops) await stop()
})

const alicesAddress = () => chain.aliceSigner.address
const bobsAddress = () => chain.bobSigner.address
const openAlice = (init = {}) => {
  const { nowMs } = createFastClock(CLOCK_FACTOR)
  return chain.open(chain.aliceSigner, { nowMs, txTimeoutMs: 60_000, ...init })
}

async function setBaseFee(wei: bigint): Promise<void> {
  await chain.rpc('anvil_setNextBlockBaseFeePerGas', [`0x${wei.toString(16)}`])
  await chain.mine()
}

/** Mines until it is done. @returns how many blocks it took */
async function mineUntil(done: Promise<unknown>, blocksMax: number): Promise<number> {
  let isDone = false
  const end = () => {
    isDone = true
  }
  const settled = done.then(end, end)
  const from = await chain.head()
  await waitFor(
    async () => {
      if (!isDone) await chain.mine()
      await Promise.race([settled, new Promise(resolve => setTimeout(resolve, BLOCK_MS))])
      return isDone || (await chain.head()) - from > blocksMax
    },
    { timeoutMs: 90_000, what: 'the transaction' }
  )
  const blocks = (await chain.head()) - from
  expect(blocks).toBeLessThanOrEqual(blocksMax)
  return blocks
}

/** A transaction of alice's key that this process does not know of: one of her earlier process, say. */
async function sendAsStranger(nonce: number, maxFeePerGas: bigint): Promise<Hex> {
  const hex = (value: number | bigint) => `0x${value.toString(16)}`
  const fees = { maxFeePerGas: hex(maxFeePerGas), maxPriorityFeePerGas: '0x1' }
  const body = { from: alicesAddress(), to: bobsAddress(), nonce: hex(nonce), gas: hex(100_000), value: '0x0' }
  return (await chain.rpc('eth_sendTransaction', [{ ...body, ...fees }])) as Hex
}

/** The only one that waits, if it does: anvil forgets those that it finds too cheap for a block. */
const onlyPooled = async () => [...(await chain.pool(alicesAddress())).values()].at(0)

describe('a transaction that the chain drops', () => {
  it('is sent again as often as it takes, and takes effect once', async () => {
    const key = chain.know(chain.keyTo(bobsAddress()))
    const nonce = await chain.nonceOf(alicesAddress())
    const depositing = openAlice().deposit(2n * TOKEN)
    for (let i = 0; i < 3; i++) {
      await chain.untilPooled(1)
      await chain.rpc('anvil_dropTransaction', [(await onlyPooled())?.hash])
    }
    await chain.untilPooled(1)
    await mineUntil(depositing, 2)
    const opening = openAlice().openChannel(key, TOKEN)
    await chain.untilPooled(1)
    await mineUntil(opening, 2)
    expect(await chain.nonceOf(alicesAddress())).toBe(nonce + 2)
    expect(await chain.alice.channelState(channelId(key))).toMatchObject({ deposit: TOKEN })
    await expectConserved(chain)
  })

  it('holds up none after it, even when whoever sent it has given up', async () => {
    const depositing = openAlice({ txTimeoutMs: 1_000 }).deposit(TOKEN)
    await chain.untilPooled(1)
    await rejectionOf(depositing)
    await chain.rpc('anvil_dropTransaction', [(await onlyPooled())?.hash])
    const after = openAlice().deposit(2n * TOKEN)
    await chain.untilPooled(2)
    await mineUntil(after, 2)
    expect(await chain.alice.escrowBalance(alicesAddress())).toBe(3n * TOKEN)
    await expectConserved(chain)
  })
})

describe('a base fee a hundred times higher', () => {
  it('is paid where the ceiling allows it, by one of several forms of which one is mined', async () => {
    const nonce = await chain.nonceOf(alicesAddress())
    const depositing = openAlice({ fees: { maxFeePerGas: 10_000n * GWEI } }).deposit(TOKEN)
    await chain.untilPooled(1)
    const first = await onlyPooled()
    await setBaseFee(100n * GWEI)
    const isHigher = async () => ((await onlyPooled())?.maxFeePerGas ?? 0n) > 100n * GWEI
    await waitFor(isHigher, { timeoutMs: 10_000, what: 'a higher offer' })
    await mineUntil(depositing, 2)
    const { hash } = await depositing
    expect(hash).not.toBe(first?.hash)
    expect(await chain.nonceOf(alicesAddress())).toBe(nonce + 1)
    expect(await chain.alice.escrowBalance(alicesAddress())).toBe(TOKEN)
    await expectConserved(chain)
  })

  it('is not paid above the ceiling, and the transaction is mined once the fee falls below it', async () => {
    const ceiling = 20n * GWEI
    const depositing = openAlice({ fees: { maxFeePerGas: ceiling } }).deposit(TOKEN)
    await chain.untilPooled(1)
    await setBaseFee(100n * GWEI)
    await chain.mine(5)
    // Two looks at everything.
    await new Promise(resolve => setTimeout(resolve, 5_000))
    expect((await onlyPooled())?.maxFeePerGas ?? 0n).toBeLessThanOrEqual(ceiling)
    await setBaseFee(10n * GWEI)
    expect(await mineUntil(depositing, 10)).toBeLessThanOrEqual(10)
    const { feeWei, gasUsed } = await depositing
    expect(feeWei / gasUsed).toBeLessThanOrEqual(ceiling)
    await expectConserved(chain)
  })

  it('makes a new transaction fail at once, or wait without being sent, as its sender likes', async () => {
    await setBaseFee(100n * GWEI)
    const cheap = { maxFeePerGas: 50n * GWEI }
    const nonce = await chain.nonceOf(alicesAddress())
    const failing = openAlice().deposit(TOKEN, { fees: { ...cheap, whenAbove: 'fail' } })
    const err = await rejectionOf(failing)
    expect(err).toMatchObject({ code: 'E_FEE_CEILING', facts: { maxFeePerGas: 50n * GWEI, operation: 'deposit' } })
    const waiting = openAlice().deposit(TOKEN, { fees: cheap })
    await new Promise(resolve => setTimeout(resolve, 1_000))
    expect((await chain.pool(alicesAddress())).size).toBe(0)
    await setBaseFee(5n * GWEI)
    await chain.untilPooled(1)
    await mineUntil(waiting, 2)
    expect(await chain.nonceOf(alicesAddress())).toBe(nonce + 1)
    await expectConserved(chain)
  })

  it('is in what an operation is said to cost', async () => {
    const before = await chain.alice.estimateCost({ name: 'deposit', amount: TOKEN })
    await setBaseFee(100n * GWEI)
    const { gas, costWei, costMaxWei } = await chain.alice.estimateCost({ name: 'deposit', amount: TOKEN })
    expect(costWei).toBeGreaterThan(20n * before.costWei)
    expect(costMaxWei).toBeGreaterThan(costWei)
    const depositing = openAlice().deposit(TOKEN)
    await chain.untilPooled(1)
    await chain.mine()
    const receipt = await depositing
    expect(receipt.gasUsed).toBeLessThanOrEqual(gas)
    expect(receipt.feeWei).toBeLessThanOrEqual(costWei)
    expect(receipt.feeWei).toBeGreaterThan((costWei * 7n) / 10n)
  })
})

describe('transactions of an earlier process', () => {
  it('that wait are waited for', async () => {
    const nonce = await chain.nonceOf(alicesAddress())
    const stranger = await sendAsStranger(nonce, 50n * GWEI)
    const depositing = openAlice().deposit(TOKEN)
    await chain.untilPooled(2)
    expect((await chain.pool(alicesAddress())).get(nonce)?.hash).toBe(stranger)
    await mineUntil(depositing, 2)
    expect(await chain.rpc('eth_getTransactionReceipt', [stranger])).toMatchObject({ status: '0x1' })
    await expectConserved(chain)
  })

  it('that never get mined are replaced after a while', async () => {
    const nonce = await chain.nonceOf(alicesAddress())
    await setBaseFee(1n * GWEI)
    const stranger = await sendAsStranger(nonce, 2n * GWEI)
    const depositing = openAlice({ txTimeoutMs: 80_000 }).deposit(TOKEN)
    await chain.untilPooled(2)
    for (let i = 0; i < 12; i++) await setBaseFee(20n * GWEI)
    let isDone = false
    const end = () => {
      isDone = true
    }
    void depositing.then(end, end)
    await waitFor(
      async () => {
        await setBaseFee(20n * GWEI)
        return isDone
      },
      { timeoutMs: 70_000, what: 'the nonce to be used up' }
    )
    await depositing
    expect(await chain.rpc('eth_getTransactionReceipt', [stranger])).toBeNull()
    expect(await chain.nonceOf(alicesAddress())).toBe(nonce + 2)
    expect(await chain.alice.escrowBalance(alicesAddress())).toBe(TOKEN)
    await expectConserved(chain)
  })

  it('that the chain dropped leave no gap', async () => {
    const nonce = await chain.nonceOf(alicesAddress())
    const stranger = await sendAsStranger(nonce, 50n * GWEI)
    const depositing = openAlice().deposit(TOKEN)
    await chain.untilPooled(2)
    await chain.rpc('anvil_dropTransaction', [stranger])
    await waitFor(async () => (await chain.pool(alicesAddress())).has(nonce), { timeoutMs: 20_000, what: 'a filler' })
    await mineUntil(depositing, 2)
    expect(await chain.nonceOf(alicesAddress())).toBe(nonce + 2)
    expect(await chain.alice.escrowBalance(alicesAddress())).toBe(TOKEN)
    await expectConserved(chain)
  })

  it('that take our nonce make ours go out again with another, once', async () => {
    const nonce = await chain.nonceOf(alicesAddress())
    const depositing = openAlice().deposit(TOKEN)
    await chain.untilPooled(1)
    await chain.rpc('anvil_dropTransaction', [(await onlyPooled())?.hash])
    const stranger = await sendAsStranger(nonce, 50n * GWEI)
    await chain.mine()
    expect(await chain.rpc('eth_getTransactionReceipt', [stranger])).toMatchObject({ status: '0x1' })
    await chain.untilPooled(1)
    await mineUntil(depositing, 2)
    expect(await chain.nonceOf(alicesAddress())).toBe(nonce + 2)
    expect(await chain.alice.escrowBalance(alicesAddress())).toBe(TOKEN)
    await expectConserved(chain)
  })
})

describe('a chain that stands still for 33 minutes', () => {
  const HALT_MS = 33 * 60_000

  it('costs nobody anything: nothing is offered meanwhile, and all is done two blocks later', async () => {
    const clock = createFastClock(1)
    const key = chain.know(chain.keyTo(bobsAddress()))
    const init = { nowMs: clock.nowMs, txTimeoutMs: 120_000, headAgeSecMax: 300 }
    const [alice, bob] = [chain.open(chain.aliceSigner, init), chain.open(chain.bobSigner, init)]
    const first = alice.deposit(5n * TOKEN)
    await chain.untilPooled(1)
    await chain.mine()
    await first
    const opening = alice.openChannel(key, 2n * TOKEN)
    await chain.untilPooled(1)
    const offered = await onlyPooled()
    clock.skip(HALT_MS)
    expect(await rejectionOf(bob.channelState(channelId(key)))).toMatchObject({ code: 'E_CHAIN_STALE' })
    expect(await rejectionOf(bob.redeem(chain.voucher(key, TOKEN)))).toMatchObject({ code: 'E_CHAIN_STALE' })
    await new Promise(resolve => setTimeout(resolve, 5_000))
    expect(await onlyPooled()).toEqual(offered)

    await chain.rpc('evm_increaseTime', [HALT_MS / 1000])
    await mineUntil(opening, 2)
    const redeeming = bob.redeem(chain.voucher(key, TOKEN))
    await chain.untilPooled(1)
    await mineUntil(redeeming, 2)
    expect((await redeeming).paid).toBe(TOKEN)
    expect((await opening).hash).toBe(offered?.hash)
    await expectConserved(chain)
  })

  it('takes no close delay away from who must redeem: a request made before it can be answered after it', async () => {
    const key = chain.know(chain.keyTo(bobsAddress(), 1n))
    const [alice, bob] = [openAlice(), chain.open(chain.bobSigner)]
    const done = async <T>(running: Promise<T>): Promise<T> => {
      await chain.untilPooled(1)
      await chain.mine()
      return running
    }
    await done(alice.deposit(5n * TOKEN))
    await done(alice.openChannel(key, 2n * TOKEN))
    await done(alice.requestClose(key))
    await chain.rpc('evm_increaseTime', [HALT_MS / 1000])
    await chain.mine()
    expect(await rejectionOf(alice.close(key))).toMatchObject({ code: 'E_CLOSE_TOO_EARLY' })
    expect((await done(bob.redeem(chain.voucher(key, TOKEN)))).paid).toBe(TOKEN)
    await expectConserved(chain)
  })
})
