import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { waitFor } from '../fixtures/wait-for.ts'
import type { PeerPlan, PeerState } from './peers/orders.ts'
import { LOOPBACK_TCP, type PeerHost, startHost, tcpAddress } from './peers/process.ts'

const PEERS = process.env.ARCHIPEL_LONG === '1' ? 60 : 20
const PROCESSES = 3
/** A first contact that is not there any more, by an address and by a name that no resolver knows. */
const DEAD = '/ip4/127.0.0.1/tcp/9/p2p/16Uiu2HAmAzzSWUwXCtqPLmJFPoE3K7DFcVpg4wQmYLCAkjx5oQjA'
const NO_NAME = '/dns4/bootstrap.archipel.invalid/tcp/4101/p2p/16Uiu2HAmBjDdXbGVTAaWgWvMMrSLG7hM9wUzmyGiYyqJdZ1Vjtd8'
const REJOIN_MS_MAX = 30_000
const REJOIN_BOOTSTRAP_MS_MAX = 10_000

const network = 'test'
const plan = (name: string, init: Partial<PeerPlan> = {}): PeerPlan => ({
  name,
  listen: LOOPBACK_TCP,
  bootstrap: [],
  ...init
})

describe(`${PEERS} peers in ${PROCESSES} processes that know one address`, () => {
  it('are meshed, hear each other, and take back one that restarts', async () => {
    const first = await startHost({ network, peers: [plan('first')] })
    const bootstrap = first.peers.map(tcpAddress)
    const startMs = performance.now()
    const hosts = await Promise.all(
      Array.from({ length: PROCESSES }, (_, process) =>
        startHost({
          network,
          peers: namesFor(process).map(name => plan(name, { bootstrap }))
        })
      )
    )
    const startedMs = performance.now()
    await everybody(
      hosts,
      ({ connected, mesh }) => connected.length >= 6 && mesh >= 4,
      'everybody to be meshed',
      120_000
    )
    const meshedMs = performance.now()

    const sentAtMs = Date.now()
    await hosts[0]!.ask({ order: 'publish', peer: 0, text: 'hello' })
    await everybody(
      hosts,
      ({ heard }, i) => i === 0 || heard.some(({ text }) => text === 'hello'),
      'the message',
      30_000
    )
    const states = (await Promise.all(hosts.map(host => host.look()))).flat()
    const delays = states.flatMap(({ heard }) => heard.map(({ atMs }) => atMs - sentAtMs)).sort((a, b) => a - b)
    const degrees = states.map(({ connected }) => connected.length).sort((a, b) => a - b)

    const restartMs = performance.now()
    const again = await startHost({ network, peers: [plan('late', { bootstrap })] })
    await everybody([again], ({ mesh }) => mesh >= 4, 'the late one to be meshed', 30_000)
    console.info(
      `${PEERS} peers: started in ${seconds(startedMs - startMs)}, all meshed ${seconds(meshedMs - startedMs)} later, ` +
        `connections ${degrees[0]} to ${degrees.at(-1)}, gossip p50 ${delays[Math.floor(delays.length / 2)]} ms, ` +
        `last ${delays.at(-1)} ms; one more meshed in ${seconds(performance.now() - restartMs)} from its start`
    )
    expect(meshedMs - startedMs).toBeLessThan(60_000)
  })
})

