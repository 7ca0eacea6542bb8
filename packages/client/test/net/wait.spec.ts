import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { linkSignals } from '../../src/net/index.ts'

describe('a linked signal', () => {
  it('aborts with the first of its sources, and with its reason', () => {
    const [first, second] = [new AbortController(), new AbortController()]
    const { signal } = linkSignals([first.signal, undefined, second.signal])
    second.abort('second')
    first.abort('first')
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toBe('second')
  })

  it('is aborted from the start where a source is', () => {
    expect(linkSignals([AbortSignal.abort('before')]).signal.reason).toBe('before')
  })

  it('leaves nothing with its sources once unlinked, and follows them no longer', () => {
    const source = new AbortController()
    const { signal, unlink } = linkSignals([source.signal])
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(1)
    unlink()
    unlink()
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(0)
    source.abort()
    expect(signal.aborted).toBe(false)
  })
})
