import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { base32 } from 'multiformats/bases/base32'
import { type BlockMark, markOf } from './pins.ts'

/** A block on disk. */
export interface StoredBlock {
  readonly file: string
  readonly digest: Uint8Array
  readonly mark: BlockMark
  readonly usedAtMs: number
  readonly diskBytes: number
}

/** File systems give out space in pieces of this size: a million blocks of one byte take four gigabytes. */
const DISK_PIECE_BYTES = 4_096

export function diskBytesOf(byteLength: number): number {
  return Math.max(1, Math.ceil(byteLength / DISK_PIECE_BYTES)) * DISK_PIECE_BYTES
}

const BLOCK_FILE = /^(b[a-z2-7]{52})\.block$/

/** Every block below a block store's folder. What vanishes meanwhile is left out. */
export async function* storedBlocks(directory: string): AsyncGenerator<StoredBlock> {
  for (const folder of await readdir(directory)) {
    if (folder.length !== 2) continue
    const names = await readdir(join(directory, folder)).catch(() => [])
    for (let at = 0; at < names.length; at += STATS_AT_ONCE) {
      const some = await Promise.all(
        names.slice(at, at + STATS_AT_ONCE).map(name => look(join(directory, folder), name))
      )
      for (const block of some) if (block !== undefined) yield block
    }
  }
}

/** As many as the thread pool has threads: more would only wait. */
const STATS_AT_ONCE = 4

async function look(folder: string, name: string): Promise<StoredBlock | undefined> {
  const text = BLOCK_FILE.exec(name)?.[1]
  if (text === undefined) return undefined
  const file = join(folder, name)
  const stats = await stat(file).catch(() => undefined)
  if (stats === undefined) return undefined
  const digest = base32.decode(text)
  return { file, digest, mark: markOf(digest), usedAtMs: stats.mtimeMs, diskBytes: diskBytesOf(stats.size) }
}

export interface EvictInit {
  directory: string
  /** Bytes that may stay. */
  keepBytes: number
  /** Asked right before a block goes: it may have come to be needed. */
  isNeeded: (block: StoredBlock) => boolean
  /** Told before a block goes; it is gone when `gone` resolves. */
  onEvict: (block: StoredBlock, gone: Promise<void>) => void
}

/**
 * Removes the blocks that were used longest ago until no more than `keepBytes` are left, or nothing that nobody needs.
 * Two looks at the folder and a sum for each minute: memory does not grow with the number of blocks.
 */
export async function evictBlocks({
  directory,
  keepBytes,
  isNeeded,
  onEvict
}: EvictInit): Promise<{ leftBytes: number }> {
  let leftBytes = 0
  const bytesOfMinute = new Map<number, number>()
  for await (const block of storedBlocks(directory)) {
    leftBytes += block.diskBytes
    if (isNeeded(block)) continue
    const minute = minuteOf(block)
    bytesOfMinute.set(minute, (bytesOfMinute.get(minute) ?? 0) + block.diskBytes)
  }
  let lastMinute = Number.NEGATIVE_INFINITY
  let freedBytes = 0
  for (const [minute, bytes] of [...bytesOfMinute].sort(([a], [b]) => a - b)) {
    if (leftBytes - freedBytes <= keepBytes) break
    freedBytes += bytes
    lastMinute = minute
  }
  if (lastMinute === Number.NEGATIVE_INFINITY) return { leftBytes }
  for await (const block of storedBlocks(directory)) {
    if (leftBytes <= keepBytes) break
    if (minuteOf(block) > lastMinute || isNeeded(block)) continue
    const gone = rm(block.file, { force: true })
    onEvict(block, gone)
    await gone
    leftBytes -= block.diskBytes
  }
  return { leftBytes }
}

const minuteOf = ({ usedAtMs }: StoredBlock) => Math.floor(usedAtMs / 60_000)
