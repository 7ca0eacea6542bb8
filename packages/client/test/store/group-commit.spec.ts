import { describe, expect, it } from 'vitest'
import type { BackendOp } from '../../src/store/backend.ts'
import { COMMITS_WAITING_MAX, createGroupCommit, GROUP_OPS_MAX } from '../../src/store/group-commit.ts'

const put = (key: string): BackendOp => ({ type: 'put', key, value: new Uint8Array(0) })

/** A disk whose flushes are finished by hand. */
function manualDisk() {
  const flushes: { keys: string[]; sync: boolean; finish: (err?: Error) => void }[] = []
  return {
    flushes,
    batch(ops: BackendOp[], { sync }: { sync: boolean }): Promise<void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const finish = (err?: Error) => (err === undefined ? resolve() : reject(err))
      flushes.push({ keys: ops.map(({ key }) => key), sync, finish })
      return promise
    }
  }
}

const turn = () => new Promise(resolve => setTimeout(resolve))

describe('group commit', () => {
  it('joins what arrives while the disk is flushing, and keeps the order', async () => {
    const disk = manualDisk()
    const group = createGroupCommit(disk)
    const done: string[] = []
    const commit = (key: string) => group.commit([put(`${key}1`), put(`${key}2`)]).then(() => done.push(key))
    const all = [commit('a'), commit('b')]
    await turn()
    expect(disk.flushes.map(({ keys }) => keys)).toEqual([['a1', 'a2', 'b1', 'b2']])
    all.push(commit('c'), commit('d'), commit('e'))
    await turn()
    expect(disk.flushes).toHaveLength(1)
    expect(done).toEqual([])
    disk.flushes[0]!.finish()
    await turn()
    expect(done).toEqual(['a', 'b'])
    expect(disk.flushes[1]!.keys).toEqual(['c1', 'c2', 'd1', 'd2', 'e1', 'e2'])
    disk.flushes[1]!.finish()
    await Promise.all(all)
    expect(done).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(disk.flushes.every(({ sync }) => sync)).toBe(true)
  })

  it('fails everybody in a flush that failed and behind it, and nobody later', async () => {
    const disk = manualDisk()
    const order: string[] = []
    const group = createGroupCommit(disk, () => order.push('told'))
    const first = [group.commit([put('a')]), group.commit([put('b')])].map(each => each.catch(err => err.code))
    await turn()
    const behind = group.commit([put('c')]).catch(err => order.push(err.code))
    disk.flushes[0]!.finish(new Error('no space left'))
    expect(await Promise.all(first)).toEqual(['E_STORE', 'E_STORE'])
    await behind
    expect(order).toEqual(['told', 'E_STORE'])
    const later = group.commit([put('d')])
    await turn()
    expect(disk.flushes.map(({ keys }) => keys)).toEqual([['a', 'b'], ['d']])
    disk.flushes[1]!.finish()
    await later
  })

  it('never splits a commit, and starts another flush past the bound', async () => {
    const disk = manualDisk()
    const group = createGroupCommit(disk)
    const ops = (count: number) => Array.from({ length: count }, (_, i) => put(String(i)))
    const all = [
      group.commit(ops(GROUP_OPS_MAX - 1)),
      group.commit(ops(1)),
      group.commit(ops(1)),
      group.commit(ops(GROUP_OPS_MAX + 5))
    ]
    for (let i = 0; i < 3; i++) {
      await turn()
      disk.flushes[i]!.finish()
    }
    await Promise.all(all)
    expect(disk.flushes.map(({ keys }) => keys.length)).toEqual([GROUP_OPS_MAX, 1, GROUP_OPS_MAX + 5])
  })

  it('refuses the commit after the last one that may wait', async () => {
    const disk = manualDisk()
    const group = createGroupCommit(disk)
    const flushing = group.commit([put('a')])
    await turn()
    const waiting = Array.from({ length: COMMITS_WAITING_MAX }, () => group.commit([put('x')]))
    expect(group.isFull).toBe(true)
    await expect(group.commit([put('y')])).rejects.toMatchObject({ code: 'E_STORE_BUSY' })
    disk.flushes[0]!.finish()
    for (let i = 1; i <= COMMITS_WAITING_MAX / GROUP_OPS_MAX; i++) {
      await turn()
      disk.flushes[i]!.finish()
    }
    await Promise.all([flushing, ...waiting])
  })

  it('finishes what it took when it is closed, and takes nothing more', async () => {
    const disk = manualDisk()
    const group = createGroupCommit(disk)
    const last = group.commit([put('a')])
    let closed = false
    const closing = group.close().then(() => {
      closed = true
    })
    await expect(group.commit([put('b')])).rejects.toMatchObject({ code: 'E_STORE_CLOSED' })
    await turn()
    expect(closed).toBe(false)
    disk.flushes[0]!.finish()
    await Promise.all([last, closing])
    expect(disk.flushes).toHaveLength(1)
  })

  it('lets an empty commit wait for what is queued and under way', async () => {
    const disk = manualDisk()
    const group = createGroupCommit(disk)
    const first = group.commit([put('a')])
    await turn()
    const done: string[] = []
    const second = group.commit([put('b')]).then(() => done.push('b'))
    const barrier = group.commit([]).then(() => done.push('barrier'))
    disk.flushes[0]!.finish()
    await first
    await turn()
    expect(done).toEqual([])
    disk.flushes[1]!.finish()
    await Promise.all([second, barrier])
    expect(done).toEqual(['b', 'barrier'])
  })

  it('resolves an empty commit without the disk', async () => {
    const disk = manualDisk()
    await createGroupCommit(disk).commit([])
    expect(disk.flushes).toEqual([])
  })
})
