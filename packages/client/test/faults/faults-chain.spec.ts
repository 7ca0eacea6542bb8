import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { equivocator, toHex } from '@archipel/protocol'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { FAILPOINT_VARIABLE, FAILPOINTS } from '../../src/failpoint.ts'
import { balanceOf, stateOf } from '../../src/faults/fault.ts'
import { FAULT_WATCH_SEC } from '../../src/faults/limits.ts'
import { createStore, encodeValue } from '../../src/store/index.ts'
import { devSigner } from '../chain/anvil.ts'
import { TOKEN } from '../chain/bonds/bonds-fixture.ts'
import { type FaultsWorld, startFaultsWorld } from './fixture.ts'

const BUYER_KEY = new Uint8Array(32).fill(0x0b)
const TIMEOUT_MS = 60_000
/** Some fourteen processes, one after another. */
const KILLS_TIMEOUT_MS = 240_000

let world: FaultsWorld
beforeEach(async () => {
  world = await startFaultsWorld()
  return () => world.anvil.stop()
}, TIMEOUT_MS)

/** A coin is worth one token: what a local chain asks for gas is next to nothing. */
const CHEAP = { coinPrice: TOKEN }

/** Somebody with coins to pay for gas, and the evidence of having been harmed. */
const alice = devSigner(2)
const evidenceOf = (lost = 4n * TOKEN, number = 0) => {
  const harm = world.harm(lost, number, alice.address)
  return { proof: world.receipts(harm), harm }
}

