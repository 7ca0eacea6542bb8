import { randomBytes } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { type Chain, type Client, createChain, mintTestTokens, type NetworkDescriptor } from '@archipel/client'
import { createNativeSigner, createNodeClient } from '@archipel/client/node'
import { decodeMeta, type Signer } from '@archipel/protocol'
import type { Bench } from './bench.ts'
import { rpc } from './rpc.ts'
import { round } from './statistics.ts'

export interface GasReport {
  readonly jobs: number
  /** One transaction each, as the chain charged it: base fee of a transaction and calldata included. */
  readonly open: number
  readonly redeem: number
  /** Close request by the buyer, and the close after its delay. */
  readonly close: number
  /** Everything, shared by the jobs. */
  readonly perJob: number
}

/** Runs n real jobs on a fresh channel, redeems its last voucher, closes it, and divides the gas by n. */
export async function measureGas(bench: Bench, sizes: readonly number[]): Promise<GasReport[]> {
  const reports: GasReport[] = []
  for (const jobs of sizes) {
    bench.log(`gas: ${jobs} jobs on one channel …`)
    reports.push(await measure(bench, jobs))
  }
  return reports
}

const WHOLE_TOKEN = 10n ** 18n
const IN_FLIGHT = 32

async function measure({ descriptor, noop, dir }: Bench, jobs: number): Promise<GasReport> {
  const buyer = await freshBuyer(descriptor, dir)
  try {
    // The first alone: it opens the channel that all of them use.
    await buyer.client.runJob(noop)
    let left = jobs - 1
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        while (left-- > 0) await buyer.client.runJob(noop)
      })
    )
    return await settle(buyer, descriptor, jobs)
  } finally {
    await buyer.client.stop()
  }
}

interface Buyer {
  readonly client: Client
  readonly chain: Chain
}

async function settle({ client, chain }: Buyer, descriptor: NetworkDescriptor, jobs: number): Promise<GasReport> {
  const [channel] = await client.channels()
  if (channel?.voucher === undefined || channel.log.size !== jobs)
    throw new Error(`the voucher does not pay ${jobs} jobs`)
  const events = await chain.channelEvents(channel.id, { fromBlock: descriptor.deployedAt })
  const opened = events.find(event => event.name === 'ChannelOpened')
  const receipt = (await rpc(descriptor, 'eth_getTransactionReceipt', [opened?.transactionHash])) as { gasUsed: string }
  const open = Number(receipt.gasUsed)
  const redeem = Number(
    (await chain.redeem({ key: channel.key, ...channel.voucher.body, signature: channel.voucher.signature })).gasUsed
  )
  const request = await chain.requestClose(channel.key)
  await rpc(descriptor, 'evm_increaseTime', [decodeMeta(channel.key.meta).closeDelaySec + 1])
  await rpc(descriptor, 'evm_mine', [])
  const close = Number(request.gasUsed + (await chain.close(channel.key)).gasUsed)
  return { jobs, open, redeem, close, perJob: round((open + redeem + close) / jobs) }
}

async function freshBuyer(descriptor: NetworkDescriptor, dir: string): Promise<Buyer> {
  const privateKey = randomBytes(32)
  const signer: Signer = createNativeSigner(privateKey)
  await rpc(descriptor, 'anvil_setBalance', [signer.address, `0x${WHOLE_TOKEN.toString(16)}`])
  await mintTestTokens({ ...descriptor, signer, to: signer.address, amount: WHOLE_TOKEN })
  const chain = createChain({ ...descriptor, signer })
  await chain.deposit(WHOLE_TOKEN)
  const dataDir = await mkdtemp(join(dir, 'buyer-'))
  const client = await createNodeClient({ descriptor, privateKey, dataDir, channelPolicy: { depositMin: WHOLE_TOKEN } })
  await client.start()
  return { client, chain }
}
