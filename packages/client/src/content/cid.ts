import { CodedError } from '@archipel/protocol'
import * as dagPb from '@ipld/dag-pb'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import * as Digest from 'multiformats/hashes/digest'
import { sha256 } from 'multiformats/hashes/sha2'

/** Codecs of content: file bytes, and the nodes that join them into files and directories. */
export const RAW_CODE = raw.code
export const DAG_PB_CODE = dagPb.code
export type ContentCodec = typeof RAW_CODE | typeof DAG_PB_CODE

/** Bytes of every CID we use: version, codec, hash function, hash length, 32 bytes of sha2-256. */
export const CID_BYTES = 36

/**
 * Largest block, bytes. A chunk is 1 MiB; a directory of {@link DIRECTORY_ENTRIES_MAX} long names is larger. The whole
 * block must arrive before its hash can be checked, so this is also what one lie may cost.
 */
export const BLOCK_BYTES_MAX = 2 * 1024 * 1024

const SHA2_256_CODE = sha256.code
const SHA2_256_BYTES = 32

/** The CID of a block's bytes: one hash. */
export async function cidOf(codec: ContentCodec, bytes: Uint8Array): Promise<CID> {
  return CID.createV1(codec, await sha256.digest(bytes))
}

/** True for CIDs of content: version 1, raw or dag-pb, sha2-256. Others have no place here and are never asked for. */
export function isContentCid(cid: CID): boolean {
  return (
    cid.version === 1 &&
    (cid.code === RAW_CODE || cid.code === DAG_PB_CODE) &&
    cid.multihash.code === SHA2_256_CODE &&
    cid.multihash.digest.byteLength === SHA2_256_BYTES
  )
}

/** Throws E_CID_INVALID unless {@link isContentCid}. */
export function validateContentCid(cid: CID): CID {
  if (isContentCid(cid)) return cid
  throw new CodedError('E_CID_INVALID', 'this CID does not name content', {
    facts: { cid: cid.toString() },
    hint: 'content has CIDs of version 1, codec raw or dag-pb, hash sha2-256'
  })
}

/** The CID of exactly {@link CID_BYTES} bytes. Throws E_CID_INVALID. */
export function decodeContentCid(bytes: Uint8Array): CID {
  if (
    bytes.byteLength !== CID_BYTES ||
    bytes[0] !== 1 ||
    (bytes[1] !== RAW_CODE && bytes[1] !== DAG_PB_CODE) ||
    bytes[2] !== SHA2_256_CODE ||
    bytes[3] !== SHA2_256_BYTES
  ) {
    throw new CodedError('E_CID_INVALID', 'these bytes are not the CID of content', {
      facts: { byteLength: bytes.byteLength }
    })
  }
  // A copy: the CID outlives the message it came in.
  return CID.createV1(bytes[1]!, Digest.create(SHA2_256_CODE, new Uint8Array(bytes.subarray(4))))
}

/** Parses CID text. Throws E_CID_INVALID. */
export function parseContentCid(text: string): CID {
  try {
    return validateContentCid(CID.parse(text))
  } catch (cause) {
    throw new CodedError('E_CID_INVALID', 'this is not the CID of content', {
      facts: { text: text.slice(0, 128) },
      hint: 'it looks like bafkrei… or bafybei…',
      cause
    })
  }
}

/** True when `bytes` are the block that `cid` names. */
export async function isBlockOf(cid: CID, bytes: Uint8Array): Promise<boolean> {
  const { digest } = await sha256.digest(bytes)
  const expected = cid.multihash.digest
  for (let i = 0; i < SHA2_256_BYTES; i++) if (digest[i] !== expected[i]) return false
  return true
}

/** Key of a block in a map: its hash alone, whichever codec reads it. Short and without base conversion. */
export function blockKey(cid: CID): string {
  return digestKey(cid.multihash.digest)
}

export function digestKey(digest: Uint8Array): string {
  return String.fromCharCode(...digest)
}