describe('a contradiction', { timeout: TIMEOUT_MS }, () => {
  it('is reported by itself as soon as it is found, and the harmed is compensated first', async () => {
    const { olga, watcher, register } = world
    await register()
    await olga.bond(100n * TOKEN)
    const buyer = await watcher({ signer: alice })
    buyer.start()
    await buyer.keep(evidenceOf())
    await expect
      .poll(() => buyer.told.at(-1) && stateOf(buyer.told.at(-1)!, alice.address), { timeout: 20_000 })
      .toBe('compensated')
    const fault = await buyer.sole()
    const { compensation, reward, feeWei } = balanceOf(fault, alice.address)
    expect({ compensation, reward }).toEqual({ compensation: 4n * TOKEN, reward: TOKEN })
    expect(feeWei).toBeGreaterThan(0n)
    expect(await olga.claimable(alice.address)).toBe(5n * TOKEN)
    expect(buyer.told.map(one => stateOf(one, alice.address))).toEqual(['found', 'compensated'])
    expect(buyer.errors).toEqual([])
  })

  it('is kept by its first proof, and reported once, however often it is found and looked at', async () => {
    const { olga, watcher, register, anvil } = world
    await register()
    await olga.bond(100n * TOKEN)
    const buyer = await watcher({ signer: alice })
    const evidence = evidenceOf()
    await Promise.all([buyer.keep(evidence), buyer.keep(evidence)])
    await Promise.all([buyer.run(), buyer.run()])
    await buyer.keep({ proof: { ...evidence.proof, first: evidence.proof.second, second: evidence.proof.first } })
    expect(await buyer.run()).toEqual([])
    expect((await buyer.sole()).proof).toEqual(evidence.proof)
    expect((await buyer.sole()).slashes).toHaveLength(1)
    expect(Number(await anvil.request('eth_getTransactionCount', [alice.address, 'latest']))).toBe(1)
    // After a while nobody asks the chain any more.
    buyer.clock.nowSec += FAULT_WATCH_SEC + 1
    await anvil.stop()
    expect(await buyer.run()).toEqual([])
    expect(buyer.errors).toEqual([])
  })

  it('is not believed unless it is proven', async () => {
    const { watcher, offers } = world
    const buyer = await watcher({ signer: alice })
    const { proof, harm } = evidenceOf()
    await buyer.keep({ proof: { ...proof, second: proof.first }, harm })
    await buyer.keep({ proof, harm: world.harm(TOKEN, 9, alice.address) })
    await buyer.keep({ proof: { ...proof, key: alice.address }, harm: undefined })
    const [one, other] = [offers(1), offers(2)]
    await buyer.keep({ proof: { ...one, second: { ...one.second, signature: other.second.signature } } })
    expect(buyer.errors).toMatchObject([
      { code: 'E_NOT_EQUIVOCAL' },
      { code: 'E_HARM_NOT_PROVEN' },
      { code: 'E_BAD_SIGNATURE' }
    ])
    // The third names our own key.
    expect(buyer.ownKey.map(equivocator)).toEqual([alice.address])
    expect(await buyer.all()).toEqual([])
  })

  it('waits until somebody answers for the key, and there is something to take', async () => {
    const { olga, watcher, register, arbiter } = world
    const buyer = await watcher({ signer: alice, rules: CHEAP })
    await buyer.keep(evidenceOf())
    const passed = async () => {
      await buyer.run()
      return (await buyer.sole()).passed
    }
    expect(await passed()).toBe('unbacked')
    await register()
    expect(await passed()).toBe('empty')
    // Less than what was lost, and most of it out of reach.
    await olga.bond(5n * TOKEN)
    await olga.expose(arbiter, 4n * TOKEN)
    expect(await passed()).toBe('empty')
    expect(stateOf(await buyer.sole(), alice.address)).toBe('reported')
    expect(balanceOf(await buyer.sole(), alice.address).compensation).toBe((8n * TOKEN) / 10n)
    // What is owed is taken once there is more.
    await olga.bond(95n * TOKEN)
    expect(await passed()).toBeUndefined()
    expect(stateOf(await buyer.sole(), alice.address)).toBe('compensated')
    expect(balanceOf(await buyer.sole(), alice.address).compensation).toBe(4n * TOKEN)
    expect((await buyer.sole()).slashes).toHaveLength(2)
  })

  it('that somebody else reported is no loss: the harmed is paid all the same, and nobody else sends anything', async () => {
    const { olga, rita, watcher, register, offers } = world
    await register()
    await olga.bond(100n * TOKEN)
    const evidence = evidenceOf()
    await rita.slashEquivocation(evidence.proof)
    await rita.slashEquivocation(offers(7))
    const buyer = await watcher({ signer: devSigner(0) })
    await buyer.keep({ proof: offers(7) })
    await buyer.run()
    expect(stateOf(await buyer.sole(), devSigner(0).address)).toBe('punished')
    expect(balanceOf(await buyer.sole(), devSigner(0).address)).toEqual({ compensation: 0n, reward: 0n, feeWei: 0n })

    const harmed = await watcher({ signer: alice })
    await harmed.keep(evidence)
    await harmed.run()
    expect(stateOf(await harmed.sole(), alice.address)).toBe('compensated')
    expect(await olga.claimable(alice.address)).toBeGreaterThanOrEqual(4n * TOKEN)
  })

  it('is not reported at a loss, unless it is wanted', async () => {
    const { olga, watcher, register, offers } = world
    await register()
    await olga.bond(TOKEN / 1000n)
    const [thrifty, silent, zealous] = await Promise.all([
      watcher({ signer: alice }),
      watcher({ signer: alice, rules: { report: 'never' } }),
      watcher({ signer: alice, rules: { report: 'always' } })
    ])
    const passes = []
    for (const one of [thrifty, silent, zealous]) {
      await one.keep({ proof: offers(3) })
      await one.run()
      passes.push((await one.sole()).passed)
    }
    expect(passes).toEqual(['dear', 'off', undefined])
    expect(stateOf(await zealous.sole(), alice.address)).toBe('reported')
    await thrifty.run()
    expect(stateOf(await thrifty.sole(), alice.address)).toBe('reported')
  })

  it('is not reported while gas costs more than it brings', async () => {
    const { olga, watcher, register, offers, anvil } = world
    await register()
    await olga.bond(100n * TOKEN)
    const buyer = await watcher({ signer: alice, rules: CHEAP })
    await buyer.keep({ proof: offers(3) })
    await anvil.request('anvil_setNextBlockBaseFeePerGas', ['0x5af3107a4000'])
    await anvil.request('evm_mine')
    await buyer.run()
    expect((await buyer.sole()).passed).toBe('dear')
    await anvil.request('anvil_setNextBlockBaseFeePerGas', ['0x3b9aca00'])
    await anvil.request('evm_mine')
    await buyer.run()
    expect(stateOf(await buyer.sole(), alice.address)).toBe('reported')
  })

  it('is reported again when a re-organisation takes the report back', async () => {
    const { olga, watcher, register, anvil } = world
    await register()
    await olga.bond(100n * TOKEN)
    const buyer = await watcher({ signer: alice })
    await buyer.keep(evidenceOf())
    const snapshot = await anvil.request('evm_snapshot')
    await buyer.run()
    expect(stateOf(await buyer.sole(), alice.address)).toBe('compensated')
    await anvil.request('evm_revert', [snapshot])
    await buyer.run()
    expect(stateOf(await buyer.sole(), alice.address)).toBe('compensated')
    expect((await buyer.sole()).slashes).toHaveLength(1)
    expect(await olga.claimable(alice.address)).toBeGreaterThanOrEqual(4n * TOKEN)
  })

  it('that somebody else reports after a re-organisation is no longer told of as ours', async () => {
    const { olga, rita, watcher, register, anvil } = world
    await register()
    await olga.bond(100n * TOKEN)
    const buyer = await watcher({ signer: devSigner(0), rules: CHEAP })
    const evidence = evidenceOf()
    const snapshot = await anvil.request('evm_snapshot')
    await buyer.keep({ proof: evidence.proof })
    await buyer.run()
    expect(stateOf(await buyer.sole(), devSigner(0).address)).toBe('reported')
    await anvil.request('evm_revert', [snapshot])
    await rita.slashEquivocation(evidence.proof)
    await buyer.run()
    expect(stateOf(await buyer.sole(), devSigner(0).address)).toBe('punished')
    expect(balanceOf(await buyer.sole(), devSigner(0).address).reward).toBe(0n)
  })

  it('is kept where a network has no bonds', async () => {
    const buyer = await world.watcher({ signer: alice, withBonds: false })
    await buyer.keep(evidenceOf())
    expect(await buyer.run()).toEqual([])
    expect(stateOf(await buyer.sole(), alice.address)).toBe('found')
  })

  it('costs no fee where others have left nothing of the bond', async () => {
    const { olga, watcher, register, anvil } = world
    await register()
    await olga.bond(TOKEN)
    const buyer = await watcher({ signer: alice, rules: CHEAP })
    await buyer.keep(evidenceOf(4n * TOKEN, 0))
    await buyer.keep(evidenceOf(4n * TOKEN, 1))
    await buyer.run()
    const all = await buyer.all()
    expect(all.map(fault => stateOf(fault, alice.address)).sort()).toEqual(['not-worth', 'reported'])
    expect(all.map(({ passed, wastedWei }) => ({ passed, wastedWei }))).toEqual([
      { passed: 'empty', wastedWei: 0n },
      { passed: 'empty', wastedWei: 0n }
    ])
    expect(Number(await anvil.request('eth_getTransactionCount', [alice.address, 'latest']))).toBe(1)
    expect(buyer.errors).toEqual([])
  })

  it('that everybody hears of is reported after a random while, so that not all of them send a report', async () => {
    const { olga, watcher, register, offers } = world
    await register()
    await olga.bond(100n * TOKEN)
    const [early, late] = await Promise.all([
      watcher({ signer: devSigner(0), jitterMs: 1, rules: CHEAP }),
      watcher({ signer: alice, jitterMs: 60 * 60_000, intervalMs: 50, rules: CHEAP })
    ])
    late.start()
    await late.keep({ proof: offers(3) })
    // What was done to ourselves does not wait.
    await late.keep(evidenceOf())
    await expect.poll(() => late.told.length, { timeout: 20_000 }).toBe(3)
    early.start()
    await early.keep({ proof: offers(3) })
    await expect
      .poll(async () => stateOf(await early.sole(), devSigner(0).address), { timeout: 20_000 })
      .toBe('reported')
    await late.run()
    expect((await late.all()).map(fault => stateOf(fault, alice.address)).sort()).toEqual(['compensated', 'punished'])
  })

  it('is looked at again soon when the chain did not answer, and other faults are not held up', async () => {
    const { olga, watcher, register, offers } = world
    await register()
    await olga.bond(100n * TOKEN)
    // It has nothing to pay for gas with.
    const { createNativeSigner } = await import('../../src/crypto/signer-node.ts')
    const poor = createNativeSigner(BUYER_KEY)
    const buyer = await watcher({ signer: poor, intervalMs: 200, jitterMs: 1, rules: CHEAP })
    await buyer.keep({ proof: offers(3) })
    await buyer.run()
    expect(buyer.errors).toMatchObject([{ code: 'E_NO_GAS' }])
    buyer.start()
    await world.anvil.request('anvil_setBalance', [poor.address, '0x56bc75e2d63100000'])
    await expect.poll(async () => stateOf(await buyer.sole(), poor.address), { timeout: 20_000 }).toBe('reported')
  })
})

