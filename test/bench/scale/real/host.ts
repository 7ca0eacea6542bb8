/** Peers for the calibration: `node host.ts '<json of RealOrders>'`; does what each line says, and answers with one. */
import { createHash } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { createNetwork, type Network, offersTopic } from '@archipel/client'
import { nodeTransports } from '@archipel/client/node'
import type { RealOrder, RealOrders, RealState } from './orders.ts'

const NETWORK = 'scale'
const TIME_BYTES = 8

const orders = JSON.parse(String(process.argv[2])) as RealOrders
const sockets = new Set<Socket>()
let closedBytes = 0
for (const name of ['net.client.socket', 'net.server.socket']) {
  channel(name).subscribe(message => {
    const { socket } = message as { socket: Socket }
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      closedBytes += bytesOf(socket)
    })
  })
}
const bytesOf = ({ bytesRead, bytesWritten }: Socket) => bytesRead + bytesWritten

const heardMs: number[] = []
const topic = offersTopic(NETWORK, 0)
const networks = await Promise.all(orders.names.map(start))

async function start(name: string): Promise<Network> {
  const network = await createNetwork({
    network: NETWORK,
    privateKey: new Uint8Array(createHash('sha256').update(`scale ${name}`).digest()),
    transports: nodeTransports(),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    bootstrap: orders.bootstrap,
    dht: 'server',
    allowPrivateAddresses: true
  })
  await network.start()
  network.gossip.join(topic, {
    validate(data) {
      heardMs.push(Date.now() - new DataView(data.buffer, data.byteOffset).getFloat64(0))
      return 'accept'
    }
  })
  return network
}

async function publish({ each, overMs, bytes }: Extract<RealOrder, { type: 'publish' }>): Promise<void> {
  await Promise.all(
    networks.map(async ({ gossip }) => {
      const pauseMs = overMs / each
      await sleep(Math.random() * pauseMs)
      for (let i = 0; i < each; i++) {
        const data = crypto.getRandomValues(new Uint8Array(bytes))
        new DataView(data.buffer).setFloat64(0, Date.now())
        await gossip.publish(topic, data)
        await sleep(pauseMs)
      }
    })
  )
}

function state(): RealState {
  const { user, system } = process.cpuUsage()
  let bytes = closedBytes
  for (const socket of sockets) bytes += bytesOf(socket)
  return {
    addresses: networks.flatMap(network => network.addresses().map(String)),
    peers: networks.map(({ libp2p }) => ({
      connections: libp2p.getConnections().length,
      mesh: (libp2p.services.pubsub as unknown as { mesh: Map<string, Set<string>> }).mesh.get(topic)?.size ?? 0
    })),
    bytes,
    cpuMs: (user + system) / 1000,
    rssBytes: process.memoryUsage.rss(),
    heardMs
  }
}

const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)
say(state())
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as RealOrder
  if (order.type === 'publish') {
    if (order.bytes < TIME_BYTES) throw new Error('a message has to hold the time at which it was sent')
    heardMs.length = 0
    await publish(order)
  }
  say(state())
}
process.exit()
