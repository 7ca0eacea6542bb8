import { assert, createSigningDomain, RECEIPT_FINAL, type Recover, sameHex } from '@archipel/protocol'
import type { CallOptions } from '../chain/rpc/rpc.ts'
import type { AuditBundle } from './bundle.ts'
import { type AuditChain, checkOnChain, paymentStateOf, redeemedOf } from './check-chain.ts'
import { checkPayments, checkReceipts } from './check-receipts.ts'
import { checkTerms } from './check-terms.ts'
import { createChecks } from './checks.ts'
import type { AuditedChain, AuditMoney, AuditReport, AuditTimes } from './report.ts'

export interface VerifyOptions extends CallOptions {
  /** The bundle's chain, escrow and token: `createChain({ ...bundle.network, rpcUrls })`. */
  chain: AuditChain
  recover: Recover
}

/**
 * Checks every statement of a bundle against its signatures, against itself and against the chain. Trusts the chain and
 * nobody else. What the bundle disproves by itself is not asked of the chain again.
 *
 * @throws CodedError E_RPC_DOWN, E_WRONG_CHAIN and what else keeps the chain from being read; never for a bad bundle
 */
export async function verifyBundle(
  bundle: AuditBundle,
  { chain, recover, signal }: VerifyOptions
): Promise<AuditReport> {
  const { network } = bundle
  assert(sameHex(chain.escrow, network.escrow) && sameHex(chain.token, network.token), "the chain is the bundle's")
  const context = { domain: createSigningDomain(network.chainId, network.escrow), recover }
  const checks = createChecks()
  checkTerms(checks, bundle, context)
  checkReceipts(checks, bundle, context)
  checkPayments(checks, bundle, context)
  const found = checks.ok ? await checkOnChain(bundle, chain, { signal }) : { checks: [], chain: undefined }
  const all = [...checks.done, ...found.checks]
  return {
    agreement: bundle.id,
    verdict: all.every(({ ok }) => ok) ? 'verified' : 'mismatch',
    checks: all,
    parties: {
      buyer: bundle.demand.body.buyer,
      provider: bundle.bid.body.provider,
      payee: bundle.bid.body.payee,
      region: bundle.offer.body.domains.region
    },
    money: moneyOf(bundle, found.chain),
    payment: found.chain === undefined ? 'unknown' : paymentStateOf(bundle, found.chain),
    outcome: outcomeOf(bundle),
    times: timesOf(bundle),
    chain: found.chain
  }
}

function moneyOf(bundle: AuditBundle, chain: AuditedChain | undefined): AuditMoney {
  const { receipts } = bundle
  const amount = (index: number) => receipts.at(index)?.receipt.body.amount ?? 0n
  const paid = receipts.findLastIndex(({ payment }) => payment !== undefined)
  return {
    due: amount(-1),
    paid: paid === -1 ? 0n : amount(paid),
    redeemed: chain === undefined ? undefined : redeemedOf(bundle, chain.settled)
  }
}

function outcomeOf({ receipts }: AuditBundle): AuditReport['outcome'] {
  const last = receipts.at(-1)
  if (last === undefined) return 'nothing'
  return last.receipt.body.kind === RECEIPT_FINAL ? 'delivered' : 'unfinished'
}

function timesOf({ bid, demand, receipts }: AuditBundle): AuditTimes {
  const last = receipts.at(-1)?.receipt.body
  return {
    bidExpiresAt: bid.body.expiresAt,
    deadline: demand.body.deadline,
    firstReceiptAt: receipts[0]?.receipt.body.issuedAt,
    lastReceiptAt: last?.issuedAt,
    runMs: last?.usage.runMs ?? 0,
    fuel: demand.body.fuel > 0 ? (last?.usage.fuel ?? 0) : undefined
  }
}
