import { join } from 'node:path'
import { createBuyerRecords, createStore, importBytes, type JobRecord, type LeafRecord } from '@archipel/client'
import { createFsBlockStore, createNativeSigner } from '@archipel/client/node'
import {
  type Address,
  type AgreementId,
  agreementType,
  bidType,
  type ChannelKey,
  channelId,
  createBuyerAgreement,
  createBuyerChannel,
  createSigningDomain,
  demandType,
  digestOf,
  encodeMeta,
  issueVoucher,
  offerType,
  RECEIPT_FINAL,
  type Result,
  receiptType,
  resultDigest,
  sign,
  voucherType,
  ZERO_ADDRESS
} from '@archipel/protocol'
import { ADDRESS, networkRoot } from './fixtures.ts'

export const PAID = 4_200_000_000_000n
export const STDOUT = 'hello from the program\n'
export const STDERR = 'a warning\n\u001b[31mred'
const NOW_SEC = 1_800_000_000
/** Of the escrow, the token and the operator alike: nobody asks a chain here. */
const PLACE = ADDRESS as Address

export interface StoredJob {
  readonly job: JobRecord
  readonly agreement: AgreementId
}

/** Writes the books of a buyer who had one job done and paid for, as the client leaves them. */
export async function writeJob(home: string, change: Partial<JobRecord> = {}): Promise<StoredJob> {
  const buyer = join(networkRoot(home), 'buyer')
  const [store, blocks] = await Promise.all([
    createStore({ location: join(buyer, 'store') }),
    createFsBlockStore({ directory: join(buyer, 'blocks') })
  ])
  const [stdout, stderr] = await Promise.all(
    [STDOUT, STDERR].map(text => importBytes(new TextEncoder().encode(text), blocks))
  )
  const result: Result = { exitCode: 3, stdout: stdout!.bytes, output: stdout!.bytes }
  const id = change.id ?? `0x${'1a'.repeat(32)}`
  const { state, channel, leaf } = agreementFor(id, result, stderr!.bytes)
  const job: JobRecord = {
    id,
    createdAt: NOW_SEC,
    args: ['tool', '--fast'],
    program: stdout!.toString(),
    input: undefined,
    priceMax: 10n ** 16n,
    deadline: NOW_SEC + 600,
    replicas: 1,
    quorum: 1,
    spread: 'operator',
    regions: [],
    state: 'succeeded',
    agreements: [state.id],
    digest: resultDigest(result),
    result,
    failure: undefined,
    ...change
  }
  const records = createBuyerRecords(store)
  await store.commit([
    records.jobs.put(job.id, job),
    records.agreements.put(state.id, state),
    records.channels.put(channel.id, { ...channel, provider: state.offer.body.provider }),
    records.leaves.put(records.leafKey(channel.id, 0), leaf)
  ])
  await store.close()
  return { job, agreement: state.id }
}

/** A signed agreement, its final receipt, and the voucher that pays it. */
function agreementFor(job: `0x${string}`, result: Result, stderr: Uint8Array) {
  const [buyer, provider] = [0x61, 0x62].map(byte => createNativeSigner(new Uint8Array(32).fill(byte))) as [
    Signer,
    Signer
  ]
  const domain = createSigningDomain(31337, PLACE)
  const resources = { cpuMillis: 1000, memoryBytes: 2 ** 28, diskBytes: 2 ** 28 }
  const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: 3600, salt: 1n })
  const key: ChannelKey = { payer: buyer.address, payee: PLACE, token: PLACE, arbiter: ZERO_ADDRESS, meta }
  const offer = sign(provider, domain, offerType, {
    provider: provider.address,
    owner: PLACE,
    sequence: 1,
    expiresAt: NOW_SEC + 60,
    token: PLACE,
    resources,
    runtimes: ['wasm'],
    isolation: 'basic',
    prices: { startup: PAID, cpuSec: 1n, memGiBSec: 0n, terafuel: 0n },
    tickSec: 10,
    domains: { site: 'shed', network: 'as1', region: 'eu-west', grid: 'eu' },
    multiaddrs: ['/ip4/127.0.0.1/tcp/1'],
    version: '0.1.0'
  })
  const demand = sign(buyer, domain, demandType, {
    buyer: buyer.address,
    job,
    workload: { runtime: 'wasm', program: result.stdout, args: ['tool', '--fast'], env: [], input: new Uint8Array(0) },
    resources,
    durationSec: 60,
    fuel: 0,
    token: PLACE,
    priceMax: 10n ** 16n,
    deadline: NOW_SEC + 600
  })
  const demandHash = digestOf(domain, demandType, demand.body)
  const bid = sign(provider, domain, bidType, {
    demand: demandHash,
    provider: provider.address,
    payee: PLACE,
    startup: PAID,
    rate: 1n,
    priceMax: PAID + 60n,
    tickSec: 10,
    expiresAt: NOW_SEC + 60
  })
  const terms = { demand: demandHash, bid: digestOf(domain, bidType, bid.body), channel: channelId(key) }
  const agreement = sign(buyer, domain, agreementType, terms)
  const id = digestOf(domain, agreementType, terms) as AgreementId
  const receipt = sign(provider, domain, receiptType, {
    agreement: id,
    sequence: 0,
    kind: RECEIPT_FINAL,
    result: resultDigest(result),
    usage: { runMs: 1500, memoryBytes: 1, outputBytes: 1, fuel: 0 },
    amount: PAID,
    issuedAt: NOW_SEC + 2
  })
  const due = { receipt: digestOf(domain, receiptType, receipt.body), amount: PAID, agreement: id, sequence: 0 }
  const issued = issueVoucher(createBuyerChannel(channelId(key), key, 2n * PAID), [due])
  const leaf: LeafRecord = { ...issued.leaves[0]!, agreement: id, sequence: 0 }
  return {
    state: {
      ...createBuyerAgreement({ id, job, channel: channelId(key), offer, demand, bid, agreement }),
      phase: { code: 'paid', result, stderr } as const,
      receipts: [receipt],
      paidReceipts: 1,
      paid: PAID
    },
    channel: { ...issued.channel, voucher: sign(buyer, domain, voucherType, issued.voucher) },
    leaf
  }
}

type Signer = ReturnType<typeof createNativeSigner>
