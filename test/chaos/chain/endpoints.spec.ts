import { type Chain, type ChainInit, createChainWatcher, type EscrowEvent } from '@archipel/client'
import { channelId, type Signer, toHex, uintToBytes } from '@archipel/protocol'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type ChaosChain,
  createFastClock,
  expectConserved,
  startChaosChain,
  TOKEN
} from '../../fixtures/chaos-chain.ts'
import { type RpcFault, type RpcProxy, type RpcQuestion, startRpcProxy } from '../../fixtures/rpc-proxy.ts'
import { rejectionOf, waitFor } from '../../fixtures/wait-for.ts'

let chain: ChaosChain
let proxies: RpcProxy[]
let salts = 0n
beforeAll(async () => {
  chain = await startChaosChain()
  const depositing = chain.alice.deposit(100n * TOKEN)
  await chain.untilPooled(1)
  await chain.mine()
  await depositing
})
afterAll(() => chain.anvil.stop())
beforeEach(async () => {
  proxies = await Promise.all([0, 1, 2].map(() => startRpcProxy(chain.anvil.url)))
})
afterEach(async () => {
  for (const proxy of proxies) await proxy.stop()
})

/** The chain through the first `count` proxies. */
function through(count: number, signer?: Signer, init: Partial<ChainInit> = {}): Chain {
  const rpcUrls = proxies.slice(0, count).map(({ url }) => url)
  return chain.open(signer, { rpcUrls, rpcTimeoutMs: 1_000, txTimeoutMs: 60_000, ...init })
}

async function mined<T>(running: Promise<T>): Promise<T> {
  await chain.untilPooled(1)
  await chain.mine()
  return running
}

const newKey = () => chain.know(chain.keyTo(chain.bobSigner.address, ++salts))
const word = (value: bigint) => toHex(uintToBytes(value, 32))

/** Makes everybody rich, in words. */
const lie = (_: RpcQuestion, truth: unknown): unknown =>
  typeof truth === 'string' && truth.length === 66 ? word(10n ** 30n) : truth

/** Hides what there is, as a vendor did for six hours. */
const zeroes = ({ method }: RpcQuestion, truth: unknown): unknown =>
  method === 'eth_call' && typeof truth === 'string' ? `0x${'0'.repeat(truth.length - 2)}` : truth

/** Says that every transaction it hears of was mined. */
const mint = ({ method, params }: RpcQuestion, truth: unknown): unknown =>
  method !== 'eth_getTransactionReceipt' || truth !== null
    ? truth
    : {
        transactionHash: params[0],
        blockHash: word(1n),
        blockNumber: '0x1',
        gasUsed: '0x5208',
        effectiveGasPrice: '0x1',
        status: '0x1',
        logs: []
      }

describe('one bad endpoint of three', () => {
  const frozen = async (): Promise<RpcFault> => ({ frozenAt: (await chain.head()) - 1 })
  const longFrozen = async (): Promise<RpcFault> => {
    const frozenAt = await chain.head()
    await chain.rpc('evm_increaseTime', [3_600])
    await chain.mine(2)
    return { frozenAt }
  }
  const faults: [string, () => Promise<RpcFault> | RpcFault][] = [
    ['is down', () => 'down'],
    ['never answers', () => 'silent'],
    ['answers with nonsense', () => 'garbage'],
    ['is on another chain', () => 'other-chain'],
    ['takes thirty seconds', () => ({ slowMs: 30_000 })],
    ['is a block behind', frozen],
    ['stands still since an hour', longFrozen],
    ['lies about what there is', () => ({ lie })],
    ['says that there is nothing', () => ({ lie: zeroes })],
    ['says that everything is mined', () => ({ lie: mint })],
    ['swallows transactions', () => 'swallowing']
  ]
  const cases = faults.flatMap(([name, fault]) => [0, 1, 2].map(at => [name, at, fault] as const))

  it.each(cases)('that %s (at place %i) changes nothing', async (_, at, fault) => {
    const key = newKey()
    const before = await chain.alice.escrowBalance(chain.aliceSigner.address)
    proxies[at]!.mode = await fault()
    const [alice, bob] = [through(3, chain.aliceSigner), through(3, chain.bobSigner)]
    const startedAt = performance.now()
    expect(await alice.escrowBalance(chain.aliceSigner.address)).toBe(before)
    expect(await alice.checkChain()).toMatchObject({ chainId: chain.anvil.chainId })
    expect(performance.now() - startedAt).toBeLessThan(5_000)

    await mined(alice.openChannel(key, 2n * TOKEN))
    expect(await bob.channelState(channelId(key))).toEqual({ deposit: 2n * TOKEN, settled: 0n, closeAt: 0 })
    expect((await mined(bob.redeem(chain.voucher(key, TOKEN)))).paid).toBe(TOKEN)
    expect((await bob.channelEvents(channelId(key), { fromBlock: 0 })).map(({ name }) => name)).toEqual([
      'ChannelOpened',
      'ChannelFunded',
      'Redeemed'
    ])
    proxies[at]!.mode = 'up'
    await expectConserved(chain)
  })
})

