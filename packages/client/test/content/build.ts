import { encode, type PBLink, prepare } from '@ipld/dag-pb'
import { UnixFS, type UnixFSOptions } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { type BlockStore, cidOf, createMemoryBlockStore, DAG_PB_CODE, RAW_CODE } from '../../src/content/index.ts'

/** Makes DAGs block by block, also those that no honest importer makes. */
export interface Builder {
  blockstore: BlockStore
  raw(bytes: Uint8Array | string): Promise<CID>
  node(unixfs: UnixFSOptions | Uint8Array, links?: PBLink[]): Promise<CID>
  directory(entries: Record<string, CID> | [string, CID][]): Promise<CID>
  file(parts: [CID, number][]): Promise<CID>
}

export function createBuilder(blockstore: BlockStore = createMemoryBlockStore()): Builder {
  async function put(code: typeof RAW_CODE | typeof DAG_PB_CODE, bytes: Uint8Array): Promise<CID> {
    const cid = await cidOf(code, bytes)
    await blockstore.put(cid, bytes)
    return CID.createV1(code, cid.multihash)
  }

  const node: Builder['node'] = (unixfs, links = []) => {
    const Data = unixfs instanceof Uint8Array ? unixfs : new UnixFS(unixfs).marshal()
    return put(DAG_PB_CODE, encode(prepare({ Data, Links: links })))
  }

  return {
    blockstore,
    raw: bytes => put(RAW_CODE, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes),
    node,
    directory: entries =>
      node(
        { type: 'directory' },
        (Array.isArray(entries) ? entries : Object.entries(entries)).map(([Name, Hash]) => ({ Name, Hash, Tsize: 1 }))
      ),
    file: parts =>
      node(
        { type: 'file', blockSizes: parts.map(([, size]) => BigInt(size)) },
        parts.map(([Hash, Tsize]) => ({ Name: '', Hash, Tsize }))
      )
  }
}

/** Bytes that differ from their neighbours, the same every time. */
export function someBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
