import {
  type Address,
  encode,
  type OfferEquivocation,
  type SignedOffer,
  signedOfferType,
  struct
} from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import type { Backing, BondedKeys } from '../../../src/market/admission/bonded-keys.ts'
import { createProofs } from '../../../src/market/admission/proofs.ts'
import { contradictionsTopic, type Network } from '../../../src/net/index.ts'
import { domain } from '../../job/host.ts'
import { startPeer, until } from '../../net/peers.ts'
import { offerOf, recoverCheap } from '../offers.ts'

const OWNER: Address = `0x${'0e'.repeat(20)}`
const TOPIC = contradictionsTopic('test')

function proofOf(n: number, sequence = 1, versions = ['a', 'b']): OfferEquivocation {
  const [first, second] = versions.map(version => offerOf(n, { sequence, version })) as [SignedOffer, SignedOffer]
  return { kind: 'offers', first, second }
}

/** A peer to whom every provider is bonded, unless told otherwise, and what it was told. */
async function join(network: Network, backing: Backing = { type: 'owner', owner: OWNER }) {
  const heard: OfferEquivocation[] = []
  const keys = { peek: () => undefined, ask: async () => backing } as unknown as BondedKeys
  const proofs = createProofs({
    network,
    bonded: keys,
    domain,
    recover: recoverCheap,
    onProof: proof => heard.push(proof)
  })
  proofs.start()
  return { network, proofs, heard }
}

async function line(backings: (Backing | undefined)[] = []) {
  const networks = await Promise.all([startPeer(), startPeer(), startPeer()])
  const peers = await Promise.all(networks.map((network, i) => join(network, backings[i])))
  await networks[0].connect(networks[1].addresses())
  await networks[1].connect(networks[2].addresses())
  const mesh = ({ libp2p }: Network) =>
    (libp2p.services.pubsub as unknown as { getMeshPeers(topic: string): string[] }).getMeshPeers(TOPIC).length
  await until(() => networks.every(network => mesh(network) > 0), 'the mesh')
  return peers as [(typeof peers)[0], (typeof peers)[0], (typeof peers)[0]]
}

describe('a proof that a provider contradicted itself', () => {
  it('reaches those who heard one version only, once for each key', async () => {
    const [near, middle, far] = await line()
    await near.proofs.publish(proofOf(1))
    await until(() => far.heard.length === 1, 'the far peer to hear')
    expect(far.heard[0]).toEqual(proofOf(1))
    // Others of the same key say nothing new, and go nowhere.
    await near.proofs.publish(proofOf(1, 2))
    await far.proofs.publish(proofOf(1, 3))
    await middle.proofs.publish(proofOf(2))
    await until(
      () =>
        [near, far].every(({ heard }) =>
          heard.some(({ first }) => first.body.provider === proofOf(2).first.body.provider)
        ),
      'the other proof'
    )
    expect(near.heard).toHaveLength(1)
    expect(far.heard).toHaveLength(2)
    // Not told of what it found itself.
    expect(middle.heard).toEqual([proofOf(1)])
  })

  it('is not passed on where no bond stands behind the key, or nobody knows', async () => {
    for (const backing of [{ type: 'none' }, { type: 'unknown' }] as const) {
      const [near, middle, far] = await line([undefined, backing])
      await near.proofs.publish(proofOf(1))
      await middle.proofs.publish(proofOf(3))
      const apart = await join(await startPeer())
      await apart.network.connect(far.network.addresses())
      await until(() => apart.network.gossip.subscribers(TOPIC).length > 0, 'a neighbour')
      await until(async () => {
        await apart.proofs.publish(proofOf(2))
        return far.heard.length > 0
      }, 'what comes another way')
      expect(far.heard).toEqual([proofOf(2)])
      expect(middle.heard).toEqual([])
    }
  })

  it('that proves nothing costs its sender the connection', async () => {
    const victim = await join(await startPeer())
    const mallory = await startPeer()
    await mallory.connect(victim.network.addresses())
    await until(() => mallory.gossip.subscribers(TOPIC).length > 0, 'a listener')
    const type = struct('OfferContradiction', { first: signedOfferType, second: signedOfferType })
    for (let n = 0; mallory.libp2p.getConnections().length > 0 && n < 50; n++) {
      const same = proofOf(n, 1, ['a', 'a'])
      await mallory.gossip.publish(TOPIC, encode(type, same)).catch(() => {})
      await new Promise(resolve => setTimeout(resolve, 30))
    }
    expect(mallory.libp2p.getConnections()).toEqual([])
    expect(victim.heard).toEqual([])
  })
})
