import {
  type BlockFetcher,
  type BlockStore,
  decodeContentCid,
  type ExportedFile,
  exportBytes,
  exportFiles,
  fetchDag
} from '@archipel/client'
import { CodedError, type ProviderAgreement } from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import type { ExecutionJob, InputFile } from '../executor/index.ts'
import { COMPLETE_CIDS_MAX, FETCH_TIMEOUT_MS, INPUT_FILES_MAX, INPUT_LIMITS, PROGRAM_LIMITS } from './limits.ts'

/** Brings what a workload names onto this machine: from the block store, or from the buyer. */
export interface Inputs {
  /** Fetches program and input; `onFetch` is called when anything has to travel. @returns the input's files */
  fetch(state: ProviderAgreement, onFetch: () => void, signal: AbortSignal): Promise<ExecutionJob['files']>
  /** The program's bytes. */
  program(state: ProviderAgreement): Promise<Uint8Array>
}

export interface InputsInit {
  fetcher: BlockFetcher
  blocks: BlockStore
  /** Who has the inputs: the buyer. */
  sourceOf: (state: ProviderAgreement) => PeerId | undefined
}

export function createInputs({ fetcher, blocks, sourceOf }: InputsInit): Inputs {
  const complete = new Set<string>()

  async function ensure(
    cid: CID,
    limits: typeof INPUT_LIMITS,
    state: ProviderAgreement,
    onFetch: () => void,
    signal: AbortSignal
  ): Promise<void> {
    const key = cid.toString()
    if (complete.has(key)) return
    const source = sourceOf(state)
    onFetch()
    await fetchDag({
      fetcher,
      root: cid,
      from: source === undefined ? [] : [source],
      blockstore: blocks,
      limits,
      signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
    })
    complete.add(key)
    if (complete.size > COMPLETE_CIDS_MAX) complete.delete(complete.values().next().value as string)
  }

  /** Names now, bytes when the executor asks for them. The executor's file system is in memory: letter case matters. */
  async function files(root: CID): Promise<ExecutionJob['files']> {
    const found: InputFile[] = []
    const limits = { files: INPUT_FILES_MAX, bytes: INPUT_LIMITS.bytes }
    for await (const file of exportFiles(root, blocks, { limits, allowFoldedDuplicates: true })) {
      if (file.type === 'file') found.push({ path: file.path, read: () => concatenated(file) })
    }
    return found
  }

  const cidOf = (bytes: Uint8Array, what: string): CID => {
    try {
      return decodeContentCid(bytes)
    } catch (cause) {
      throw new CodedError('E_BAD_CID', `the ${what} of the demand is not a CID`, { facts: { fault: 'buyer' }, cause })
    }
  }

  return {
    async fetch(state, onFetch, signal) {
      const { program, input } = state.demand.body.workload
      await ensure(cidOf(program, 'program'), PROGRAM_LIMITS, state, onFetch, signal)
      if (input.length === 0) return []
      const root = cidOf(input, 'input')
      await ensure(root, INPUT_LIMITS, state, onFetch, signal)
      return files(root)
    },
    program(state) {
      const root = cidOf(state.demand.body.workload.program, 'program')
      return exportBytes(root, blocks, { bytesMax: PROGRAM_LIMITS.bytes })
    }
  }
}

async function concatenated({ byteLength, content }: ExportedFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(byteLength)
  let filled = 0
  for await (const piece of content()) {
    bytes.set(piece, filled)
    filled += piece.length
  }
  return bytes
}
