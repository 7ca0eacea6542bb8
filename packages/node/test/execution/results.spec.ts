import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeContentCid, importBytes, type KeptBlockStore } from '@archipel/client'
import { createFsBlockStore } from '@archipel/client/node'
import type { AgreementId, Result } from '@archipel/protocol'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createResults } from '../../src/execution/results.ts'

const BLOCK_BYTES = 4_096
const [first, second] = ['0x01', '0x02'] as unknown as [AgreementId, AgreementId]
const FAR = Math.floor(Date.now() / 1000) + 3600

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'archipel-results-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}

const bytesOf = (seed: number) => new Uint8Array(BLOCK_BYTES).fill(seed)

async function resultOf(blocks: KeptBlockStore, seed: number): Promise<Result> {
  const [stdout, output] = [await importBytes(bytesOf(seed), blocks), await importBytes(bytesOf(seed + 1), blocks)]
  return { exitCode: 0, stdout: stdout.bytes, output: output.bytes }
}

/** Other jobs come and go until nothing is left that could go. */
async function press(directory: string, blocks: KeptBlockStore): Promise<void> {
  for (let seed = 100; seed < 112; seed++) {
    for (const name of await readdir(directory, { recursive: true })) {
      if (!name.endsWith('.block')) continue
      const path = join(directory, name)
      const then = new Date((await stat(path)).mtimeMs - 7_200_000)
      await utimes(path, then, then)
    }
    await importBytes(bytesOf(seed), blocks)
  }
}

const isHere = async (blocks: KeptBlockStore, { stdout, output }: Result) =>
  (await Promise.all([stdout, output].map(cid => blocks.has(decodeContentCid(cid))))).every(Boolean)

describe('results', () => {
  it('stay for their buyers as long as was promised, whatever else the store has to hold', async () => {
    const directory = await folder()
    const blocks = await createFsBlockStore({ directory, bytesMax: 8 * BLOCK_BYTES, cacheBytesMax: 0 })
    const results = createResults({ blocks })
    const [kept, late] = [await resultOf(blocks, 1), await resultOf(blocks, 11)]
    await results.keep(first, kept, new Uint8Array(0), FAR)
    await results.keep(second, late, new Uint8Array(0), 1)
    await press(directory, blocks)
    expect(await isHere(blocks, kept)).toBe(true)
    expect(await isHere(blocks, late)).toBe(false)
  })

  it('are kept up to a number: with one more, the oldest may go', async () => {
    const directory = await folder()
    const blocks = await createFsBlockStore({ directory, bytesMax: 8 * BLOCK_BYTES, cacheBytesMax: 0 })
    const results = createResults({ blocks, keptMax: 1 })
    const [oldest, newest] = [await resultOf(blocks, 1), await resultOf(blocks, 11)]
    await results.keep(first, oldest, new Uint8Array(0), FAR)
    await results.keep(second, newest, new Uint8Array(0), FAR)
    await press(directory, blocks)
    expect(await isHere(blocks, oldest)).toBe(false)
    expect(await isHere(blocks, newest)).toBe(true)
  })
})
