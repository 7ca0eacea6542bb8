import { CodedError } from '@archipel/protocol'
import { decode as decodePb, type PBLink, type PBNode } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import { DAG_PB_CODE, isContentCid } from './cid.ts'

/** A block of content, understood. */
export type ContentNode =
  | { kind: 'bytes'; bytes: Uint8Array }
  | {
      kind: 'file'
      bytes: Uint8Array
      parts: { cid: CID; byteLength: number }[]
      byteLength: number
      /** Somebody may run it: of the mode no more is kept. */
      executable: boolean
    }
  | { kind: 'directory'; entries: { name: string; cid: CID }[] }

/**
 * Reads a block. Throws E_CONTENT_INVALID for what is not UnixFS or contradicts itself, and E_CONTENT_UNSUPPORTED for
 * kinds that are not used here: symlinks, sharded directories, metadata, files that run with somebody else's rights.
 */
export function readNode(cid: CID, block: Uint8Array): ContentNode {
  if (cid.code !== DAG_PB_CODE) return { kind: 'bytes', bytes: block }
  const { links, unixfs } = parse(cid, block)
  switch (unixfs.type) {
    case 'directory':
      return { kind: 'directory', entries: links.map(link => ({ name: link.Name ?? '', cid: link.Hash })) }
    case 'file':
    case 'raw':
      return readFileNode(cid, unixfs, links)
    default:
      throw new CodedError('E_CONTENT_UNSUPPORTED', 'content of this kind is not used here', {
        facts: { cid: cid.toString(), kind: unixfs.type }
      })
  }
}

/** A child of a node: where it is and how many bytes the parent says lie below it; undefined when it doesn't say. */
export interface ContentLink {
  cid: CID
  claimedBytes: number | undefined
}

/** Children of a block, whatever its kind. Throws E_CONTENT_INVALID. */
export function linksOf(cid: CID, block: Uint8Array): ContentLink[] {
  if (cid.code !== DAG_PB_CODE) return []
  return decodeLinks(cid, block).links.map(link => ({ cid: link.Hash, claimedBytes: link.Tsize }))
}

function parse(cid: CID, block: Uint8Array): { links: PBLink[]; unixfs: UnixFS } {
  const { links, data } = decodeLinks(cid, block)
  if (data === undefined) throw invalid(cid, 'the node says nothing of its kind')
  try {
    return { links, unixfs: UnixFS.unmarshal(data) }
  } catch (cause) {
    throw invalid(cid, 'the node is not UnixFS', cause)
  }
}

function decodeLinks(cid: CID, block: Uint8Array): { links: PBLink[]; data: Uint8Array | undefined } {
  let node: PBNode
  try {
    node = decodePb(block)
  } catch (cause) {
    throw invalid(cid, 'the block is not dag-pb', cause)
  }
  if (!node.Links.every(link => isContentCid(link.Hash))) {
    throw invalid(cid, 'a link leads to something else than content')
  }
  return { links: node.Links, data: node.Data }
}

/** setuid, setgid, sticky. */
const MODE_SPECIAL = 0o7000
const MODE_EXECUTE = 0o111

/** Every part of a file must say its size and have one: parts of no bytes could be repeated without end. */
function readFileNode(cid: CID, unixfs: UnixFS, links: PBLink[]): ContentNode {
  const mode = unixfs.mode ?? 0
  if ((mode & MODE_SPECIAL) !== 0) {
    throw new CodedError('E_CONTENT_UNSUPPORTED', 'content of this kind is not used here', {
      facts: { cid: cid.toString(), kind: 'a file with setuid, setgid or sticky bit' }
    })
  }
  const bytes = unixfs.data ?? new Uint8Array(0)
  if (unixfs.blockSizes.length !== links.length) throw invalid(cid, 'the parts of a file have no sizes')
  const parts = links.map((link, i) => ({ cid: link.Hash, byteLength: Number(unixfs.blockSizes[i]!) }))
  let byteLength = bytes.byteLength
  for (const part of parts) {
    if (part.byteLength <= 0) throw invalid(cid, 'a part of a file is empty')
    byteLength += part.byteLength
  }
  if (!Number.isSafeInteger(byteLength)) throw invalid(cid, 'the file is impossibly large')
  return { kind: 'file', bytes, parts, byteLength, executable: (mode & MODE_EXECUTE) !== 0 }
}

function invalid(cid: CID, reason: string, cause?: unknown): CodedError {
  return new CodedError('E_CONTENT_INVALID', 'this content contradicts the rules', {
    facts: { cid: cid.toString(), reason },
    cause
  })
}
