import { setTimeout as delay } from 'node:timers/promises'
import {
  type BlockFetcher,
  type BlockSource,
  decodeContentCid,
  type ExportedFile,
  exportBytes,
  exportFiles,
  fetchDag,
  type KeptBlockStore
} from '@archipel/client'
import { CodedError, isCodedError, type ProviderAgreement } from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import type { ExecutionJob, InputFile } from '../executor/index.ts'
import {
  BUYER_AWAY_MS,
  COMPLETE_CIDS_MAX,
  FETCH_RETRY_MS,
  FETCH_TIMEOUT_MS,
  FETCHES_MAX,
  FETCHES_PER_BUYER_MAX,
  FETCHES_WAITING_MAX,
  INPUT_FILES_MAX,
  INPUT_LIMITS,
  INPUT_NODES_BYTES_MAX,
  PROGRAM_BLOCKS_MAX,
  PROGRAM_BYTES_MAX_BY_RUNTIME,
  PROGRAM_DEPTH_MAX,
  PROGRAM_NODES_BYTES_MAX
} from './limits.ts'
import { createSlots } from './slots.ts'

/** Brings what a workload names onto this machine: from the block store, or from the buyer. */
export interface Inputs {
  /**
   * Fetches program and input, which stay until {@link Inputs.release}; `onFetch` is called when anything has to travel.
   *
   * @returns the input's files
   */
  fetch(state: ProviderAgreement, onFetch: () => void, signal: AbortSignal): Promise<ExecutionJob['files']>
  /** The program's bytes. */
  program(state: ProviderAgreement): Promise<Uint8Array>
  /** The agreement needs its program and input no more. */
  release(state: ProviderAgreement): void
}

export interface InputsInit {
  fetcher: BlockFetcher
  blocks: KeptBlockStore
  /** Who has the inputs: the buyer. */
  sourceOf: (state: ProviderAgreement) => PeerId | undefined
  /** Who else has them, or a part: the buyer knows whom it gave them to. */
  othersWith?: (root: CID, buyer: PeerId, signal: AbortSignal) => Promise<readonly BlockSource[]>
  /** How long a buyer that is away is waited for. */
  buyerAwayMs?: number
}

export function createInputs({
  fetcher,
  blocks,
  sourceOf,
  othersWith,
  buyerAwayMs = BUYER_AWAY_MS
}: InputsInit): Inputs {
  /** CID → blocks evicted until it was found whole: any that went since may have been one of its own. */
  const complete = new Map<string, number>()
  const slots = createSlots({
    perTenantMax: FETCHES_PER_BUYER_MAX,
    max: FETCHES_MAX,
    waitingMax: FETCHES_WAITING_MAX
  })

  async function ensure(
    cid: CID,
    limits: typeof INPUT_LIMITS,
    state: ProviderAgreement,
    onFetch: () => void,
    signal: AbortSignal
  ): Promise<void> {
    const key = cid.toString()
    // Pinned first: what is found here now is then still here when it is used.
    await blocks.pin(cid, state.id)
    if (complete.get(key) === blocks.stats().evictedBlocks) return
    onFetch()
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
    const startMs = performance.now()
    while (!(await tryFetch(cid, limits, state, bounded))) {
      if (performance.now() - startMs > buyerAwayMs) {
        throw new CodedError('E_BLOCK_FETCH_FAILED', 'the buyer is not there to hand over its inputs', {
          facts: { cid: key }
        })
      }
      await delay(FETCH_RETRY_MS, undefined, { signal: bounded }).catch(() => bounded.throwIfAborted())
    }
    complete.set(key, blocks.stats().evictedBlocks)
    if (complete.size > COMPLETE_CIDS_MAX) complete.delete(complete.keys().next().value as string)
  }

  /** @returns false where the buyer cannot be reached now; what is here already needs no buyer */
  async function tryFetch(
    root: CID,
    limits: typeof INPUT_LIMITS,
    state: ProviderAgreement,
    signal: AbortSignal
  ): Promise<boolean> {
    const release = await slots.acquire(state.demand.body.buyer, signal)
    try {
      const source = sourceOf(state)
      await fetchDag({
        fetcher,
        root,
        from: source === undefined ? [] : [source],
        found: source === undefined ? undefined : othersWith?.(root, source, signal),
        blockstore: blocks,
        limits,
        signal
      })
      return true
    } catch (err) {
      if (isCodedError(err) && err.code === 'E_BLOCK_FETCH_FAILED') return false
      throw err
    } finally {
      release()
    }
  }

  /** Names now, bytes when the executor asks for them. The executor's file system is in memory: letter case matters. */
  async function files(root: CID, bytesMax: number): Promise<ExecutionJob['files']> {
    const found: InputFile[] = []
    const limits = { files: INPUT_FILES_MAX, bytes: bytesMax }
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
      const { workload, resources } = state.demand.body
      try {
        const bytes = programBytesMax(workload.runtime) + PROGRAM_NODES_BYTES_MAX
        const programLimits = { blocks: PROGRAM_BLOCKS_MAX, bytes, depth: PROGRAM_DEPTH_MAX }
        await ensure(cidOf(workload.program, 'program'), programLimits, state, onFetch, signal)
        if (workload.input.length === 0) return []
        const root = cidOf(workload.input, 'input')
        // A block linked a thousand times is stored once and is a thousand blocks of a file: files are counted by size.
        const filesBytesMax = Math.min(resources.diskBytes, INPUT_LIMITS.bytes)
        const limits = { ...INPUT_LIMITS, bytes: filesBytesMax + INPUT_NODES_BYTES_MAX }
        await ensure(root, limits, state, onFetch, signal)
        return await files(root, filesBytesMax)
      } catch (err) {
        throw blamed(err)
      }
    },
    async program(state) {
      try {
        const { program, runtime } = state.demand.body.workload
        return await exportBytes(cidOf(program, 'program'), blocks, { bytesMax: programBytesMax(runtime) })
      } catch (err) {
        throw blamed(err)
      }
    },
    release: ({ id }) => blocks.unpin(id)
  }
}

/** A runtime that nobody offers brings no program. */
const programBytesMax = (runtime: string): number => PROGRAM_BYTES_MAX_BY_RUNTIME[runtime] ?? 0

/** Content that breaks the rules or is larger than agreed would fail everywhere: no other host needs to try. */
function blamed(err: unknown): unknown {
  if (!isCodedError(err) || !(err.code.startsWith('E_CONTENT_') || err.code === 'E_DAG_TOO_LARGE')) return err
  return new CodedError(err.code, err.message, { facts: { ...err.facts, fault: 'buyer' }, cause: err })
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
