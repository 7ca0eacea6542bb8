import { createNetwork, type Network } from '@archipel/client'
import { LOOPBACK_LISTEN, nodeTransports } from '@archipel/client/node'
import type { VerifiedOffer } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { putBond } from '../fixtures/bonded.ts'
import { createTestNetwork, type TestNetwork } from '../fixtures/create-network.ts'
import { startInnerProvider } from '../fixtures/inner-provider.ts'
import { jobOf } from '../fixtures/jobs.ts'
import { keyOf } from '../fixtures/keys.ts'
import { startPuppet } from '../fixtures/puppet-provider.ts'
import { startRpcProxy } from '../fixtures/rpc-proxy.ts'
import { waitFor } from '../fixtures/wait-for.ts'

let network: TestNetwork
let signpost: Network
let signpostAddresses: string[]
beforeAll(async () => {
  network = await createTestNetwork()
  // A peer that answers look-ups and has no offers: all that the others have in common.
  signpost = await createNetwork({
    network: network.descriptor.name,
    privateKey: keyOf('signpost').privateKey,
    transports: nodeTransports(),
    listen: LOOPBACK_LISTEN,
    dht: 'server',
    allowPrivateAddresses: true
  })
  network.onStop(() => signpost.stop())
  await signpost.start()
  signpostAddresses = signpost.addresses().map(String)
  for (const name of ['alice', 'bob', 'carol']) {
    await network.addProvider({ name, believes: { bootstrap: signpostAddresses } })
  }
})
afterAll(() => network?.stop())

const believes = () => ({ bootstrap: signpostAddresses })

describe('a newcomer that knows one address', () => {
  it('finds who has offers in the DHT, and runs a job there', async () => {
    const buyer = await network.addBuyer({ believes: believes() })
    // Records are spread within seconds of a provider's start.
    await waitFor(async () => (await buyer.client.offers().catch(() => [])).length === 3, {
      timeoutMs: 20_000,
      what: 'the offers of all three'
    })
    const { replicas } = await buyer.client.runJob(jobOf({ replicas: 3, quorum: 3 }))
    expect(replicas.map(({ region }) => region).sort()).toEqual(['alice', 'bob', 'carol'])
  })

  it('keeps the connections it made, however many pings meet on them', async () => {
    const peer = await createNetwork({
      network: network.descriptor.name,
      privateKey: keyOf('somebody new').privateKey,
      transports: nodeTransports(),
      allowPrivateAddresses: true,
      connectionsMin: 0
    })
    network.onStop(() => peer.stop())
    await peer.start()
    const connection = await peer.connect(String(signpostAddresses[0]))
    // As when the DHT pings somebody whose answer is slow, just when the connection's own ping is due.
    for (let i = 0; i < 3; i++) await connection.newStream('/ipfs/ping/1.0.0')
    await waitFor(() => connection.rtt !== undefined || connection.status !== 'open', {
      timeoutMs: 10_000,
      what: 'the first ping'
    })
    expect(connection.status).toBe('open')
  })
})

describe('an offer', () => {
  it('reaches everybody by gossip, is replaced by newer ones only, and is gone when it expires', async () => {
    const buyer = await network.addBuyer({ believes: believes() })
    await waitFor(async () => (await buyer.client.offers().catch(() => [])).length === 3, {
      timeoutMs: 20_000,
      what: 'the offers of all three'
    })
    const puppet = await startPuppet(network, { name: 'short-lived' })
    const seen = async () =>
      (await buyer.client.offers()).find(({ offer }) => offer.body.provider === puppet.address)?.offer.body
    const nowSec = () => Math.floor(Date.now() / 1000)
    const isSeen = async () => (await seen()) !== undefined
    await puppet.publishUntil(isSeen, () => ({ version: 'first', expiresAt: nowSec() + 60 }))
    const sequence = (await seen())!.sequence
    await puppet.publish({ version: 'stale', sequence: sequence - 1, expiresAt: nowSec() + 3600 })
    const expiresAt = nowSec() + 3
    await puppet.publish({ version: 'last', sequence: sequence + 1000, expiresAt })
    await waitFor(async () => (await seen())?.version === 'last', { timeoutMs: 10_000, what: 'the newest offer' })
    await waitFor(async () => (await seen()) === undefined, { timeoutMs: 10_000, what: 'the offer to expire' })
    expect(nowSec()).toBeGreaterThanOrEqual(expiresAt)
    await puppet.stop()
    // Nor does anybody who joins now hear of it from others' books.
    const late = await network.addBuyer({ deposit: 0n, believes: believes() })
    expect((await late.client.offers()).map(({ offer }) => offer.body.domains.region).sort()).toEqual([
      'alice',
      'bob',
      'carol'
    ])
  })
})

