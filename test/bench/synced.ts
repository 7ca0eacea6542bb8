import { join } from 'node:path'
import { createStore } from '@archipel/client'
import {
  type AgreementId,
  agreementType,
  bidType,
  channelId,
  demandType,
  digestOf,
  type SignedAgreement,
  sign
} from '@archipel/protocol'
import {
  buyer,
  channelKey,
  createWorld,
  DONE,
  domain,
  paymentFor,
  type World
} from '../../packages/node/test/agreement/world.ts'
import { round, spreadOf } from './statistics.ts'

export interface SyncedReport {
  /** Buyers at once: each waits for its answer before it says the next thing. */
  readonly streams: number
  readonly agreements: number
  /** Acceptances that were verified and on disk before the provider went on. */
  readonly acceptsPerSec: number
  /** Vouchers that were verified and on disk, with what they pay, before they were acknowledged. */
  readonly vouchersPerSec: number
  /** Processor time of each, all threads: what a machine with other work to do is left with. */
  readonly acceptCpuUs: number
  readonly voucherCpuUs: number
  readonly acceptMs: ReturnType<typeof spreadOf>
  readonly voucherMs: ReturnType<typeof spreadOf>
}

/** Open bids of one buyer are bounded: they are accepted in rounds of so many. */
const ROUND = 512

/** What a provider's side takes of agreements and payments, all checks and synced writes included, the network left out. */
export async function measureSynced(dir: string, rounds: number, log: (line: string) => void): Promise<SyncedReport[]> {
  const reports: SyncedReport[] = []
  for (const streams of [16, 64, 256]) {
    log(`accepts and vouchers, ${ROUND * rounds} of each on ${streams} streams …`)
    const store = await createStore({ location: join(dir, `synced-${streams}`) })
    const world = await createWorld({ store, deposit: 10n ** 18n })
    try {
      reports.push(await measure(world, streams, rounds))
    } finally {
      await store.close()
    }
  }
  return reports
}

async function measure(world: World, streams: number, rounds: number): Promise<SyncedReport> {
  const keys = Array.from({ length: streams }, (_, n) => channelKey(BigInt(n)))
  const logs = new Map<number, ReturnType<typeof paymentFor>['paid']>()
  const accepts = createTimer()
  const vouchers = createTimer()
  // The first look at each channel is the chain's time, not the disk's.
  for (const [n, key] of keys.entries())
    await world.agree(world.demand(n, { deadline: world.clock.nowSec + 3600 }), key)
  for (let at = 0; at < rounds; at++) {
    const agreements = await prepare(world, keys, at)
    await accepts.run(streams, agreements, async ({ agreement, key }) => {
      await world.say({ type: 'accept', value: { agreement, channel: key } })
    })
    const receiptsBefore = world.receipts.length
    for (const { id } of agreements) await world.engine.apply(id, DONE)
    const receipts = new Map(world.receipts.slice(receiptsBefore).map(receipt => [receipt.agreement, receipt]))
    const payments = agreements.map(({ id, stream, key }) => {
      const { paid, ...payment } = paymentFor(key, [receipts.get(id)!], logs.get(stream))
      logs.set(stream, paid)
      return payment
    })
    await vouchers.run(streams, payments, async payment => {
      const answer = await world.say({ type: 'payment', value: payment })
      if (answer?.type !== 'acknowledgement') throw new Error(`not acknowledged: ${JSON.stringify(answer?.value)}`)
    })
  }
  return {
    streams,
    agreements: ROUND * rounds,
    acceptsPerSec: accepts.perSec(),
    vouchersPerSec: vouchers.perSec(),
    acceptCpuUs: accepts.cpuUs(),
    voucherCpuUs: vouchers.cpuUs(),
    acceptMs: accepts.spread(),
    voucherMs: vouchers.spread()
  }
}

/** Demands and Bids, and the agreements on them: signed, not yet accepted. */
async function prepare(world: World, keys: readonly ReturnType<typeof channelKey>[], at: number) {
  const prepared: { id: AgreementId; stream: number; key: (typeof keys)[number]; agreement: SignedAgreement }[] = []
  for (let n = 0; n < ROUND; n++) {
    const stream = n % keys.length
    const key = keys[stream]!
    const demand = world.demand(1_000_000 + at * ROUND + n, { deadline: world.clock.nowSec + 3600 })
    const bid = await world.say({ type: 'demand', value: demand })
    if (bid?.type !== 'bid') throw new Error(`no bid: ${JSON.stringify(bid?.value)}`)
    const agreement = sign(buyer, domain, agreementType, {
      demand: digestOf(domain, demandType, demand.body),
      bid: digestOf(domain, bidType, bid.value.body),
      channel: channelId(key)
    })
    prepared.push({ id: digestOf(domain, agreementType, agreement.body) as AgreementId, stream, key, agreement })
  }
  return prepared
}

/** Times work that `streams` do at once, each its own share in order. */
function createTimer() {
  const tookMs: number[] = []
  let totalMs = 0
  let totalCpuUs = 0
  return {
    async run<T>(streams: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
      const startMs = performance.now()
      const startCpu = process.cpuUsage()
      await Promise.all(
        Array.from({ length: streams }, async (_, stream) => {
          for (let n = stream; n < items.length; n += streams) {
            const itemMs = performance.now()
            await work(items[n]!)
            tookMs.push(performance.now() - itemMs)
          }
        })
      )
      totalMs += performance.now() - startMs
      const { user, system } = process.cpuUsage(startCpu)
      totalCpuUs += user + system
    },
    cpuUs: () => Math.round(totalCpuUs / tookMs.length),
    perSec: () => round((tookMs.length * 1000) / totalMs),
    spread: () => spreadOf(tookMs)
  }
}
