import { CodedError, type Result } from '@archipel/protocol'
import * as dagCbor from '@ipld/dag-cbor'
import { varint } from 'multiformats'
import type { CID } from 'multiformats/cid'
import type { BlockStore } from '../content/block-store.ts'
import { decodeContentCid } from '../content/cid.ts'
import { linksOf } from '../content/node.ts'
import { DATA_BYTES_MAX } from './limits.ts'

/**
 * What a result delivered, as one run of bytes that everybody who has the result's blocks makes alike: a CARv1 archive with
 * stdout and output as its roots, each block once, depth first. This is what a claim commits to, what demands ask for parts
 * of, and what jurors compare. No result is without data: the archive names its roots even where both are empty.
 *
 * @returns undefined when a block is missing here
 * @throws CodedError E_DATA_TOO_LARGE beyond {@link DATA_BYTES_MAX}
 */
export async function deliveredData(
  { stdout, output }: Pick<Result, 'stdout' | 'output'>,
  blocks: Pick<BlockStore, 'get'>,
  bytesMax: number = DATA_BYTES_MAX
): Promise<Uint8Array | undefined> {
  const roots = [decodeContentCid(stdout), decodeContentCid(output)]
  const pieces: Uint8Array[] = [framed(dagCbor.encode({ roots, version: 1 }))]
  let bytes = pieces[0]!.byteLength
  const seen = new Set<string>()
  // The next one is at the end, so children go there in reverse.
  const waiting: CID[] = [...roots].reverse()
  for (let cid = waiting.pop(); cid !== undefined; cid = waiting.pop()) {
    const name = cid.toString()
    if (seen.has(name)) continue
    seen.add(name)
    const block = await blocks.get(cid)
    if (block === undefined) return undefined
    const piece = framed(cid.bytes, block)
    bytes += piece.byteLength
    if (bytes > bytesMax) throw tooLarge(bytesMax)
    pieces.push(piece)
    for (const link of linksOf(cid, block).reverse()) waiting.push(link.cid)
  }
  return joined(pieces, bytes)
}

/** A section: its length as an unsigned varint, then its parts. */
function framed(...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.byteLength, 0)
  const prefix = new Uint8Array(varint.encodingLength(length))
  varint.encodeTo(length, prefix)
  return joined([prefix, ...parts], prefix.byteLength + length)
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}

function tooLarge(bytesMax: number): CodedError {
  return new CodedError('E_DATA_TOO_LARGE', 'this output is larger than what can be argued about in court', {
    facts: { bytesMax }
  })
}
