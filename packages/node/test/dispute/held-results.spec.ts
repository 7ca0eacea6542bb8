import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { importBytes, type KeptBlockStore } from '@archipel/client'
import { createFsBlockStore } from '@archipel/client/node'
import type { AgreementId } from '@archipel/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHeldResults } from '../../src/dispute/held-results.ts'

const BLOCK_BYTES = 16 * 1024
const ROOM_BLOCKS = 4
const FIRST = `0x${'1'.repeat(64)}` as AgreementId
const SECOND = `0x${'2'.repeat(64)}` as AgreementId

describe('results that a court may ask for', () => {
  it('stay as long as anybody wants them, whatever else comes, and go after that', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'archipel-held-results-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))
    const blocks = await createFsBlockStore({ directory, bytesMax: ROOM_BLOCKS * BLOCK_BYTES, cacheBytesMax: 0 })
    const held = createHeldResults(blocks)
    const { bytes } = await block(blocks, 0)
    const result = { stdout: bytes, output: bytes }
    const isThere = async () => {
      await fill(directory, blocks)
      return (await readdir(directory, { recursive: true })).some(name => name.endsWith(fileOf))
    }
    const fileOf = await nameOf(directory)

    await held.set(new Map([[FIRST, result]]))
    expect(await isThere()).toBe(true)
    // One of two lets go of the same content.
    await held.set(new Map([FIRST, SECOND].map(id => [id, result] as const)))
    await held.set(new Map([[SECOND, result]]))
    expect(await isThere()).toBe(true)

    await held.set(new Map())
    expect(await isThere()).toBe(false)
  })
})

let nextSeed = 1

const block = (blocks: KeptBlockStore, seed: number) => importBytes(new Uint8Array(BLOCK_BYTES).fill(seed), blocks)

/** The only block there is. */
async function nameOf(directory: string): Promise<string> {
  const names = (await readdir(directory, { recursive: true })).filter(name => name.endsWith('.block'))
  expect(names).toHaveLength(1)
  return names[0]!
}

/** Twice as much as there is room for, a day later each time: what was used in this moment does not go. */
async function fill(directory: string, blocks: KeptBlockStore): Promise<void> {
  for (let count = 0; count < 2 * ROOM_BLOCKS; count++) {
    for (const name of await readdir(directory, { recursive: true })) {
      if (!name.endsWith('.block')) continue
      const path = join(directory, name)
      const then = new Date((await stat(path)).mtimeMs - 86_400_000)
      await utimes(path, then, then)
    }
    await block(blocks, nextSeed++)
  }
}
