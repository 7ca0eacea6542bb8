import { type BlockFetcher, createMemoryBlockStore, importBytes, importFiles } from '@archipel/client'
import { CodedError, type ProviderAgreement } from '@archipel/protocol'
import type { PeerId } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import { describe, expect, it } from 'vitest'
import { createInputs } from '../../src/execution/inputs.ts'

const MIB = 2 ** 20
const PEER = { toString: () => 'buyer' } as PeerId
const signal = new AbortController().signal

function fetcherFrom(theirs: ReturnType<typeof createMemoryBlockStore>, asked: { count: number }): BlockFetcher {
  return {
    async fetch(_from: unknown, cid: CID) {
      asked.count++
      return theirs.get(cid)
    },
    stop() {}
  } as unknown as BlockFetcher
}

async function buyerWith(files: Record<string, Uint8Array>) {
  const theirs = createMemoryBlockStore()
  const program = await importBytes(new Uint8Array([0, 97, 115, 109]), theirs)
  const input = await importFiles(
    Object.entries(files).map(([path, content]) => ({ path, content })),
    theirs
  )
  return { theirs, program, input }
}

function agreement(program: CID, input: CID, diskBytes: number): ProviderAgreement {
  const workload = { program: program.bytes, input: input.bytes }
  return { demand: { body: { buyer: '0xb', workload, resources: { diskBytes } } } } as unknown as ProviderAgreement
}

describe('inputs', () => {
  it('are fetched and listed within the disk that was agreed, and refused beyond', async () => {
    const { theirs, program, input } = await buyerWith({ a: new Uint8Array(3 * MIB), b: new Uint8Array(MIB) })
    const asked = { count: 0 }
    const inputs = createInputs({
      fetcher: fetcherFrom(theirs, asked),
      blocks: createMemoryBlockStore(),
      sourceOf: () => PEER
    })
    const files = [...((await inputs.fetch(agreement(program, input, 4 * MIB), () => {}, signal)) as Iterable<unknown>)]
    expect(files).toHaveLength(2)
    await expect(inputs.fetch(agreement(program, input, 4 * MIB - 1), () => {}, signal)).rejects.toMatchObject({
      code: 'E_CONTENT_TOO_LARGE',
      facts: { fault: 'buyer' }
    })
  })

  it('that describe far more than travels are refused by their sizes', async () => {
    // One block of zeros, linked 256 times: a megabyte on the wire.
    const { theirs, program, input } = await buyerWith({ zeros: new Uint8Array(256 * MIB) })
    const inputs = createInputs({
      fetcher: fetcherFrom(theirs, { count: 0 }),
      blocks: createMemoryBlockStore(),
      sourceOf: () => PEER
    })
    await expect(inputs.fetch(agreement(program, input, 8 * MIB), () => {}, signal)).rejects.toMatchObject({
      facts: { fault: 'buyer' }
    })
  })

  it('that are here need no buyer', async () => {
    const { theirs, program, input } = await buyerWith({ a: new Uint8Array(10) })
    const inputs = createInputs({
      fetcher: fetcherFrom(createMemoryBlockStore(), { count: 0 }),
      blocks: theirs,
      sourceOf: () => undefined
    })
    expect(await inputs.fetch(agreement(program, input, MIB), () => {}, signal)).toHaveLength(1)
  })

  it('wait for a buyer that is away, for some time', async () => {
    const { theirs, program, input } = await buyerWith({ a: new Uint8Array(10) })
    let here = false
    const asked = { count: 0 }
    const init = {
      fetcher: fetcherFrom(theirs, asked),
      blocks: createMemoryBlockStore(),
      sourceOf: () => (here ? PEER : undefined)
    }
    const brief = createInputs({ ...init, buyerAwayMs: 0 })
    await expect(brief.fetch(agreement(program, input, MIB), () => {}, signal)).rejects.toThrow(CodedError)
    const patient = createInputs(init)
    const fetching = patient.fetch(
      agreement(program, input, MIB),
      () => {
        here = true
      },
      signal
    )
    expect(await fetching).toHaveLength(1)
    expect(asked.count).toBeGreaterThan(0)
  })
})