describe('a peer that comes back', () => {
  it('rejoins when every first contact is dead and no name can be resolved', async () => {
    const dataDir = await folder()
    const first = await startHost({ network, peers: [plan('first')] })
    const others = await startHost({
      network,
      peers: ['a', 'b', 'c', 'd'].map(name => plan(name, { bootstrap: first.peers.map(tcpAddress), connectionsMin: 3 }))
    })
    const bootstrap = [NO_NAME, ...first.peers.map(tcpAddress), DEAD]
    const before = await startHost({ network, peers: [plan('x', { dataDir, bootstrap })] })
    await everybody([before], ({ connected }) => connected.length >= 4, 'x to know others', 30_000)
    await before.kill()
    await first.kill()
    const startMs = performance.now()
    const after = await startHost({ network, peers: [plan('x', { dataDir, bootstrap })] })
    await everybody([after], ({ mesh }) => mesh >= 2, 'x to be back', REJOIN_MS_MAX)
    const tookMs = performance.now() - startMs
    console.info(`rejoined with all first contacts dead ${seconds(tookMs)} after its start`)
    expect(tookMs).toBeLessThan(REJOIN_MS_MAX)
    expect((await others.look()).some(({ connected }) => connected.includes(after.peers[0]!.peerId))).toBe(true)
  })

  it('rejoins when nearly all that it knew has moved or is gone', async () => {
    const dataDir = await folder()
    const first = await startHost({ network, peers: [plan('first')] })
    const bootstrap = first.peers.map(tcpAddress)
    const many = Array.from({ length: 12 }, (_, i) => `mover ${i}`)
    const start = () => startHost({ network, peers: many.map(name => plan(name, { bootstrap, connectionsMin: 3 })) })
    const movers = await start()
    const rock = await startHost({ network, peers: [plan('rock', { bootstrap })] })
    const before = await startHost({ network, peers: [plan('x', { dataDir, bootstrap, connectionsMin: 14 })] })
    await everybody([before], ({ connected }) => connected.length >= 14, 'x to know all of them', 60_000)
    await Promise.all([before.kill(), first.kill(), movers.kill()])
    // The same peers, each at another address: all that x has stored of them is old.
    const moved = await startHost({
      network,
      peers: many.map(name => plan(name, { bootstrap: rock.peers.map(tcpAddress), connectionsMin: 3 }))
    })
    const startMs = performance.now()
    const after = await startHost({ network, peers: [plan('x', { dataDir, bootstrap: [DEAD] })] })
    await everybody([after], ({ mesh }) => mesh >= 4, 'x to be back', REJOIN_MS_MAX)
    console.info(`rejoined with old addresses ${seconds(performance.now() - startMs)} after its start`)
    expect(
      (await moved.look()).filter(({ connected }) => connected.includes(after.peers[0]!.peerId)).length
    ).toBeGreaterThan(2)
  })

  it('rejoins by a first contact when its memory is lost', async () => {
    const first = await startHost({ network, peers: [plan('first')] })
    const bootstrap = [NO_NAME, DEAD, ...first.peers.map(tcpAddress)]
    await startHost({ network, peers: ['a', 'b', 'c'].map(name => plan(name, { bootstrap, connectionsMin: 3 })) })
    const after = await startHost({ network, peers: [plan('x', { bootstrap })] })
    // Starting a process is not part of it, and takes seconds on a busy machine.
    const startMs = performance.now()
    await everybody(
      [after],
      ({ connected, mesh }) => connected.length >= 3 && mesh >= 1,
      'x to be back',
      REJOIN_BOOTSTRAP_MS_MAX
    )
    console.info(`rejoined by a first contact ${seconds(performance.now() - startMs)} after its start`)
  })
})

describe('two halves of a network', () => {
  it('are one again soon after what was between them is gone', async () => {
    const first = await startHost({ network, peers: ['a', 'b', 'c'].map(name => plan(name)) })
    const near = first.peers.map(tcpAddress)
    const second = await startHost({
      network,
      peers: ['d', 'e', 'f'].map(name => plan(name, { bootstrap: near, connectionsMin: 3 }))
    })
    await everybody([second], ({ connected }) => connected.length >= 3, 'both halves to be connected', 30_000)
    // Neither half hears the other, and no socket closes: a process that is stopped looks like a cut cable.
    first.signal('SIGSTOP')
    await everybody([second], ({ connected }) => !connected.some(isIn(first)), 'the cut to be noticed', 30_000)
    await new Promise(resolve => setTimeout(resolve, 20_000))
    first.signal('SIGCONT')
    const healedAtMs = performance.now()
    await everybody([second], ({ connected }) => connected.some(isIn(first)), 'the halves to meet', 30_000)
    console.info(`halves met again ${seconds(performance.now() - healedAtMs)} after a cut of 20 s`)
  })
})

const isIn = (host: PeerHost) => (peerId: string) => host.peers.some(peer => peer.peerId === peerId)

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

function namesFor(process: number): string[] {
  return Array.from({ length: PEERS }, (_, i) => `peer ${i}`).filter((_, i) => i % PROCESSES === process)
}

async function everybody(
  hosts: readonly PeerHost[],
  is: (state: PeerState, index: number) => boolean,
  what: string,
  timeoutMs: number
): Promise<void> {
  let left = 0
  await waitFor(
    async () => {
      // Asking costs those that are asked time, and there are many.
      await new Promise(resolve => setTimeout(resolve, 250))
      const states = (await Promise.all(hosts.map(host => host.look()))).flat()
      left = states.filter((state, index) => !is(state, index)).length
      return left === 0
    },
    { timeoutMs, what: () => `${what}: ${left} missing` }
  )
}

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'archipel-peers-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}
