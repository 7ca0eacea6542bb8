import { errno } from '../errno.ts'
import type { FsNode } from '../fs/nodes.ts'
import type { GuestMemory } from '../guest-memory.ts'
import { FILE_TYPE } from '../rights.ts'

const FILESTAT_BYTES = 64
const TIME_FLAG = { accessed: 1, accessedNow: 2, modified: 4, modifiedNow: 8 } as const

/** Writes preview 1's `$filestat`; no node stands for a standard stream. */
export function writeFilestat(memory: GuestMemory, at: number, node: FsNode | undefined): void {
  memory.bytes(at, FILESTAT_BYTES).fill(0)
  memory.writeU64(at + 24, 1n)
  if (node === undefined) return
  memory.writeU64(at, 1n)
  memory.writeU64(at + 8, node.inode)
  memory.writeU8(at + 16, FILE_TYPE[node.kind])
  memory.writeU64(at + 32, node.kind === 'file' ? BigInt(node.sizeBytes) : 0n)
  memory.writeU64(at + 40, node.accessedNs)
  memory.writeU64(at + 48, node.modifiedNs)
  memory.writeU64(at + 56, node.changedNs)
}

export interface TimesRequest {
  accessedNs: bigint
  modifiedNs: bigint
  flags: number
}

/** Sets times as asked. Throws INVAL where a time shall be both given and now. */
export function applyTimes(node: FsNode, request: TimesRequest, nowNs: bigint): void {
  const has = (flag: number) => (request.flags & flag) !== 0
  if (request.flags > 15) throw errno('INVAL')
  if (has(TIME_FLAG.accessed) && has(TIME_FLAG.accessedNow)) throw errno('INVAL')
  if (has(TIME_FLAG.modified) && has(TIME_FLAG.modifiedNow)) throw errno('INVAL')
  if (has(TIME_FLAG.accessed)) node.accessedNs = request.accessedNs
  if (has(TIME_FLAG.accessedNow)) node.accessedNs = nowNs
  if (has(TIME_FLAG.modified)) node.modifiedNs = request.modifiedNs
  if (has(TIME_FLAG.modifiedNow)) node.modifiedNs = nowNs
  node.changedNs = nowNs
}
