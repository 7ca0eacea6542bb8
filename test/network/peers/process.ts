import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { HostOrder, HostOrders, PeerState } from './orders.ts'

/** A process of its own with peers in it. */
export interface PeerHost {
  /** As they were when all had started. */
  readonly peers: readonly PeerState[]
  look(): Promise<readonly PeerState[]>
  /** One order at a time. */
  ask(order: HostOrder): Promise<unknown>
  signal(signal: NodeJS.Signals): void
  /** Without a good-bye. */
  kill(): Promise<void>
}

/** Starts a process with peers, in a network namespace if one is named; it is killed when the test is over. */
export async function startHost(orders: HostOrders, namespace?: string): Promise<PeerHost> {
  const file = fileURLToPath(new URL('./host.ts', import.meta.url))
  const command = [process.execPath, '--no-warnings', file, JSON.stringify(orders)]
  const [program, ...args] = namespace === undefined ? command : ['ip', 'netns', 'exec', namespace, ...command]
  const child = spawn(program!, args, {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function answer(): Promise<unknown> {
    const { value, done } = await lines.next()
    if (done) throw new Error('a process with peers died')
    return JSON.parse(value as string)
  }

  async function kill(): Promise<void> {
    // A stopped process is killed, too.
    child.kill('SIGKILL')
    await ended
  }

  onTestFinished(kill)
  const peers = (await answer()) as readonly PeerState[]
  const ask = (order: HostOrder): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(order)}\n`)
    return answer()
  }
  return {
    peers,
    ask,
    look: async () => (await ask({ order: 'peers' })) as readonly PeerState[],
    signal: signal => void child.kill(signal),
    kill
  }
}

/** Of one peer in a process, TCP on loopback. */
export const tcpAddress = ({ addresses }: PeerState): string => addresses.find(each => !each.includes('/ws'))!

export const LOOPBACK_TCP = ['/ip4/127.0.0.1/tcp/0'] as const
