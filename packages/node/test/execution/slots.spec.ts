import { describe, expect, it } from 'vitest'
import { createSlots } from '../../src/execution/slots.ts'

const signal = new AbortController().signal

describe('slots', () => {
  it('give each tenant its share and hold up nobody else', async () => {
    const slots = createSlots({ perTenantMax: 1, max: 2, waitingMax: 4 })
    const order: string[] = []
    const first = await slots.acquire('a', signal)
    const second = slots.acquire('a', signal).then(release => {
      order.push('a')
      return release
    })
    const other = await slots.acquire('b', signal)
    const third = slots.acquire('c', signal).then(release => {
      order.push('c')
      return release
    })
    other()
    ;(await third)()
    first()
    first()
    ;(await second)()
    expect(order).toEqual(['c', 'a'])
  })

  it('refuse the one after the last that may wait, and half of it for one tenant', async () => {
    const slots = createSlots({ perTenantMax: 1, max: 1, waitingMax: 2 })
    const release = await slots.acquire('a', signal)
    const waiting = [slots.acquire('a', signal)]
    await expect(slots.acquire('a', signal)).rejects.toMatchObject({ code: 'E_BUSY' })
    waiting.push(slots.acquire('b', signal))
    await expect(slots.acquire('c', signal)).rejects.toMatchObject({ code: 'E_BUSY' })
    release()
    for (const each of waiting) (await each)()
  })

  it('forget who is called off', async () => {
    const slots = createSlots({ perTenantMax: 1, max: 1, waitingMax: 2 })
    const release = await slots.acquire('a', signal)
    const off = new AbortController()
    const waiting = slots.acquire('b', off.signal)
    off.abort(new Error('called off'))
    await expect(waiting).rejects.toThrow('called off')
    release()
    ;(await slots.acquire('b', signal))()
  })
})
