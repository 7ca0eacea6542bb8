import type { Connection, Stream } from '@libp2p/interface'
import { onTestFinished } from 'vitest'
import { createNetwork, type Network, type NetworkInit } from '../../src/net/index.ts'
import { LOOPBACK_LISTEN, nodeTransports } from '../../src/net/node-defaults.ts'

/** The transports every protocol is tried over. */
export const TRANSPORTS = ['tcp', 'ws'] as const

/** A peer on loopback that is stopped when the test is over. */
export async function startPeer(init: Partial<NetworkInit> = {}): Promise<Network> {
  const network = await createNetwork({
    network: 'test',
    privateKey: crypto.getRandomValues(new Uint8Array(32)),
    transports: nodeTransports(),
    listen: LOOPBACK_LISTEN,
    dht: 'server',
    allowPrivateAddresses: true,
    connectionsMin: 0,
    ...init
  })
  onTestFinished(() => network.stop())
  await network.start()
  return network
}

/** Two peers and the connection that `client` dialled. */
export async function startPair(
  transport: (typeof TRANSPORTS)[number] = 'tcp',
  init: Partial<NetworkInit> = {}
): Promise<{ client: Network; server: Network; connection: Connection }> {
  const [client, server] = await Promise.all([startPeer(init), startPeer(init)])
  const address = server.addresses().find(each => each.toString().includes('/ws') === (transport === 'ws'))!
  return { client, server, connection: await client.connect(address) }
}

/** Both ends of one stream over a real connection. */
export async function openStreamPair(
  transport: (typeof TRANSPORTS)[number] = 'tcp'
): Promise<{ near: Stream; far: Stream; client: Network; server: Network }> {
  const { client, server, connection } = await startPair(transport)
  const accepted = Promise.withResolvers<Stream>()
  const over = Promise.withResolvers<void>()
  onTestFinished(() => over.resolve())
  await server.handle(
    '/test/raw/1.0.0',
    stream => {
      accepted.resolve(stream)
      return over.promise
    },
    { streamsPerPeerMax: 8, streamsMax: 8 }
  )
  const near = await client.openStream(connection, '/test/raw/1.0.0')
  return { near, far: await accepted.promise, client, server }
}

/** Waits for a condition instead of for time; fails with `what` after `timeoutMs`. */
export async function until(condition: () => unknown, what: string, timeoutMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

/** The error a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<{ code?: string; name: string; facts?: unknown }> {
  try {
    await promise
  } catch (err) {
    return err as { code?: string; name: string }
  }
  throw new Error('nothing was thrown')
}
