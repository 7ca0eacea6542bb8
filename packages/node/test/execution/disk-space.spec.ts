import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { createDiskSpace } from '../../src/execution/disk-space.ts'
import { codeOf, createWorld } from '../agreement/world.ts'

describe('disk space', () => {
  it('is what the file system says', async () => {
    const enough = createDiskSpace({ directory: tmpdir(), freeBytesMin: 1 })
    await enough.look()
    expect(enough.hasRoom()).toBe(true)
    const short = createDiskSpace({ directory: tmpdir(), freeBytesMin: Number.MAX_SAFE_INTEGER })
    await short.look()
    expect(short.hasRoom()).toBe(false)
  })

  it('is looked at without being told to', async () => {
    const space = createDiskSpace({ directory: tmpdir(), freeBytesMin: Number.MAX_SAFE_INTEGER })
    await expect.poll(() => space.hasRoom()).toBe(false)
  })

  it('is no room where nobody can say', async () => {
    const space = createDiskSpace({ directory: '/does/not/exist' })
    await expect(space.look()).rejects.toThrow()
    const other = createDiskSpace({ directory: '/does/not/exist' })
    await expect.poll(() => other.hasRoom()).toBe(false)
  })

  it('is needed for new work', async () => {
    const world = await createWorld({ diskIsFull: true })
    expect(codeOf(await world.say({ type: 'demand', value: world.demand(1) }))).toBe('E_NO_SPACE')
  })
})
