import { describe, expect, it } from 'vitest'
import { GOSSIP_MESSAGE_BYTES_MAX, gossipMessageId } from '../../src/net/gossip-settings.ts'
import type { GossipVerdict, Network } from '../../src/net/index.ts'
import { offersTopic } from '../../src/net/protocol-ids.ts'
import { rejection, startPeer, until } from './peers.ts'

const TOPIC = offersTopic('test')
const text = (data: Uint8Array) => new TextDecoder().decode(data)
const bytes = (data: string) => new TextEncoder().encode(data)

/** Joins and notes what comes in; messages that begin with `!` are rejected, with `?` ignored. */
function listen(network: Network): { heard: string[]; judged: string[] } {
  const heard: string[] = []
  const judged: string[] = []
  network.gossip.join(TOPIC, {
    validate(data): GossipVerdict {
      judged.push(text(data))
      if (text(data).startsWith('!')) return 'reject'
      if (text(data).startsWith('?')) return 'ignore'
      heard.push(text(data))
      return 'accept'
    }
  })
  return { heard, judged }
}

async function startLine(): Promise<Network[]> {
  const [a, b, c] = await Promise.all([startPeer(), startPeer(), startPeer()])
  await a!.connect(b!.addresses())
  await b!.connect(c!.addresses())
  return [a!, b!, c!]
}

/** Parts of gossipsub that are there but not in its interface. */
interface Insides {
  getMeshPeers(topic: string): string[]
  score: { score(peer: string): number }
}

const insides = (network: Network) => network.libp2p.services.pubsub as unknown as Insides

const meshed = (networks: Network[]) =>
  until(() => networks.every(network => insides(network).getMeshPeers(TOPIC).length > 0), 'the mesh')

describe('gossip', () => {
  it('reaches peers through peers, once, and stops at a verdict', async () => {
    const [a, b, c] = await startLine()
    const logs = [a!, b!, c!].map(listen)
    await meshed([a!, b!, c!])
    await a!.gossip.publish(TOPIC, bytes('hello'))
    await until(() => logs[2]!.heard.length > 0, 'the far peer to hear')
    await a!.gossip.publish(TOPIC, bytes('hello'))
    await a!.gossip.publish(TOPIC, bytes('?old news'))
    await a!.gossip.publish(TOPIC, bytes('!nonsense'))
    await a!.gossip.publish(TOPIC, bytes('last'))
    await until(() => logs[2]!.heard.includes('last'), 'the far peer to hear the last word')
    expect(logs[1]!.judged.toSorted()).toEqual(['!nonsense', '?old news', 'hello', 'last'])
    expect(logs[2]!.judged.toSorted()).toEqual(['hello', 'last'])
  })

  it('passes on what a peer that does not listen publishes', async () => {
    const [a, b, c] = await startLine()
    const logs = [b!, c!].map(listen)
    await meshed([b!, c!])
    await until(() => a!.gossip.subscribers(TOPIC).length > 0, 'a listener to be known')
    expect(await a!.gossip.publish(TOPIC, bytes('from outside'))).toBe(1)
    await until(() => logs[1]!.heard.includes('from outside'), 'the far peer to hear')
  })

  it('survives a validator that throws, and does not blame the neighbour', async () => {
    const [a, b] = await startLine()
    let calls = 0
    b!.gossip.join(TOPIC, {
      validate() {
        calls++
        throw new Error('a bug of ours')
      }
    })
    listen(a!)
    await meshed([a!, b!])
    await a!.gossip.publish(TOPIC, bytes('x'))
    await until(() => calls === 1, 'the validator')
    expect(insides(b!).score.score(a!.peerId.toString())).toBeGreaterThanOrEqual(0)
  })

  it('publishes up to its bound and not one byte more', async () => {
    const [a, b] = await startLine()
    const { judged } = listen(b!)
    listen(a!)
    await meshed([a!, b!])
    expect(await rejection(a!.gossip.publish(TOPIC, new Uint8Array(GOSSIP_MESSAGE_BYTES_MAX + 1)))).toMatchObject({
      code: 'E_GOSSIP_TOO_LARGE'
    })
    await a!.gossip.publish(TOPIC, new Uint8Array(GOSSIP_MESSAGE_BYTES_MAX))
    await until(() => judged.length === 1, 'the largest message')
  })

  it('rejects a larger message of a peer that does not keep to the bound, without asking the validator', async () => {
    const [a, b] = await startLine()
    const { judged } = listen(b!)
    listen(a!)
    await meshed([a!, b!])
    await a!.libp2p.services.pubsub.publish(TOPIC, new Uint8Array(GOSSIP_MESSAGE_BYTES_MAX + 1).fill(65))
    await a!.gossip.publish(TOPIC, bytes('after'))
    await until(() => judged.includes('after'), 'a later message')
    expect(judged).toEqual(['after'])
  })

  it('stops listening to a peer that keeps sending nonsense', async () => {
    const [a, b] = await startLine()
    const { judged } = listen(b!)
    await until(() => a!.gossip.subscribers(TOPIC).length > 0, 'a listener to be known')
    const nonsense = 60
    for (let i = 0; i < nonsense; i++) {
      await a!.gossip.publish(TOPIC, bytes(`!${i}`)).catch(() => {})
      await new Promise(resolve => setTimeout(resolve, 40))
    }
    expect(judged.length).toBeGreaterThan(0)
    expect(judged.length).toBeLessThan(nonsense)
  })

  it('leaves a topic and knows only its own topics', async () => {
    const network = await startPeer({ topics: ['/test/more'] })
    const leave = network.gossip.join('/test/more', { validate: () => 'accept' })
    expect(network.libp2p.services.pubsub.getTopics()).toEqual(['/test/more'])
    leave()
    expect(network.libp2p.services.pubsub.getTopics()).toEqual([])
    expect(() => network.gossip.join('/test/other', { validate: () => 'accept' })).toThrow(
      expect.objectContaining({ code: 'E_TOPIC_UNKNOWN' })
    )
    expect(await rejection(network.gossip.publish('/test/other', bytes('x')))).toMatchObject({
      code: 'E_TOPIC_UNKNOWN'
    })
  })

  it('tells messages apart by topic and content', () => {
    const ids = [
      { topic: 'a', data: bytes('bc') },
      { topic: 'ab', data: bytes('c') },
      { topic: 'a', data: bytes('bd') }
    ].map(message => Buffer.from(gossipMessageId(message)).toString('hex'))
    expect(new Set(ids).size).toBe(3)
  })
})

