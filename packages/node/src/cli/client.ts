import { randomBytes } from 'node:crypto'
import {
  type Client,
  createChain,
  createClient,
  createMemoryBlockStore,
  createNetwork,
  createStore,
  type FaultRecord,
  waitFor
} from '@archipel/client'
import { createNativeSigner, createNodeClient, nodeTransports, recoverNative } from '@archipel/client/node'
import type { Hash } from '@archipel/protocol'
import { openOwnBooks } from '../books/open-books.ts'
import type { Context } from './context.ts'
import { newsLine, pendingLines } from './dispute/words.ts'
import { reconciledLines } from './escrow/words.ts'
import { faultLine } from './faults/words.ts'
import { shortId } from './run/words.ts'

/** Letting go of peers is a courtesy: a command that is done must not wait for one that is gone. */
const STOP_TIMEOUT_MS = 3_000

/**
 * Works with the buyer's client: its wallet, jobs and channels. Not connected until `start` is called. Waits while another
 * process works with the same books; meanwhile and afterwards others can read them.
 */
export async function withClient<T>(
  context: Context,
  work: (client: Client, start: () => Promise<void>) => Promise<T>
): Promise<T> {
  const { output, signal } = context
  const [descriptor, folder, { limits, disputes, reports }, { privateKey }] = await Promise.all([
    context.network(),
    context.folder(),
    context.settings(),
    context.wallet()
  ])
  const books = await openOwnBooks({
    folder,
    signal,
    onWait: pid =>
      output.note(`Waiting: process ${pid ?? 'unknown'} works with this wallet's channels, one at a time does.`)
  })
  /** Told of once, at the end, as they stand then. */
  const faults = new Map<Hash, FaultRecord>()
  try {
    const client = await createNodeClient({
      descriptor,
      privateKey,
      dataDir: folder.buyer,
      store: books.store,
      limits,
      disputes,
      onDispute: news => output.note(newsLine(news)),
      reports,
      onFault: fault => void faults.set(fault.id, fault),
      onReconciled: done => {
        for (const line of reconciledLines(done)) output.note(line)
      },
      onWarning: ({ provider, error }) =>
        output.detail(`${provider === undefined ? 'the chain or a peer' : shortId(provider)}: ${messageOf(error)}`)
    })
    try {
      return await finallyStopping(client, async () => {
        const result = await work(client, () => waitFor(client.start(), signal))
        // Whatever brought it here, a client that ends says what it leaves behind, and until when.
        for (const line of pendingLines(await client.disputes())) output.note(line)
        return result
      })
    } finally {
      for (const fault of faults.values()) output.note(faultLine(fault, client.address))
    }
  } finally {
    await books.release()
  }
}

/** Works with a client that can only look: a key of its own for the occasion, nothing on disk. */
export async function withVisitor<T>(context: Context, work: (client: Client) => Promise<T>): Promise<T> {
  const descriptor = await context.network()
  const privateKey = randomBytes(32)
  const [store, network] = await Promise.all([
    createStore({ memory: true }),
    createNetwork({
      network: descriptor.name,
      offerShards: descriptor.offerShards,
      privateKey,
      transports: nodeTransports(),
      bootstrap: descriptor.bootstrap,
      allowPrivateAddresses: descriptor.allowPrivateAddresses
    })
  ])
  const client = createClient({
    descriptor,
    signer: createNativeSigner(privateKey),
    recover: recoverNative,
    network,
    chain: createChain(descriptor),
    store,
    blocks: createMemoryBlockStore()
  })
  return finallyStopping(client, async () => {
    await waitFor(client.start(), context.signal)
    return work(client)
  })
}

async function finallyStopping<T>(client: Client, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    await waitFor(client.stop(), AbortSignal.timeout(STOP_TIMEOUT_MS)).catch(() => {})
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
