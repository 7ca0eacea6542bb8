import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { round } from '../statistics.ts'
import type { PeerAnswer } from './orders.ts'
import { startPeer } from './process.ts'

export interface BlobReport {
  readonly what: string
  readonly sources: number
  readonly mib: number
  readonly blocks: number
  readonly mibPerSec: number
  /** The same bytes over a bare stream between the same processes, right before. */
  readonly rawMibPerSec: number
  readonly ratio: number
  /** Processor time of the receiving process for each MiB: a busy machine changes it less than the clock. */
  readonly cpuMsPerMib: number
  readonly rawCpuMsPerMib: number
  readonly rssMib: number
  readonly rssGrowthMib: number
}

const MIB = 2 ** 20

interface Shape {
  readonly what: string
  readonly files: number
  readonly bytes: number
  readonly sources: number
  readonly rounds: number
}

/**
 * Content from one process's disk to another's, beside a bare stream of as many bytes. They take turns, and the middle of
 * the ratios counts: two figures of different seconds say nothing on a machine that others use.
 */
export async function measureBlobs(
  parent: string,
  isQuick: boolean,
  log: (line: string) => void
): Promise<BlobReport[]> {
  const shapes: Shape[] = [
    { what: 'one file', files: 1, bytes: isQuick ? 64 * MIB : 256 * MIB, sources: 1, rounds: isQuick ? 1 : 5 },
    { what: 'files of 4 KiB', files: isQuick ? 2_000 : 10_000, bytes: 4_096, sources: 1, rounds: isQuick ? 1 : 3 },
    { what: 'one file', files: 1, bytes: isQuick ? 64 * MIB : 256 * MIB, sources: 3, rounds: isQuick ? 1 : 3 },
    { what: 'one large file', files: 1, bytes: isQuick ? 128 * MIB : 2_048 * MIB, sources: 1, rounds: 1 }
  ]
  const reports: BlobReport[] = []
  for (const shape of shapes) reports.push(await measure(parent, shape, log))
  return reports
}

async function measure(parent: string, shape: Shape, log: (line: string) => void): Promise<BlobReport> {
  const { what, files, bytes, sources, rounds } = shape
  const mib = (files * bytes) / MIB
  log(`blobs: ${what}, ${round(mib)} MiB from ${sources} …`)
  const dir = await mkdtemp(join(parent, 'blobs-'))
  const givers = Array.from({ length: sources }, (_, at) => startPeer(join(dir, `giver-${at}`)))
  const taker = startPeer(join(dir, 'taker'))
  try {
    const roots = await Promise.all(
      givers.map(async giver => (await giver.ask<{ root: string }>({ type: 'make', files, bytes, seed: 1 })).root)
    )
    await taker.ask({ type: 'connect', addresses: await Promise.all(givers.map(giver => giver.address())) })
    const rounded: { raw: PeerAnswer; blob: PeerAnswer }[] = []
    for (let at = 0; at < rounds; at++) {
      const raw = await taker.ask<PeerAnswer>({ type: 'raw', bytes: files * bytes })
      const store = `round-${at}`
      const blob = await taker.ask<PeerAnswer>({ type: 'fetch', root: roots[0]!, store, sources })
      rounded.push({ raw, blob })
      await rm(join(dir, 'taker', store), { recursive: true, force: true })
    }
    return summed(shape, mib, rounded)
  } finally {
    await Promise.all([...givers, taker].map(peer => peer.stop()))
    await rm(dir, { recursive: true, force: true })
  }
}

function summed({ what, sources }: Shape, mib: number, rounds: readonly { raw: PeerAnswer; blob: PeerAnswer }[]) {
  const middle = (of: (pair: (typeof rounds)[number]) => number) =>
    round(rounds.map(of).sort((a, b) => a - b)[Math.floor(rounds.length / 2)]!)
  return {
    what,
    sources,
    mib: round(mib),
    blocks: rounds[0]!.blob.blocks,
    mibPerSec: middle(({ blob }) => mib / (blob.ms / 1000)),
    rawMibPerSec: middle(({ raw }) => mib / (raw.ms / 1000)),
    ratio: middle(({ raw, blob }) => raw.ms / blob.ms),
    cpuMsPerMib: middle(({ blob }) => blob.cpuMs / mib),
    rawCpuMsPerMib: middle(({ raw }) => raw.cpuMs / mib),
    rssMib: round(rounds[0]!.blob.rssBytes / MIB),
    rssGrowthMib: round(Math.max(...rounds.map(({ blob }) => blob.rssGrowthBytes)) / MIB)
  }
}
