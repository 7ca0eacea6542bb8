import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RealOrder, RealOrders, RealState } from './orders.ts'

/** What a real mesh was measured at, a peer's share of it. */
export interface RealMesh {
  readonly peers: number
  /** From the start of the last peer until everybody had neighbours enough. */
  readonly meshedMs: number
  readonly connections: number
  readonly mesh: number
  readonly idleBytesPerSec: number
  readonly idleCpuMsPerSec: number
  readonly rssMib: number
  /** On the wire for each message, sent and received, above what goes on anyway. */
  readonly bytesPerMessage: number
  /** Peers that heard a message, as a share of those that should. */
  readonly heard: number
  readonly heardMs: { readonly p50: number; readonly p95: number; readonly p99: number }
}

const PROCESSES = 4
const LEAST_MESH = 4
const MESH_TIMEOUT_MS = 180_000
const IDLE_MS = 15_000
const PUBLISH_MS = 20_000
/** In all, a second: few enough for one small machine to carry to everybody. */
const MESSAGES_PER_SEC = 5
export const REAL_MESSAGE_BYTES = 700

export async function measureRealMesh(peers: number, log: (line: string) => void): Promise<RealMesh> {
  log(`scale: a real mesh of ${peers} …`)
  const first = await startHost({ names: ['first'], bootstrap: [] })
  const hosts = [first]
  try {
    const [address] = first.state.addresses
    const share = Math.ceil((peers - 1) / PROCESSES)
    const startMs = performance.now()
    for (let from = 1; from < peers; from += share) {
      const names = Array.from({ length: Math.min(share, peers - from) }, (_, i) => `peer ${from + i}`)
      hosts.push(await startHost({ names, bootstrap: [address!] }))
    }
    const ask = (order: RealOrder) => Promise.all(hosts.map(host => host.ask(order)))
    let states = await ask({ type: 'state' })
    const wanted = Math.min(LEAST_MESH, peers - 1)
    while (!states.every(state => state.peers.every(({ mesh }) => mesh >= wanted))) {
      if (performance.now() - startMs > MESH_TIMEOUT_MS) throw new Error('the peers found no mesh')
      await sleep(250)
      states = await ask({ type: 'state' })
    }
    const meshedMs = performance.now() - startMs
    await sleep(5_000)
    const before = await ask({ type: 'state' })
    await sleep(IDLE_MS)
    const idle = await ask({ type: 'state' })
    const idleBytesPerSec = growth(before, idle, 'bytes') / peers / (IDLE_MS / 1000)
    const each = Math.max(1, Math.round((MESSAGES_PER_SEC * PUBLISH_MS) / 1000 / peers))
    const publishStartMs = performance.now()
    await ask({ type: 'publish', each, overMs: PUBLISH_MS, bytes: REAL_MESSAGE_BYTES })
    await sleep(3_000)
    const after = await ask({ type: 'state' })
    const publishedSec = (performance.now() - publishStartMs) / 1000
    const messages = each * peers
    const all = after.flatMap(state => state.peers)
    const heardMs = after.flatMap(state => state.heardMs).sort((a, b) => a - b)
    const quantile = (q: number) => heardMs[Math.min(heardMs.length - 1, Math.floor(q * heardMs.length))] ?? 0
    return {
      peers,
      meshedMs,
      connections: mean(all.map(({ connections }) => connections)),
      mesh: mean(all.map(({ mesh }) => mesh)),
      idleBytesPerSec,
      idleCpuMsPerSec: growth(before, idle, 'cpuMs') / peers / (IDLE_MS / 1000),
      rssMib: after.reduce((sum, { rssBytes }) => sum + rssBytes, 0) / peers / 2 ** 20,
      bytesPerMessage: (growth(idle, after, 'bytes') / peers - idleBytesPerSec * publishedSec) / messages,
      heard: heardMs.length / (messages * (peers - 1)),
      heardMs: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) }
    }
  } finally {
    for (const host of hosts) host.kill()
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

function growth(before: readonly RealState[], after: readonly RealState[], key: 'bytes' | 'cpuMs'): number {
  return after.reduce((sum, state, i) => sum + state[key] - before[i]![key], 0)
}

async function startHost(orders: RealOrders) {
  const file = fileURLToPath(new URL('./host.ts', import.meta.url))
  const child = spawn(process.execPath, ['--no-warnings', file, JSON.stringify(orders)], {
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<RealState> => {
    const { value, done } = await lines.next()
    if (done) throw new Error('a process of the real mesh died')
    return JSON.parse(value as string) as RealState
  }
  return {
    state: await next(),
    ask(order: RealOrder): Promise<RealState> {
      child.stdin.write(`${JSON.stringify(order)}\n`)
      return next()
    },
    kill: () => void child.kill('SIGKILL')
  }
}