describe('a neighbour that floods', () => {
  it.each([
    ['what no honest peer sends', 'reject'],
    ['what is of no use', 'ignore']
  ] as const)('with %s is cut off and not let in again, and an honest relay stays', async (_what, verdict) => {
    const [mallory, victim, honest] = await Promise.all([startPeer(), startPeer(), startPeer()])
    const far = await startPeer()
    const heard: string[] = []
    victim.gossip.join(TOPIC, {
      validate(data, from): GossipVerdict {
        if (!text(data).startsWith('!')) {
          heard.push(text(data))
          return 'accept'
        }
        if (verdict === 'ignore') victim.gossip.blame(from)
        return verdict
      }
    })
    for (const peer of [honest, far]) listen(peer)
    await far.connect(honest.addresses())
    await honest.connect(victim.addresses())
    await mallory.connect(victim.addresses())
    await meshed([victim, honest, far])
    await until(() => mallory.gossip.subscribers(TOPIC).length > 0, 'a listener to be known')
    const startedMs = performance.now()
    let sent = 0
    while (mallory.libp2p.getConnections().length > 0 && performance.now() - startedMs < 10_000) {
      for (let i = 0; i < 50; i++) await mallory.gossip.publish(TOPIC, bytes(`!${sent++}`)).catch(() => {})
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    expect(performance.now() - startedMs).toBeLessThan(10_000)
    expect(victim.connectionTo(mallory.peerId)).toBeUndefined()
    // Neither side may open another.
    await mallory.connect(victim.addresses()).catch(() => {})
    await until(() => victim.connectionTo(mallory.peerId) === undefined, 'it to be refused')
    expect(await rejection(victim.connect(mallory.addresses()))).toMatchObject({ code: 'E_DIAL_FAILED' })
    await far.gossip.publish(TOPIC, bytes('honest news'))
    await until(() => heard.includes('honest news'), 'news through the honest relay')
    expect(insides(victim).score.score(honest.peerId.toString())).toBeGreaterThanOrEqual(0)
  })
})
