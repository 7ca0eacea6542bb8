import { describe, expect, it } from 'vitest'
import { createHeldRecords } from '../../src/store/held-records.ts'

describe('records held in memory', () => {
  it('go back to what the disk has when it refuses a change', () => {
    const held = createHeldRecords<string, number>()
    held.load('old', 1)
    held.set('old', 2)
    held.set('old', 3)
    held.set('new', 1)
    expect(held.revert()).toEqual([
      ['old', 1],
      ['new', undefined]
    ])
    expect([held.get('old'), held.has('new'), held.isStored('old'), held.size]).toEqual([1, false, true, 1])
    expect(held.revert()).toEqual([])
  })

  it('go back no further than the last change that was stored', () => {
    const held = createHeldRecords<string, number>()
    held.set('a', 1)
    held.set('a', 2)
    held.stored('a', 1)
    expect(held.isStored('a')).toBe(false)
    held.revert()
    expect(held.get('a')).toBe(1)
    held.set('a', 5)
    held.stored('a', 5)
    expect(held.isStored('a')).toBe(true)
    held.revert()
    expect(held.get('a')).toBe(5)
  })

  it('stay while they are ahead of the disk', () => {
    const held = createHeldRecords<string, number>()
    held.set('a', 1)
    expect(held.forget('a')).toBe(false)
    held.stored('a', 1)
    expect(held.forget('a')).toBe(true)
    expect([...held.values()]).toEqual([])
  })
})
