/** Runs peers as its one argument says, and does what each line of its input says. */
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import {
  createMessageStream,
  createNetwork,
  type Network,
  offersTopic
} from '../../../packages/client/src/net/index.ts'
import { lanDiscovery, nodeTransports } from '../../../packages/client/src/net/node-defaults.ts'
import { openPeerDatastore } from '../../../packages/client/src/net/peer-datastore-node.ts'
import type { HostOrder, HostOrders, PeerPlan, PeerState } from './orders.ts'

const { network, peers: plans } = JSON.parse(process.argv[2]!) as HostOrders

interface HostedPeer {
  network: Network
  heard: { text: string; atMs: number }[]
  closed: { peerId: string; atMs: number; reason: string }[]
}

const ECHO = '/test/echo/1.0.0'
const hosted = await Promise.all(plans.map(start))
say(hosted.map(stateOf))

async function start(plan: PeerPlan): Promise<HostedPeer> {
  const { name, listen, bootstrap, dht = 'server', dataDir, lan, announce = [] } = plan
  const { connectionsMin, isDiverse, relay, allowPrivateAddresses = true } = plan
  const store = dataDir === undefined ? undefined : await openPeerDatastore(dataDir)
  const peer = await createNetwork({
    network,
    privateKey: new Uint8Array(createHash('sha256').update(`archipel test peer ${name}`).digest()),
    transports: nodeTransports(),
    listen,
    bootstrap,
    dht,
    announce,
    allowPrivateAddresses,
    ...(relay === undefined ? {} : { relay }),
    ...(lan === true ? { lan: lanDiscovery(network) } : {}),
    ...(connectionsMin === undefined ? {} : { connectionsMin }),
    ...(isDiverse === undefined ? {} : { isDiverse }),
    ...(store === undefined ? {} : { datastore: store.datastore })
  })
  const one: HostedPeer = { network: peer, heard: [], closed: [] }
  peer.libp2p.addEventListener('connection:open', ({ detail }) =>
    detail.addEventListener('close', event => {
      const { error } = event as { error?: Error & { code?: string } }
      const reason = error?.code ?? error?.name ?? 'closed'
      one.closed.push({ peerId: detail.remotePeer.toString(), atMs: Date.now(), reason })
    })
  )
  await peer.handle(
    ECHO,
    async stream => {
      const messages = createMessageStream(stream)
      await messages.send(await messages.next())
      await messages.close()
    },
    { streamsPerPeerMax: 4, streamsMax: 16 }
  )
  await peer.start()
  peer.gossip.join(offersTopic(network), {
    validate(data) {
      one.heard.push({ text: new TextDecoder().decode(data), atMs: Date.now() })
      return 'accept'
    }
  })
  return one
}

function stateOf({ network: peer, heard, closed }: HostedPeer): PeerState {
  return {
    peerId: peer.peerId.toString(),
    addresses: peer.addresses().map(String),
    connected: [...new Set(peer.libp2p.getConnections().map(({ remotePeer }) => remotePeer.toString()))],
    mesh: meshOf(peer.libp2p.services.pubsub),
    heard,
    closed
  }
}

/** gossipsub shows its mesh to nobody but its own tests. */
function meshOf(pubsub: object): number {
  return (pubsub as { mesh?: Map<string, Set<string>> }).mesh?.get(offersTopic(network))?.size ?? 0
}

async function carryOut(order: HostOrder): Promise<unknown> {
  if (order.order === 'block') {
    const untilMs = performance.now() + order.ms
    while (performance.now() < untilMs);
    return {}
  }
  if (order.order === 'publish') {
    const { gossip } = hosted[order.peer]!.network
    return { sent: await gossip.publish(offersTopic(network), new TextEncoder().encode(order.text)) }
  }
  if (order.order === 'stop') {
    await hosted[order.peer]!.network.stop()
    return {}
  }
  if (order.order === 'echo') {
    const { network: peer } = hosted[order.peer]!
    try {
      const messages = createMessageStream(await peer.openStream(order.to, ECHO))
      await messages.send(order.text)
      return { text: await messages.next() }
    } catch (err) {
      return { error: (err as { code?: string }).code ?? String(err) }
    }
  }
  if (order.order === 'detail') {
    const { network: peer } = hosted[order.peer]!
    return { connections: await peer.peers(), reachability: peer.reachability() }
  }
  return hosted.map(stateOf)
}

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

for await (const line of createInterface({ input: process.stdin })) say(await carryOut(JSON.parse(line)))
process.exit()
