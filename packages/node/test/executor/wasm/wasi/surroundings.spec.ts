import { createCipheriv, createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { EPOCH_NS, STEP_NS } from '../../../../src/executor/wasm/wasi/clock.ts'
import { SUBSCRIPTIONS_MAX } from '../../../../src/executor/wasm/wasi/limits.ts'
import { createGuest, inputFile, PAGE_BYTES } from './guest.ts'

type Guest = ReturnType<typeof createGuest>

function time(guest: Guest, clock: number): bigint {
  expect(guest.call('clock_time_get', clock, 0n, 16)).toBe('OK')
  return guest.u64()
}

/** Clock subscriptions at 1000, events at 5000. */
function sleep(guest: Guest, ...clocks: { ns: bigint; clock?: number; absolute?: boolean }[]) {
  clocks.forEach(({ ns, clock = 1, absolute = false }, i) => {
    const at = 1000 + 48 * i
    guest.bytes(at, 48).fill(0)
    guest.view().setBigUint64(at, BigInt(i + 1), true)
    guest.view().setUint32(at + 16, clock, true)
    guest.view().setBigUint64(at + 24, ns, true)
    guest.view().setUint16(at + 40, absolute ? 1 : 0, true)
  })
  const outcome = guest.call('poll_oneoff', 1000, 5000, clocks.length, 16)
  const events = Array.from({ length: outcome === 'OK' ? guest.u32() : 0 }, (_, i) => ({
    userdata: guest.u64(5000 + 32 * i),
    errno: guest.view().getUint16(5000 + 32 * i + 8, true),
    type: guest.bytes(5000 + 32 * i + 10, 1)[0]
  }))
  return { outcome, events }
}

describe('the clock', () => {
  it('starts at its epoch and moves with each call, whatever the time is', () => {
    const guest = createGuest()
    expect(time(guest, 0)).toBe(EPOCH_NS + STEP_NS)
    expect(time(guest, 1)).toBe(2n * STEP_NS)
    guest.stat('nothing')
    expect(time(guest, 3)).toBe(4n * STEP_NS)
    expect(guest.call('clock_time_get', 4, 0n, 16)).toBe('INVAL')
    expect(guest.call('clock_res_get', 0, 16)).toBe('OK')
    expect(guest.u64()).toBe(STEP_NS)
  })

  it('jumps over sleeps', () => {
    const guest = createGuest()
    const startedMs = performance.now()
    const before = time(guest, 1)
    expect(sleep(guest, { ns: 3_600_000_000_000n })).toEqual({
      outcome: 'OK',
      events: [{ userdata: 1n, errno: 0, type: 0 }]
    })
    expect(time(guest, 1) - before).toBe(3_600_000_000_000n + 2n * STEP_NS)
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })

  it('wakes whoever is due at the shortest time', () => {
    const guest = createGuest()
    const { events } = sleep(guest, { ns: 50n }, { ns: 20n }, { ns: 20n }, { ns: 0n, clock: 9 })
    expect(events).toEqual([{ userdata: 4n, errno: 28, type: 0 }])
    expect(sleep(guest, { ns: 50n }, { ns: 20n }, { ns: 20n }).events.map(e => e.userdata)).toEqual([2n, 3n])
  })

  it('knows absolute times, on either clock', () => {
    const guest = createGuest()
    sleep(guest, { ns: EPOCH_NS + 5_000_000n, clock: 0, absolute: true })
    expect(time(guest, 0)).toBe(EPOCH_NS + 5_000_000n + STEP_NS)
    expect(sleep(guest, { ns: 1n, absolute: true }).events).toHaveLength(1)
    expect(time(guest, 1)).toBe(5_000_000n + 3n * STEP_NS)
  })

  it('bounds the number of subscriptions', () => {
    const guest = createGuest()
    expect(guest.call('poll_oneoff', 1000, 5000, 0, 16)).toBe('INVAL')
    expect(guest.call('poll_oneoff', 0, 0, SUBSCRIPTIONS_MAX, 65_000)).toBe('OK')
    expect(guest.call('poll_oneoff', 0, 0, SUBSCRIPTIONS_MAX + 1, 65_000)).toBe('INVAL')
  })
})

describe('randomness', () => {
  it('is ChaCha20 under the digest of the seed', () => {
    const guest = createGuest({ seed: 'some seed' })
    guest.call('random_get', 1000, 10)
    guest.call('random_get', 1010, 30)
    const key = createHash('sha256').update('some seed').digest()
    const expected = createCipheriv('chacha20', key, Buffer.alloc(16)).update(Buffer.alloc(40))
    expect(guest.bytes(1000, 40)).toEqual(expected)
  })

  it('differs by seed only', () => {
    const draw = (seed: string) => {
      const guest = createGuest({ seed })
      guest.call('random_get', 0, PAGE_BYTES)
      return createHash('sha256').update(guest.bytes(0, PAGE_BYTES)).digest('hex')
    }
    expect(draw('a')).toBe(draw('a'))
    expect(draw('a')).not.toBe(draw('b'))
  })
})

describe('strings', () => {
  it('passes arguments in order and variables sorted', () => {
    const guest = createGuest({ args: ['prog', '', 'é'], env: ['B=2', 'A=1'] })
    expect(guest.call('args_sizes_get', 16, 20)).toBe('OK')
    expect([guest.u32(16), guest.u32(20)]).toEqual([3, 5 + 1 + 3])
    guest.call('args_get', 100, 200)
    expect([guest.u32(100), guest.u32(104), guest.u32(108)]).toEqual([200, 205, 206])
    expect(guest.bytes(200, 9).toString()).toBe('prog\0\0é\0')
    guest.call('environ_get', 100, 200)
    expect(guest.bytes(200, 8).toString()).toBe('A=1\0B=2\0')
  })

  it('has no variables but those given', () => {
    const guest = createGuest()
    guest.call('environ_sizes_get', 16, 20)
    expect([guest.u32(16), guest.u32(20)]).toEqual([0, 0])
  })
})

describe('what is not there', () => {
  it('has no sockets', () => {
    const guest = createGuest({ files: [inputFile('a')] })
    expect(guest.call('sock_accept', 3, 0, 16)).toBe('NOTSUP')
    expect(guest.call('sock_recv', 9, 0, 0, 0, 0, 0)).toBe('BADF')
    expect(guest.call('sock_send', 1, 0, 0, 0, 0)).toBe('NOTSUP')
    expect(guest.call('sock_shutdown', 1, 0)).toBe('NOTSUP')
  })
})
