import { CodedError } from '@archipel/protocol'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { persist } from '../../src/agreement/persist.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const disk = (code: string) => new CodedError(code, 'disk')

describe('what must be stored', () => {
  it('is tried again until the disk takes it', async () => {
    const work = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(disk('E_STORE'))
      .mockRejectedValueOnce(disk('E_STORE_BUSY'))
    work.mockResolvedValue('stored')
    const stored = persist(work, new AbortController().signal)
    await vi.advanceTimersByTimeAsync(499)
    expect(work).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1 + 1000)
    expect(await stored).toBe('stored')
    expect(work).toHaveBeenCalledTimes(3)
  })

  it('fails at once for any other reason', async () => {
    const work = vi.fn(async () => Promise.reject(disk('E_STORE_CLOSED')))
    await expect(persist(work, new AbortController().signal)).rejects.toMatchObject({ code: 'E_STORE_CLOSED' })
    expect(work).toHaveBeenCalledTimes(1)
  })

  it('is given up when the node stops', async () => {
    const controller = new AbortController()
    const stored = persist(async () => Promise.reject(disk('E_STORE')), controller.signal)
    const failure = expect(stored).rejects.toMatchObject({ code: 'E_STORE' })
    await vi.advanceTimersByTimeAsync(100)
    controller.abort()
    await failure
  })
})
