import {
  type AgreementId,
  agreementType,
  type Bid,
  type BuyerAgreement,
  bidType,
  type ChannelKey,
  channelId,
  createBuyerAgreement,
  createBuyerChannel,
  createSigningDomain,
  type Demand,
  type Due,
  demandType,
  digestOf,
  issueVoucher,
  type Offer,
  offerType,
  type Pay,
  RECEIPT_FINAL,
  RECEIPT_TICK,
  type Receipt,
  type Result,
  receiptType,
  resultDigest,
  type SignedReceipt,
  type Signer,
  type SigningDomain,
  sign,
  voucherType,
  type Wei,
  ZERO_HASH
} from '@archipel/protocol'
import { type AuditBundle, buildBundle } from '../../src/audit/index.ts'
import type { Chain, Redeemable } from '../../src/chain/index.ts'
import { parseContentCid } from '../../src/content/index.ts'
import { createNativeSigner } from '../../src/crypto/signer-node.ts'
import { type BuyerRecords, createBuyerRecords } from '../../src/records.ts'
import { createStore } from '../../src/store/index.ts'
import type { Market } from '../chain/fixture.ts'

const NOW_SEC = 1_800_000_000
const MIB = 2 ** 20
/** What the provider asks a second, and to begin with. */
export const PER_SEC = 700n
export const STARTUP = 5000n
const FILE = parseContentCid('bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e').bytes
const FOLDER = parseContentCid('bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354').bytes

export const RESULT: Result = { exitCode: 0, stdout: FILE, output: FOLDER }

/** A buyer with its books, one provider, and one channel between them: what a market leaves behind for auditors. */
export interface Scenario {
  readonly buyer: Signer
  readonly provider: Signer
  readonly domain: SigningDomain
  readonly key: ChannelKey
  readonly records: BuyerRecords
  /** Agrees on a job, named by one byte; `change` tampers with the bid before it is signed. */
  agree(job: number, change?: Partial<Bid>): BuyerAgreement
  /** Signs a receipt for running time so far, milliseconds. */
  receipt(state: BuyerAgreement, runMs: number, kind: 'tick' | 'final', change?: Partial<Receipt>): SignedReceipt
  /** Stores an agreement with its receipts. */
  keep(state: BuyerAgreement, receipts: readonly SignedReceipt[], result?: Result): Promise<BuyerAgreement>
  /** Pays the next receipt of each agreement named, in this order, with one voucher. */
  pay(...ids: AgreementId[]): Promise<void>
  bundle(id: AgreementId): Promise<AuditBundle>
  /** The newest voucher, ready for the escrow. */
  redeemable(): Promise<Redeemable>
}

/** @param deposit what the channel on chain holds; it is not opened here */
export async function createScenario(
  { alice, aliceSigner, bob, keyTo }: Market,
  deposit: Wei,
  salt = 0n
): Promise<Scenario> {
  const buyer = aliceSigner
  const provider = createNativeSigner(new Uint8Array(32).fill(0x51))
  const domain = createSigningDomain(alice.chainId, alice.escrow)
  const key = keyTo(bob.address!, salt)
  const channel = channelId(key)
  const records = createBuyerRecords(await createStore({ memory: true }))
  await records.store.commit([
    records.channels.put(channel, { ...createBuyerChannel(channel, key, deposit), provider: provider.address })
  ])
  const agreements = () => Array.fromAsync(records.agreements.iterate(), ([, state]) => state)

  return {
    buyer,
    provider,
    domain,
    key,
    records,
    agree(job, change) {
      const offer = sign(provider, domain, offerType, offerOf(alice, provider, key))
      const demand = sign(buyer, domain, demandType, demandOf(alice, buyer, job))
      const demandHash = digestOf(domain, demandType, demand.body)
      const bid = sign(provider, domain, bidType, { ...bidOf(demandHash, provider, key), ...change })
      const terms = { demand: demandHash, bid: digestOf(domain, bidType, bid.body), channel }
      const agreement = sign(buyer, domain, agreementType, terms)
      const id = digestOf(domain, agreementType, terms) as AgreementId
      return createBuyerAgreement({ id, job: demand.body.job, channel, offer, demand, bid, agreement })
    },
    receipt(state, runMs, kind, change) {
      const sequence = state.receipts.length
      const isFinal = kind === 'final'
      return sign(provider, domain, receiptType, {
        agreement: state.id,
        sequence,
        kind: isFinal ? RECEIPT_FINAL : RECEIPT_TICK,
        result: isFinal ? resultDigest(RESULT) : ZERO_HASH,
        usage: { runMs, memoryBytes: 3 * MIB, outputBytes: isFinal ? 900 : 0, fuel: 0 },
        amount: STARTUP + (PER_SEC * BigInt(runMs)) / 1000n,
        issuedAt: NOW_SEC + sequence,
        ...change
      })
    },
    async keep(state, receipts, result) {
      const phase = result && ({ code: 'delivered', result, stderr: new Uint8Array(0) } as const)
      const kept = { ...state, receipts, ...(phase && { phase }) }
      await records.store.commit([records.agreements.put(state.id, kept)])
      return kept
    },
    async pay(...ids) {
      const states = new Map((await agreements()).map(state => [state.id, state]))
      const payments = ids.map((id): Due & Pay => {
        const state = states.get(id)!
        const { body } = state.receipts[state.paidReceipts]!
        states.set(id, { ...state, paidReceipts: state.paidReceipts + 1, paid: body.amount })
        return {
          receipt: digestOf(domain, receiptType, body),
          amount: body.amount - state.paid,
          agreement: id,
          sequence: body.sequence
        }
      })
      const before = (await records.channels.get(channel))!
      const { channel: after, voucher, leaves } = issueVoucher(before, payments)
      await records.store.commit([
        records.channels.put(channel, {
          ...after,
          provider: before.provider,
          voucher: sign(buyer, domain, voucherType, voucher)
        }),
        ...leaves.map((leaf, i) => {
          const { agreement, sequence } = payments[i]!
          return records.leaves.put(records.leafKey(channel, before.log.size + i), { ...leaf, agreement, sequence })
        }),
        ...ids.map(id => records.agreements.put(id, states.get(id)!))
      ])
    },
    bundle: id => buildBundle({ descriptor: networkOf(alice), signing: { domain }, records }, id),
    async redeemable() {
      const { voucher } = (await records.channels.get(channel))!
      const { cumulative, commitment } = voucher!.body
      return { key, cumulative, commitment, signature: voucher!.signature }
    }
  }
}

