import { describe, expect, it } from 'vitest'
import { waitFor } from '../fixtures/wait-for.ts'
import { LOOPBACK_TCP, startHost, tcpAddress } from './peers/process.ts'

const ROUNDS = process.env.ARCHIPEL_LONG === '1' ? 20 : 3
/** What failover is built on. */
const DARK_MS_MAX = 3_500
/** A closing socket is seen by the next turn of the event loop; the rest is a busy machine. */
const KILLED_MS_MAX = 500

const plan = (name: string, bootstrap: readonly string[] = []) => ({ name, listen: LOOPBACK_TCP, bootstrap })

describe('a peer that is gone', () => {
  it(`is noticed in ${DARK_MS_MAX} ms when it went dark, ${ROUNDS} times of ${ROUNDS}`, async () => {
    const dark = await startHost({ network: 'test', peers: [plan('dark')] })
    const observer = await startHost({ network: 'test', peers: [plan('observer', dark.peers.map(tcpAddress))] })
    const took: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      await connected(observer, 1)
      // At any moment between two pings.
      await new Promise(resolve => setTimeout(resolve, Math.random() * 1_000))
      const before = (await look(observer)).closed.length
      const stoppedAtMs = Date.now()
      dark.signal('SIGSTOP')
      const closed = await waitFor(async () => (await look(observer)).closed[before], {
        timeoutMs: 10_000,
        what: 'the loss to be noticed'
      })
      dark.signal('SIGCONT')
      expect(closed.reason).toBe('E_PEER_DARK')
      took.push(closed.atMs - stoppedAtMs)
    }
    console.info(`dark peers noticed after ${took.join(', ')} ms`)
    expect(Math.max(...took)).toBeLessThanOrEqual(DARK_MS_MAX)
  })

  it(`is noticed at once when it was killed, ${ROUNDS} times of ${ROUNDS}`, async () => {
    const observer = await startHost({ network: 'test', peers: [plan('observer')] })
    const bootstrap = observer.peers.map(tcpAddress)
    const took: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const victim = await startHost({ network: 'test', peers: [plan(`victim ${round}`, bootstrap)] })
      await connected(observer, 1)
      const before = (await look(observer)).closed.length
      const killedAtMs = Date.now()
      await victim.kill()
      const closed = await waitFor(async () => (await look(observer)).closed[before], {
        timeoutMs: 10_000,
        what: 'the loss to be noticed'
      })
      took.push(closed.atMs - killedAtMs)
    }
    console.info(`killed peers noticed after ${took.join(', ')} ms`)
    expect(Math.max(...took)).toBeLessThanOrEqual(KILLED_MS_MAX)
  })

  it(`is not a peer whose event loop was busy for two seconds, nor one that it looks at, ${ROUNDS} times`, async () => {
    const busy = await startHost({ network: 'test', peers: [plan('busy')] })
    const bootstrap = busy.peers.map(tcpAddress)
    const others = await startHost({ network: 'test', peers: [plan('one', bootstrap), plan('two', bootstrap)] })
    await connected(busy, 2)
    for (let round = 0; round < ROUNDS; round++) {
      await busy.ask({ order: 'block', ms: 2_000 })
      await new Promise(resolve => setTimeout(resolve, 1_000))
    }
    for (const state of [...(await busy.look()), ...(await others.look())]) {
      expect(state.closed.filter(({ reason }) => reason === 'E_PEER_DARK')).toEqual([])
    }
    await connected(busy, 2)
  })
})

type Host = Awaited<ReturnType<typeof startHost>>

const look = async (host: Host) => (await host.look())[0]!

async function connected(host: Host, count: number): Promise<void> {
  await waitFor(async () => (await look(host)).connected.length >= count, {
    timeoutMs: 20_000,
    what: `${count} connections`
  })
}