describe('evidence', { timeout: TIMEOUT_MS }, () => {
  it('survives a restart, and what proves nothing any more is left alone', async () => {
    const { watcher, offers } = world
    const store = await createStore({ memory: true })
    const before = await watcher({ signer: alice, store })
    await before.keep(evidenceOf())
    await before.keep({ proof: offers(3) })
    const all = await before.all()
    expect(await (await watcher({ signer: alice, store })).all()).toEqual(all)

    const table = store.table<unknown>('faults')
    const spoilt = { ...all[1]!, proof: { ...all[1]!.proof, second: all[1]!.proof.first } }
    await store.commit([table.put(all[1]!.id, spoilt)])
    const after = await watcher({ signer: alice, store })
    expect(await after.all()).toEqual([all[0]])
    expect(after.errors).toMatchObject([{ code: 'E_NOT_EQUIVOCAL' }])
  })

  it('loses nothing and reports nothing twice when the process is killed at each stored change', {
    timeout: KILLS_TIMEOUT_MS
  }, async () => {
    const { olga, register, descriptor, anvil } = world
    await register()
    await olga.bond(1000n * TOKEN)
    const { createNativeSigner } = await import('../../src/crypto/signer-node.ts')
    const buyer = createNativeSigner(BUYER_KEY)
    await anvil.request('anvil_setBalance', [buyer.address, '0x56bc75e2d63100000'])
    const folder = mkdtempSync(join(tmpdir(), 'archipel-faults-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))

    const failpoints = [...FAILPOINTS.filter(name => name.startsWith('fault.')), 'transaction.sent']
    for (const [index, failpoint] of failpoints.entries()) {
      const harm = world.harm(TOKEN, index, buyer.address)
      const evidence = { proof: world.receipts(harm), harm }
      const location = join(folder, failpoint)
      const orders = { descriptor, privateKey: toHex(BUYER_KEY), location, evidence }
      expect(await endOf(orders, failpoint)).toEqual({ failpoint, code: null, signal: 'SIGKILL' })
      const before = BigInt(String(await anvil.request('eth_getTransactionCount', [buyer.address, 'latest'])))
      expect(await endOf(orders, '')).toEqual({ failpoint: '', code: 0, signal: null })
      const store = await createStore({ location })
      const found = await Array.fromAsync(store.table<Parameters<typeof stateOf>[0]>('faults').iterate())
      await store.close()
      expect(found.map(([, fault]) => [fault.slashes.length, stateOf(fault, buyer.address)])).toEqual([
        [1, 'compensated']
      ])
      // Whoever was killed after the report left nothing to send.
      const after = BigInt(String(await anvil.request('eth_getTransactionCount', [buyer.address, 'latest'])))
      const wasSent = ['fault.report.mined', 'fault.outcome.before', 'fault.outcome.stored', 'transaction.sent']
      expect({ failpoint, sent: after - before }).toEqual({ failpoint, sent: wasSent.includes(failpoint) ? 0n : 1n })
      expect(balanceOf(found[0]![1], buyer.address).feeWei).toBeGreaterThan(0n)
    }
    expect(await olga.claimable(buyer.address)).toBeGreaterThan(BigInt(failpoints.length) * TOKEN)
  })
})

function endOf(orders: object, failpoint: string): Promise<object> {
  const file = fileURLToPath(new URL('fault-process.ts', import.meta.url))
  const child = spawn(process.execPath, [file, toHex(encodeValue(orders))], {
    env: { ...process.env, [FAILPOINT_VARIABLE]: failpoint, NODE_COMPILE_CACHE: join(tmpdir(), 'archipel-compiled') },
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: TIMEOUT_MS
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve({ failpoint, code, signal }))
  })
}
