import { CodedError } from '@archipel/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createReconnect } from '../../src/negotiate/reconnect.ts'
import { createHost } from '../job/host.ts'
import { agreedEarlier, createWorld, demandOf, settle } from '../job/world.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

async function setUp() {
  const host = createHost(1)
  const world = await createWorld({ hosts: [host] })
  const state = await agreedEarlier(world, host, demandOf(1))
  const { engine, payer, sessions } = world.parts
  // By a real clock what is left is hardly ever a whole number of milliseconds.
  const reconnect = createReconnect({ engine, payer, sessions, lostAfterMs: 6_000.5 })
  return { host, engine, reconnect, state, session: sessions.to(host.offer) }
}

/** Lets time pass as a process sees it: what is ready goes on before the next timer. */
async function passMs(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    await vi.advanceTimersByTimeAsync(50)
    await settle()
  }
}

describe('a provider that is out of reach', () => {
  it('is asked about every open agreement once it is back, at any time before it is given up', async () => {
    const { host, engine, reconnect, state } = await setUp()
    host.away = true
    const asked = reconnect.lost(host.address)
    await passMs(4_500)
    host.away = false
    await passMs(1_500)
    await asked
    expect(host.heard).toEqual([{ type: 'resume', value: { agreement: state.id } }])
    expect(engine.get(state.id)?.phase.code).toBe('agreed')
  })

  it('is given up when it stays away', async () => {
    const { host, engine, reconnect, state } = await setUp()
    host.away = true
    const asked = reconnect.ask(host.address)
    await passMs(7_500)
    await asked
    expect(engine.get(state.id)?.phase).toMatchObject({ code: 'failed', failure: { code: 'E_PROVIDER_LOST' } })
  })

  it('and with which nothing is open is left alone', async () => {
    const { host, engine, reconnect, state, session } = await setUp()
    engine.forget(state.id)
    const connect = vi.spyOn(session, 'connect')
    const asked = reconnect.ask(host.address)
    await passMs(100)
    await asked
    expect(connect).not.toHaveBeenCalled()
  })
})

describe('a provider that drops us', () => {
  it('is given up after eight times in half a minute', async () => {
    const { host, engine, reconnect, state } = await setUp()
    for (let i = 0; i < 8; i++) {
      const asked = reconnect.lost(host.address)
      await passMs(100)
      await asked
    }
    expect(engine.get(state.id)?.phase.code).toBe('agreed')
    const asked = reconnect.lost(host.address)
    await passMs(100)
    await asked
    expect(engine.get(state.id)?.phase.code).toBe('failed')
  })

  it('now and then is not', async () => {
    const { host, engine, reconnect, state } = await setUp()
    for (let i = 0; i < 12; i++) {
      const asked = reconnect.lost(host.address)
      await passMs(100)
      await asked
      vi.advanceTimersByTime(6_000)
    }
    expect(engine.get(state.id)?.phase.code).toBe('agreed')
  })

  it('while it is being asked is asked again', async () => {
    const { host, reconnect, session } = await setUp()
    const send = session.send
    let calls = 0
    session.send = async message => {
      if (++calls === 1) throw new CodedError('E_STREAM_RESET', 'gone')
      return send(message)
    }
    const asked = reconnect.lost(host.address)
    const again = reconnect.lost(host.address)
    await passMs(500)
    await Promise.all([asked, again])
    expect(host.heard).toHaveLength(1)
  })
})
