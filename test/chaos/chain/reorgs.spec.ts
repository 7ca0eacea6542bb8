import { createChainWatcher, type EscrowEvent, type WatchBatch } from '@archipel/client'
import { channelId } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChaosChain, expectConserved, startChaosChain, TOKEN } from '../../fixtures/chaos-chain.ts'

const DEPTH_MAX = 12

describe('re-organisations over deposit, open, redeem and close', () => {
  let chain: ChaosChain
  beforeAll(async () => {
    chain = await startChaosChain()
    // Enough below, so that the deepest re-organisation does not reach what was there before.
    await chain.mine(DEPTH_MAX + 1)
  })
  afterAll(() => chain.anvil.stop())

  /** What happened, as somebody tells who follows the chain. */
  function follow(confirmed: number) {
    const held: { key: string; event: EscrowEvent }[] = []
    let retracted = 0
    const onBatch = (batch: WatchBatch) => {
      for (const { blockHash, event } of batch.retracted) {
        retracted++
        const last = held.pop()
        expect(last?.key).toBe(`${blockHash}/${event.logIndex}`)
      }
      for (const { blockHash, event } of batch.added) held.push({ key: `${blockHash}/${event.logIndex}`, event })
    }
    const watcher = createChainWatcher({ source: chain.alice.source, from: confirmed, onBatch, depth: DEPTH_MAX + 2 })
    return { look: watcher.look, events: () => held.map(({ event }) => event), retracted: () => retracted }
  }

  it.each(Array.from({ length: DEPTH_MAX }, (_, i) => i + 1))(
    'of depth %i: each takes effect once, within two blocks, and every coin is accounted for',
    async depth => {
      const { know, keyTo, voucher, aliceSigner, bobSigner } = chain
      const payee = bobSigner.address
      const [opened, redeemed, closed] = [0n, 1n, 2n].map(n => know(keyTo(payee, BigInt(depth) * 10n + n)))
      const settle = async <T>(...running: readonly Promise<T>[]) => {
        await chain.untilPooled(running.length)
        await chain.mine()
        return Promise.all(running)
      }
      const quick = { alice: chain.open(aliceSigner), bob: chain.open(bobSigner) }
      await settle(quick.alice.deposit(10n * TOKEN))
      await settle(quick.alice.openChannel(redeemed!, 2n * TOKEN), quick.alice.openChannel(closed!, TOKEN))
      await chain.mine(DEPTH_MAX + 1)
      const follower = follow((await chain.head()) + 1)
      const before = await chain.alice.escrowBalance(aliceSigner.address)
      const earned = await chain.alice.escrowBalance(payee)

      // Everything under way at once, and in a block that is replaced later.
      const patient = { confirmations: depth + 1, txTimeoutMs: 60_000 }
      const [alice, bob] = [chain.open(aliceSigner, patient), chain.open(bobSigner, patient)]
      const running = Promise.all([
        alice.deposit(3n * TOKEN),
        alice.openChannel(opened!, TOKEN),
        bob.redeem(voucher(redeemed!, TOKEN)),
        bob.close(closed!)
      ])
      await chain.untilPooled(4)
      await chain.mine()
      expect((await chain.alice.channelState(channelId(redeemed!))).settled).toBe(TOKEN)
      await chain.mine(depth - 1)
      await follower.look()
      expect(follower.events().length).toBeGreaterThanOrEqual(5)

      await chain.rpc('anvil_reorg', [depth, []])
      expect((await chain.alice.channelState(channelId(redeemed!))).settled).toBe(0n)
      await expectConserved(chain)
      const forkedAt = await chain.head()
      await chain.untilPooled(4)
      await chain.mine()
      await follower.look()
      expect(follower.retracted()).toBeGreaterThanOrEqual(5)
      await chain.mine(depth)
      const receipts = await running
      // The re-organisation's own blocks are empty; the next one has all four.
      expect(receipts.map(({ blockNumber }) => blockNumber - forkedAt)).toEqual([1, 1, 1, 1])

      expect(await chain.alice.escrowBalance(aliceSigner.address)).toBe(before + 3n * TOKEN - TOKEN + TOKEN)
      expect(await chain.alice.escrowBalance(payee)).toBe(earned + TOKEN)
      expect(await chain.alice.channelState(channelId(opened!))).toMatchObject({ deposit: TOKEN, settled: 0n })
      expect(await chain.alice.channelState(channelId(redeemed!))).toMatchObject({ settled: TOKEN })
      await expectConserved(chain)
      await follower.look()
      expect(follower.events()).toEqual(await chain.alice.escrowEvents({ fromBlock: forkedAt + 1 }))
    }
  )

  it('that undo what was believed already are told, and what they undid can be done again, once', async () => {
    const { know, keyTo, voucher, aliceSigner, bobSigner } = chain
    const key = know(keyTo(bobSigner.address, 1_000n))
    const [alice, bob] = [chain.open(aliceSigner), chain.open(bobSigner)]
    const done = async <T>(running: Promise<T>): Promise<T> => {
      await chain.untilPooled(1)
      await chain.mine()
      return running
    }
    await done(alice.openChannel(key, 2n * TOKEN))
    await chain.mine(DEPTH_MAX + 1)
    const follower = follow((await chain.head()) + 1)
    // One confirmation: believed at once.
    expect((await done(bob.redeem(voucher(key, TOKEN)))).paid).toBe(TOKEN)
    await chain.mine(2)
    await follower.look()
    expect(follower.events().map(({ name }) => name)).toEqual(['Redeemed'])
    await chain.rpc('anvil_reorg', [4, []])
    await chain.mine()
    await follower.look()
    expect(follower.retracted()).toBe(1)
    expect(follower.events()).toEqual([])
    expect((await bob.channelState(channelId(key))).settled).toBe(0n)
    expect((await done(bob.redeem(voucher(key, TOKEN)))).paid).toBe(TOKEN)
    await follower.look()
    expect(follower.events().map(({ name }) => name)).toEqual(['Redeemed'])
    await expectConserved(chain)
  })

  it('that leave the chain shorter, as winding it back does, are seen through as well', async () => {
    const { know, keyTo, aliceSigner, bobSigner } = chain
    const key = know(keyTo(bobSigner.address, 1_001n))
    await chain.mine(DEPTH_MAX + 1)
    const follower = follow((await chain.head()) + 1)
    const snapshot = await chain.rpc('evm_snapshot')
    const opening = chain.open(aliceSigner, { confirmations: 4 }).openChannel(key, TOKEN)
    await chain.untilPooled(1)
    await chain.mine(3)
    await follower.look()
    expect(follower.events()).toHaveLength(2)
    await chain.rpc('evm_revert', [snapshot])
    // Within the same second the same blocks would be made again, to the last bit: nothing would have been taken back.
    await chain.rpc('anvil_setCoinbase', [bobSigner.address])
    expect(await chain.alice.channelState(channelId(key))).toMatchObject({ deposit: 0n })
    await chain.untilPooled(1)
    await chain.mine()
    await follower.look()
    await chain.mine(3)
    await opening
    await follower.look()
    expect(follower.retracted()).toBe(2)
    expect(follower.events()).toHaveLength(2)
    expect(await chain.alice.channelState(channelId(key))).toMatchObject({ deposit: TOKEN })
    await expectConserved(chain)
  })
})
