import type { Connection } from '@libp2p/interface'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMonitor } from '../../src/net/monitor.ts'
import { startPair, until } from './peers.ts'

const SETTINGS = { intervalMs: 700, timeoutMs: 2_400 }
const TICK_MS = 100

describe('monitor', () => {
  it('measures the round trip of every connection over one stream', async () => {
    const { client, server, connection } = await startPair('tcp', { monitor: { intervalMs: 50 } })
    const back = await waitForConnection(server, client)
    await until(() => connection.rtt !== undefined && back.rtt !== undefined, 'both round trips')
    expect(connection.rtt).toBeLessThan(2_000)
    const pings = () => connection.streams.filter(({ protocol }) => protocol === '/ipfs/ping/1.0.0').map(({ id }) => id)
    // The DHT pings, too, when it meets somebody: what stays are the monitors' two.
    await until(() => pings().length === 2, 'one stream each way')
    const first = pings().sort()
    await new Promise(resolve => setTimeout(resolve, 500))
    expect(pings().sort()).toEqual(first)
  })

  it('ends the connection of a peer that says nothing after a ping, in time', async () => {
    const { monitor, connection, run, aborted } = fake()
    monitor.start()
    const pinged = await run(SETTINGS.intervalMs + TICK_MS)
    expect(pinged.pings).toBe(1)
    await run(SETTINGS.timeoutMs - 2 * TICK_MS)
    expect(aborted()).toBeUndefined()
    await run(3 * TICK_MS)
    expect(aborted()).toMatchObject({ code: 'E_PEER_DARK' })
    expect(connection.status).toBe('aborted')
  })

  it('blames nobody for the time in which its own event loop was busy', async () => {
    const { monitor, run, block, aborted, answer } = fake()
    monitor.start()
    await run(SETTINGS.intervalMs + TICK_MS)
    for (let i = 0; i < 5; i++) block(2_000)
    expect(aborted()).toBeUndefined()
    expect(monitor.lagMs).toBeGreaterThan(8_000)
    answer()
    await run(SETTINGS.timeoutMs - TICK_MS)
    expect(aborted()).toBeUndefined()
  })

  it('takes bytes of any kind for a sign of life, but not for ever', async () => {
    const { monitor, run, hear, aborted } = fake()
    monitor.start()
    await run(SETTINGS.intervalMs + TICK_MS)
    for (let i = 0; i < 25; i++) {
      hear()
      await run(1_000)
      expect(aborted()).toBeUndefined()
    }
    for (let i = 0; i < 6; i++) {
      hear()
      await run(1_000)
    }
    expect(aborted()).toMatchObject({ code: 'E_PEER_DARK' })
  })

  it('does not take a wrong answer for an answer', async () => {
    const { monitor, run, aborted, answer } = fake()
    monitor.start()
    await run(SETTINGS.intervalMs + TICK_MS)
    answer(new Uint8Array(32))
    await run(SETTINGS.timeoutMs + TICK_MS)
    expect(aborted()).toMatchObject({ code: 'E_PEER_DARK' })
  })
})

async function waitForConnection(from: Awaited<ReturnType<typeof startPair>>['server'], to: typeof from) {
  await until(() => from.connectionTo(to.peerId), 'the connection')
  return from.connectionTo(to.peerId)!
}

/** A monitor on a clock of the test's own, and one connection that only does what it is told. */
function fake() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  let nowMs = 0
  let pings = 0
  let reason: unknown
  const sent: Uint8Array[] = []
  const stream = Object.assign(new EventTarget(), {
    status: 'open',
    send(bytes: Uint8Array) {
      pings++
      sent.push(bytes)
    },
    abort() {
      stream.status = 'aborted'
    }
  })
  const maConn = Object.assign(new EventTarget(), { listenerCount: () => 1 })
  const connection = Object.assign(new EventTarget(), {
    id: 'one',
    status: 'open',
    remotePeer: 'peer',
    maConn,
    newStream: async () => stream,
    abort(err: unknown) {
      reason = err
      connection.status = 'aborted'
    }
  })
  const libp2p = { getConnections: () => [connection], addEventListener() {}, removeEventListener() {} }
  vi.spyOn(Math, 'random').mockReturnValue(1)
  onTestFinished(() => void vi.restoreAllMocks())
  const monitor = createMonitor(libp2p as never, SETTINGS, () => nowMs)
  onTestFinished(() => monitor.stop())
  const message = (data: Uint8Array) =>
    Object.assign(new Event('message'), { data: { subarray: () => data } }) as unknown as Event
  return {
    monitor,
    connection: connection as unknown as Connection,
    aborted: () => reason,
    /** The event loop runs on time. */
    async run(ms: number) {
      for (let i = 0; i < ms / TICK_MS; i++) {
        nowMs += TICK_MS
        vi.advanceTimersByTime(TICK_MS)
        await new Promise(resolve => setImmediate(resolve))
      }
      return { pings }
    },
    /** The event loop is stuck: the tick that is due comes that late. */
    block(ms: number) {
      nowMs += ms
      vi.advanceTimersByTime(TICK_MS)
    },
    hear: () => maConn.dispatchEvent(new Event('message')),
    answer: (bytes?: Uint8Array) => stream.dispatchEvent(message(bytes ?? sent.at(-1)!))
  }
}