describe('one bad endpoint of two', () => {
  it.each([
    ['lies', { lie }],
    ['hides money', { lie: zeroes }]
  ])('that %s is found out, and neither is believed', async (_, fault) => {
    proxies[0]!.mode = fault
    const alice = through(2, chain.aliceSigner)
    const { address } = chain.aliceSigner
    const balance = await chain.alice.escrowBalance(address)
    const err = await rejectionOf(alice.escrowBalance(address))
    expect(err).toMatchObject({
      code: 'E_RPC_DISAGREE',
      facts: {
        method: 'eth_call',
        answers: expect.arrayContaining([{ endpoint: proxies[1]!.url, answer: JSON.stringify(word(balance)) }])
      }
    })
    proxies[0]!.mode = 'up'
    expect(await alice.escrowBalance(address)).toBe(balance)
  })

  it('that says everything is mined makes nobody believe it, and the transaction is mined all the same', async () => {
    const key = newKey()
    const opening = through(2, chain.aliceSigner).openChannel(key, TOKEN)
    proxies[0]!.mode = { lie: mint }
    await chain.untilPooled(1)
    let isDone = false
    void opening.then(() => {
      isDone = true
    })
    await new Promise(resolve => setTimeout(resolve, 1_500))
    expect(isDone).toBe(false)
    await chain.mine()
    expect((await opening).deposit).toBe(TOKEN)
  })
})

describe('all endpoints gone for six hours', () => {
  const HOURS_6_MS = 6 * 3_600_000

  it('stop nothing that can wait: all is done two blocks after they are back', async () => {
    const clock = createFastClock(1)
    const init = { nowMs: clock.nowMs, txTimeoutMs: 120_000, headAgeSecMax: 12 * 3_600 }
    const [alice, bob] = [through(3, chain.aliceSigner, init), through(3, chain.bobSigner, init)]
    const [first, second] = [newKey(), newKey()]
    await mined(alice.openChannel(first, 2n * TOKEN))
    const events: EscrowEvent[] = []
    const problems: unknown[] = []
    const watcher = createChainWatcher({
      source: bob.source,
      from: (await chain.head()) + 1,
      intervalMs: 50,
      onBatch: ({ added }) => void events.push(...added.map(({ event }) => event)),
      onProblem: problem => problems.push(problem)
    })
    watcher.start()
    const opening = alice.openChannel(second, TOKEN)
    await chain.untilPooled(1)
    // Dropped, and nobody can be told.
    const [waiting] = (await chain.pool(chain.aliceSigner.address)).values()
    for (const proxy of proxies) proxy.mode = 'down'
    await chain.rpc('anvil_dropTransaction', [waiting!.hash])
    const startedAt = performance.now()
    expect(await rejectionOf(bob.channelState(channelId(first)))).toMatchObject({ code: 'E_RPC_DOWN' })
    expect(await rejectionOf(bob.redeem(chain.voucher(first, TOKEN)))).toMatchObject({ code: 'E_RPC_DOWN' })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
    await chain.rpc('evm_increaseTime', [HOURS_6_MS / 1000])
    await chain.mine(3)
    clock.skip(HOURS_6_MS)
    await waitFor(() => problems.length > 0, { timeoutMs: 10_000, what: 'the watcher to notice' })

    for (const proxy of proxies) proxy.mode = 'up'
    const backAt = await chain.head()
    await chain.untilPooled(1)
    const redeeming = bob.redeem(chain.voucher(first, TOKEN))
    await chain.untilPooled(2)
    await chain.mine()
    const receipts = await Promise.all([opening, redeeming])
    expect(receipts.map(({ blockNumber }) => blockNumber - backAt)).toEqual([1, 1])
    await waitFor(() => events.length >= 3, { timeoutMs: 10_000, what: 'the watcher to catch up' })
    await watcher.stop()
    expect(events.map(({ name }) => name).sort()).toEqual(['ChannelFunded', 'ChannelOpened', 'Redeemed'])
    await expectConserved(chain)
  })
})
