import {
  type Address,
  type AgreementId,
  amountDue,
  type Bid,
  bidType,
  createSigningDomain,
  type Demand,
  demandType,
  digestOf,
  type Offer,
  offerType,
  quote,
  RECEIPT_FINAL,
  RECEIPT_TICK,
  type Receipt,
  type Result,
  receiptType,
  resultDigest,
  type SignedBid,
  type Signer,
  sign,
  type ToBuyer,
  type ToProvider,
  type VerifiedOffer,
  ZERO_HASH
} from '@archipel/protocol'
import type { Delivery } from '../../src/agreement/engine.ts'
import { type BlockStore, createMemoryBlockStore } from '../../src/content/index.ts'
import { createNativeSigner } from '../../src/crypto/signer-node.ts'

export const NOW = 1_800_000_000
export const domain = createSigningDomain(31337, `0x${'e0'.repeat(20)}`)
export const TOKEN: Address = `0x${'70'.repeat(20)}`

/** A provider whose every word the test chooses. */
export interface Host {
  readonly signer: Signer
  readonly address: Address
  readonly offer: VerifiedOffer
  /** Everything the buyer sent it, in order. */
  readonly heard: ToProvider[]
  readonly blocks: BlockStore
  /** What it says to a message: an honest bid or acknowledgement, unless the test puts something else here. */
  answer: (message: ToProvider) => ToBuyer[] | Promise<ToBuyer[]>
  /** Cannot be reached. */
  away: boolean
  bid(demand: Demand, changes?: Partial<Bid>): SignedBid
}

/** Host number `n`: its own key, operator, site, network, region and grid; 10 to start and 1 a second unless changed. */
export function createHost(n: number, changes: Partial<Offer> = {}): Host {
  const signer = createNativeSigner(new Uint8Array(32).fill(0x40 + n))
  const body: Offer = {
    provider: signer.address,
    owner: `0x${(0xa0 + n).toString(16).repeat(20)}`,
    sequence: 1,
    expiresAt: NOW + 600,
    token: TOKEN,
    resources: { cpuMillis: 4000, memoryBytes: 2 ** 32, diskBytes: 2 ** 32 },
    runtimes: ['wasm'],
    isolation: 'basic',
    prices: { startup: 10n, cpuSec: 1n, memGiBSec: 0n, terafuel: 0n },
    tickSec: 10,
    domains: { site: `s${n}`, network: `n${n}`, region: `r${n}`, grid: `g${n}` },
    multiaddrs: [],
    version: '1',
    ...changes
  }
  const host: Host = {
    signer,
    address: signer.address,
    offer: { offer: sign(signer, domain, offerType, body), publicKey: signer.publicKey },
    heard: [],
    blocks: createMemoryBlockStore(),
    answer: message => honest(host, message),
    away: false,
    bid: (demand, bidChanges = {}) =>
      sign(signer, domain, bidType, {
        demand: digestOf(domain, demandType, demand),
        provider: signer.address,
        payee: body.owner,
        ...quote(body.prices, demand),
        tickSec: body.tickSec,
        expiresAt: NOW + 60,
        ...bidChanges
      })
  }
  return host
}

export function honest(host: Host, message: ToProvider): ToBuyer[] {
  if (message.type === 'demand') return [{ type: 'bid', value: host.bid(message.value.body) }]
  if (message.type === 'payment') return [acknowledgementOf(message.value)]
  return []
}

export function acknowledgementOf({ fromSize, pays, voucher }: (ToProvider & { type: 'payment' })['value']): ToBuyer {
  const { channel, cumulative } = voucher.body
  return { type: 'acknowledgement', value: { channel, size: fromSize + pays.length, cumulative } }
}

/** What a receipt is about. */
export interface Work {
  readonly id: AgreementId
  readonly bid: SignedBid
}

/** A delivery for `runMs` of work that charges exactly what the bid allows, with some fields of its receipt changed. */
export function deliveryOf(
  host: Host,
  { id, bid }: Work,
  sequence: number,
  runMs: number,
  {
    result,
    stderr = new Uint8Array(0),
    ...changes
  }: Partial<Omit<Receipt, 'result'>> & {
    result?: Result | undefined
    stderr?: Uint8Array
  } = {}
): Delivery {
  const receipt = sign(host.signer, domain, receiptType, {
    agreement: id,
    sequence,
    kind: result === undefined ? RECEIPT_TICK : RECEIPT_FINAL,
    result: result === undefined ? ZERO_HASH : resultDigest(result),
    usage: { runMs, memoryBytes: 1, outputBytes: 0, fuel: 0 },
    amount: amountDue(bid.body, { fuel: 0 }, runMs),
    issuedAt: NOW,
    ...changes
  })
  return { receipt, result, stderr }
}

export function receiptMessage(delivery: Delivery): ToBuyer {
  return { type: 'receipt', value: delivery }
}

/** A result that names nothing; different for different exit codes. */
export function resultOf(exitCode: number): Result {
  return { exitCode, stdout: new Uint8Array(36), output: new Uint8Array(36) }
}