/**
 * Three agreements whose payments are interleaved: the first in full with two ticks before its result, the second in
 * full at once, the third delivered and not paid.
 */
export async function fillScenario(scenario: Scenario): Promise<readonly [AgreementId, AgreementId, AgreementId]> {
  const { agree, receipt, keep, pay } = scenario
  let [first, second, third] = [agree(1), agree(2), agree(3)]
  first = { ...first, receipts: [receipt(first, 1000, 'tick')] }
  first = { ...first, receipts: [...first.receipts, receipt(first, 2000, 'tick')] }
  await keep(first, [...first.receipts, receipt(first, 2500, 'final')], RESULT)
  await keep(second, [receipt(second, 1234, 'final')], RESULT)
  await keep(third, [receipt(third, 99, 'final')], RESULT)
  await pay(first.id)
  await pay(first.id, second.id)
  await pay(first.id)
  return [first.id, second.id, third.id]
}

function networkOf({ chainId, escrow, token }: Chain) {
  return { chainId, escrow, token, deployedAt: 1 }
}

function offerOf({ token }: Chain, provider: Signer, key: ChannelKey): Offer {
  return {
    provider: provider.address,
    owner: key.payee,
    sequence: 7,
    expiresAt: NOW_SEC + 600,
    token,
    resources: { cpuMillis: 4000, memoryBytes: 1024 * MIB, diskBytes: 1024 * MIB },
    runtimes: ['wasm'],
    isolation: 'basic',
    prices: { startup: STARTUP, cpuSec: 600n, memGiBSec: 400n, terafuel: 400n },
    tickSec: 5,
    domains: { site: 'shed', network: 'as64500', region: 'eu-west', grid: 'eu' },
    multiaddrs: ['/ip4/127.0.0.1/tcp/4001'],
    version: '0.1.0'
  }
}

function demandOf({ token }: Chain, buyer: Signer, job: number): Demand {
  return {
    buyer: buyer.address,
    job: `0x${job.toString(16).padStart(64, '0')}`,
    workload: { runtime: 'wasm', program: FILE, args: ['esbuild', '--bundle'], env: ['LANG=C'], input: FOLDER },
    resources: { cpuMillis: 1000, memoryBytes: 256 * MIB, diskBytes: 64 * MIB },
    durationSec: 60,
    fuel: 0,
    token,
    priceMax: 60_000n,
    deadline: NOW_SEC + 3600
  }
}

function bidOf(demand: `0x${string}`, provider: Signer, { payee }: ChannelKey): Bid {
  const priceMax = STARTUP + PER_SEC * 60n
  return {
    demand,
    provider: provider.address,
    payee,
    startup: STARTUP,
    rate: PER_SEC,
    priceMax,
    tickSec: 5,
    expiresAt: NOW_SEC + 60
  }
}
