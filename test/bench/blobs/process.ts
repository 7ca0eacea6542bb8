import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { PeerOrder, PeerOrders } from './orders.ts'

/** A peer in a process of its own. */
export interface PeerProcess {
  /** Where it listens: TCP on loopback. */
  address(): Promise<string>
  /** One order at a time. */
  ask<T = object>(order: PeerOrder): Promise<T>
  stop(): Promise<void>
}

export function startPeer(dir: string): PeerProcess {
  const file = fileURLToPath(new URL('./peer.ts', import.meta.url))
  const orders: PeerOrders = { dir }
  const child = spawn(process.execPath, [file, JSON.stringify(orders)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function answer<T>(): Promise<T> {
    const { value, done } = await lines.next()
    if (done) throw new Error('a peer of the measurement died')
    const said = JSON.parse(value as string)
    if (said.error !== undefined) throw new Error(`${said.error} ${JSON.stringify(said.facts)}`)
    return said as T
  }

  const addresses = answer<{ addresses: string[] }>()
  addresses.catch(() => {})
  return {
    address: async () => (await addresses).addresses.find(each => !each.includes('/ws'))!,
    async ask(order) {
      await addresses
      child.stdin.write(`${JSON.stringify(order)}\n`)
      return answer()
    },
    async stop() {
      child.kill()
      await ended
    }
  }
}
