import {
  digestOf,
  type Hash,
  isIncluded,
  leafHash,
  RECEIPT_FINAL,
  type Receipt,
  receiptType,
  resultDigest,
  sameHex,
  validateReceipt,
  verify,
  voucherType,
  type Wei
} from '@archipel/protocol'
import type { AuditBundle, BundleVoucher, ProvenLeaf } from './bundle.ts'
import type { SignatureContext } from './check-terms.ts'
import { type Checks, expect } from './checks.ts'

/** What was delivered: every receipt is the provider's, in sequence and within the bid; the last one names the result. */
export function checkReceipts({ check }: Checks, bundle: AuditBundle, { domain, recover }: SignatureContext): void {
  const { id, demand, bid, receipts, result } = bundle
  check('receipts signed by the provider, in sequence and within the bid', () => {
    let previous: Receipt | undefined
    for (const { receipt } of receipts) {
      // How much time really passed, only the buyer could measure.
      const elapsedMs = Number.POSITIVE_INFINITY
      validateReceipt(receipt, {
        domain,
        recover,
        agreement: id,
        demand: demand.body,
        bid: bid.body,
        previous,
        elapsedMs
      })
      previous = receipt.body
    }
    return `${receipts.length} receipts, ${previous?.amount ?? 0n} due`
  })
  check('result is the one the final receipt signs', () => {
    const last = receipts.at(-1)?.receipt.body
    if (last?.kind !== RECEIPT_FINAL) {
      expect(result === undefined, 'there is a result without a final receipt')
      return 'no result was delivered'
    }
    expect(result !== undefined, 'the final receipt is there, the result is not')
    const digest = resultDigest(result!)
    expect(sameHex(digest, last.result), `the receipt signs ${last.result}, the result is ${digest}`)
    return digest
  })
}

/** What was paid: the voucher is the buyer's, and each paid receipt is in what it commits to, with its exact amount. */
export function checkPayments({ check }: Checks, bundle: AuditBundle, { domain, recover }: SignatureContext): void {
  const { receipts, voucher, demand, agreement } = bundle
  const paid = receipts.filter(({ payment }) => payment !== undefined)
  check('voucher signed by the buyer, for this channel', () => {
    expect((voucher !== undefined) === paid.length > 0, 'voucher and payments come together or not at all')
    if (voucher === undefined) return 'no receipt is paid'
    verify(voucher, demand.body.buyer, { domain, recover, type: voucherType })
    expect(sameHex(voucher.body.channel, agreement.body.channel), 'it is for another channel')
    return `${voucher.body.cumulative} for ${voucher.size} receipts`
  })
  check('paid receipts are in what the voucher commits to, to the last unit', () => {
    if (voucher === undefined) return 'no receipt is paid'
    let sum = 0n
    for (const [i, { receipt, payment }] of receipts.slice(0, paid.length).entries()) {
      expect(payment !== undefined, `receipt ${i} was skipped`)
      const { index, cumulative, path, previous } = payment!
      proveLeaf(voucher, index, { receipt: digestOf(domain, receiptType, receipt.body), cumulative, path })
      expect(index > (receipts[i - 1]?.payment?.index ?? -1), `receipt ${i} was paid before the one before it`)
      const amount = cumulative - before(voucher, index, previous)
      const due = receipt.body.amount - (receipts[i - 1]?.receipt.body.amount ?? 0n)
      expect(amount === due, `receipt ${i} asks for ${due} more and was paid ${amount}`)
      sum += amount
    }
    return `${paid.length} of ${receipts.length} receipts, ${sum}`
  })
}

/** What the channel had promised before the leaf at `index`. */
function before(voucher: BundleVoucher, index: number, previous: ProvenLeaf | undefined): Wei {
  expect((previous !== undefined) === index > 0, `the leaf before leaf ${index} is missing or too much`)
  if (previous === undefined) return 0n
  proveLeaf(voucher, index - 1, previous)
  return previous.cumulative
}

function proveLeaf({ body, size }: BundleVoucher, index: number, leaf: ProvenLeaf): void {
  const hash: Hash = leafHash(leaf.receipt, leaf.cumulative)
  expect(isIncluded(hash, { index, size, path: leaf.path }, body.commitment), `leaf ${index} is not in the commitment`)
  if (index === size - 1) expect(leaf.cumulative === body.cumulative, 'the last leaf is not the amount of the voucher')
  expect(leaf.cumulative <= body.cumulative, `leaf ${index} is above the amount of the voucher`)
}
