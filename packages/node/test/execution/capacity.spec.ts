import { describe, expect, it } from 'vitest'
import { createCapacity } from '../../src/execution/capacity.ts'

const signal = new AbortController().signal
const need = (cpuMillis: number) => ({ cpuMillis, memoryBytes: 1, diskBytes: 0 })

describe('capacity', () => {
  it('sets whole cores aside: a job that asks for a tenth can keep one busy', async () => {
    const capacity = createCapacity({ cpuMillis: 2000, memoryBytes: 100, diskBytes: 0 })
    const first = await capacity.acquire(need(100), signal)
    await capacity.acquire(need(1000), signal)
    let admitted = false
    const third = capacity.acquire(need(1), signal).then(() => {
      admitted = true
    })
    await Promise.resolve()
    expect([capacity.queued, admitted]).toEqual([1, false])
    first()
    await third
    expect(capacity.queued).toBe(0)
  })

  it('fits what the offer says, also where a part of a core is for sale', () => {
    const capacity = createCapacity({ cpuMillis: 1500, memoryBytes: 100, diskBytes: 0 })
    expect(capacity.fits(need(1500))).toBe(true)
    expect(capacity.fits(need(2001))).toBe(false)
  })
})