describe('where offers need a bond', () => {
  /** Believes what a network says that is not a devnet, with its chain behind something that can be broken. */
  async function bonded() {
    const scene = await createTestNetwork()
    const proxy = await startRpcProxy(String(scene.descriptor.rpcUrls[0]))
    onTestFinished(async () => {
      await scene.stop()
      await proxy.stop()
    })
    const rules = { unbondedOffers: false, rpcUrls: [proxy.url] }
    const add = async (name: string) => {
      await putBond(scene, keyOf(`owner of ${name}`).signer, keyOf(`provider ${name}`).signer, 10n)
      return scene.addProvider({ name, believes: rules })
    }
    return { scene, proxy, rules, providers: [await add('dora'), await add('emil')] }
  }

  const regionsOf = (offers: readonly VerifiedOffer[]) => offers.map(({ offer }) => offer.body.domains.region).sort()

  it('those of strangers neither enter nor spread, until somebody answers for them; without the chain, what was seen counts', async () => {
    const { scene, proxy, rules, providers } = await bonded()
    const buyer = await scene.addBuyer({ name: 'frida', believes: rules })
    const offers = async () => regionsOf(await buyer.client.offers())
    await waitFor(async () => (await offers()).length === 2, { timeoutMs: 20_000, what: 'the bonded offers' })

    const puppet = await startPuppet(scene, { name: 'stranger' })
    scene.onStop(() => puppet.stop())
    let sequence = Math.floor(Date.now() / 1000) + 1_000
    for (let heard = 0; heard < 5; ) {
      if ((await puppet.publish({ sequence: ++sequence })) > 0) heard++
      await new Promise(resolve => setTimeout(resolve, 300))
    }
    expect(await offers()).toEqual(['dora', 'emil'])
    for (const { node } of providers) expect((await node.status()).offersKnown).toBe(2)
    expect(providers.flatMap(({ complaints }) => complaints.filter(text => text.includes('no bond')))).toEqual([])

    // Somebody answers for it now: that is noticed within the time for which it was a stranger.
    await putBond(scene, puppet.owner.signer, keyOf('puppet stranger').signer, 10n)
    /** Offers now and then, as a provider does, until the buyer knows it. */
    const publishUntil = (isKnown: () => Promise<boolean>, version: string) =>
      waitFor(
        async () => {
          await puppet.publish({ sequence: ++sequence, version, expiresAt: Math.floor(Date.now() / 1000) + 600 })
          await new Promise(resolve => setTimeout(resolve, 1_000))
          return isKnown()
        },
        { timeoutMs: 60_000, what: `the offer of version ${version}` }
      )
    await publishUntil(async () => (await offers()).length === 3, 'backed')

    // A client that comes back while the chain is out of reach has what it kept, at once, and takes news of those it knows.
    proxy.mode = 'down'
    const startedMs = performance.now()
    await buyer.restart()
    expect(await offers()).toEqual(['dora', 'emil', puppet.region].sort())
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    const isNewest = async () => (await buyer.client.offers()).some(({ offer: { body } }) => body.version === 'newest')
    await publishUntil(isNewest, 'newest')
  })

  it('a node without one says so', async () => {
    const scene = await createTestNetwork()
    onTestFinished(() => scene.stop())
    const { complaints, stop } = await startInnerProvider({
      name: 'gregor',
      descriptor: scene.descriptor,
      dir: scene.dir,
      giveGas: account => scene.rpc('anvil_setBalance', [account, '0x56bc75e2d63100000']),
      believes: { unbondedOffers: false }
    })
    scene.onStop(stop)
    const isTold = () => complaints.some(text => text.includes('no bond stands behind its key'))
    await waitFor(isTold, { timeoutMs: 20_000, what: 'the warning' })
  })
})
