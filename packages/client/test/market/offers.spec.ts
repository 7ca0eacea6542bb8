import { describe, expect, it, onTestFinished } from 'vitest'
import { recoverNative } from '../../src/crypto/signer-node.ts'
import { createMarket } from '../../src/market/market.ts'
import { createOffers } from '../../src/market/offers.ts'
import { shardOf } from '../../src/market/shards.ts'
import { serveBook } from '../../src/market/sync/serve-book.ts'
import { type Network, offersTopic } from '../../src/net/index.ts'
import type { NetworkDescriptor } from '../../src/network-descriptor.ts'
import { createStore } from '../../src/store/index.ts'
import { createHost, domain, NOW, TOKEN } from '../job/host.ts'
import { startPeer, until } from '../net/peers.ts'
import { bytesOf } from './offers.ts'

const SHARDS = 4
const descriptor: NetworkDescriptor = {
  name: 'test',
  chainId: 31_337,
  rpcUrls: [],
  escrow: `0x${'e0'.repeat(20)}`,
  token: TOKEN,
  deployedAt: 0,
  bootstrap: [],
  allowPrivateAddresses: true,
  offerShards: SHARDS
}

/** A peer of a network with several topics, and a market over it. */
async function setUp(bootstrap: readonly string[] = []) {
  const network = await startPeer({ offerShards: SHARDS })
  const store = await createStore({ memory: true })
  const offers = createOffers({
    descriptor,
    network,
    signing: { domain, recover: recoverNative, nowSec: () => NOW },
    tables: { store, offers: store.table('offers'), backers: store.table('backers') },
    onContradiction: () => {}
  })
  const market = createMarket({ network, offers, bootstrap })
  onTestFinished(async () => {
    await market.stop()
    await store.close()
  })
  market.start()
  return { network, offers, market }
}

const topicsOf = ({ libp2p }: Network) => libp2p.services.pubsub.getTopics()
const regionOf = (n: number) => createHost(n).offer.offer.body.domains.region

describe('a network whose offers are spread over several topics', () => {
  it('has a buyer listen to what it looks for, and fetch that alone', async () => {
    const provider = await setUp()
    for (const n of [1, 2, 3]) provider.offers.book.add(bytesOf(createHost(n).offer.offer))
    await serveBook(provider.network, provider.offers.book)
    const buyer = await setUp(provider.network.addresses().map(String))
    expect(topicsOf(buyer.network)).toEqual([])
    const found = await buyer.market.offers({ regions: [regionOf(2)] })
    expect(found.map(({ offer }) => offer.body.domains.region)).toEqual([regionOf(2)])
    expect(buyer.offers.book.size).toBe(1)
    expect(topicsOf(buyer.network)).toEqual([offersTopic('test', shardOf(regionOf(2), SHARDS))])
    expect(await buyer.market.offers()).toHaveLength(3)
    expect(topicsOf(buyer.network)).toHaveLength(SHARDS)
  })

  it('carries each offer on the topic of its region', async () => {
    const [near, far] = await Promise.all([setUp(), setUp()])
    await near.network.connect(far.network.addresses())
    for (const { offers } of [near, far]) offers.listen([0, 1, 2, 3])
    await until(() => near.network.gossip.subscribers(offersTopic('test', 3)).length > 0, 'a listener')
    const { offer } = createHost(5).offer
    const shard = shardOf(offer.body.domains.region, SHARDS)
    await near.network.gossip.publish(offersTopic('test', (shard + 1) % SHARDS), bytesOf(offer))
    await near.network.gossip.publish(offersTopic('test', shard), bytesOf(createHost(5).offer.offer))
    await until(() => far.offers.book.size === 1, 'the offer to arrive')
    expect(far.offers.book.offers()[0]?.offer.body.provider).toBe(offer.body.provider)
  })
})
