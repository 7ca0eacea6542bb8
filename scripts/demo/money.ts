import { setTimeout as delay } from 'node:timers/promises'
import { type Chain, createChain, type NetworkDescriptor } from '../../packages/client/src/index.ts'
import type { AgreementId, ChannelId } from '../../packages/protocol/src/index.ts'
import type { Archipel } from './archipel.ts'
import { expect } from './expect.ts'
import type { ReplicaAnswer } from './job.ts'

/** Providers of the demo redeem within a second; a busy machine gets a good deal longer. */
const REDEEM_TIMEOUT_MS = 60_000
const POLL_MS = 200

/** What one operator got, by the chain. */
export interface Payout {
  readonly provider: string
  readonly region: string
  readonly agreement: AgreementId
  readonly channel: ChannelId
  /** By the buyer's vouchers. */
  readonly promised: bigint
  readonly arrived: bigint
  readonly transactions: readonly { readonly hash: string; readonly gasUsed: bigint }[]
}

interface DescribeAnswer {
  readonly replicas: readonly (ReplicaAnswer & { readonly channel: ChannelId })[]
}

/** Waits until all that was promised to those who delivered has arrived on chain. */
export async function awaitPayouts(
  archipel: Archipel,
  descriptor: NetworkDescriptor,
  job: string,
  winners: readonly ReplicaAnswer[],
  signal: AbortSignal
): Promise<Payout[]> {
  const { replicas } = await archipel.json<DescribeAnswer>(['job', 'describe', job])
  const chain = createChain(descriptor)
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(REDEEM_TIMEOUT_MS)])
  return Promise.all(
    winners.map(async ({ provider, region, agreement, paid }) => {
      const channel = replicas.find(replica => replica.agreement === agreement)?.channel
      expect(channel !== undefined, `the books know the channel of ${provider}`)
      const promised = BigInt(paid)
      const arrived = await settledAtLeast(chain, channel, promised, timeout)
      expect(arrived === promised, `${provider} got exactly what it was promised: ${arrived} of ${promised}`)
      const events = await chain.redeemedEvents(channel, { fromBlock: descriptor.deployedAt }, { signal })
      const transactions = await Promise.all(
        events.map(async ({ transactionHash: hash }) => ({ hash, gasUsed: await gasUsed(descriptor, hash, signal) }))
      )
      return { provider, region, agreement: agreement as AgreementId, channel, promised, arrived, transactions }
    })
  )
}

async function settledAtLeast(chain: Chain, channel: ChannelId, amount: bigint, signal: AbortSignal): Promise<bigint> {
  for (;;) {
    const { settled } = await chain.channelState(channel, { signal })
    if (settled >= amount) return settled
    await delay(POLL_MS, undefined, { signal })
  }
}

async function gasUsed({ rpcUrls }: NetworkDescriptor, hash: string, signal: AbortSignal): Promise<bigint> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getTransactionReceipt', params: [hash] })
  const response = await fetch(rpcUrls[0]!, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    signal
  })
  const { result } = (await response.json()) as { result: { gasUsed: string } }
  return BigInt(result.gasUsed)
}
