import { PAYS_MAX } from '../limits.ts'
import { hash, type Infer, list, struct, uint } from '../schema/index.ts'
import { signedVoucherType } from './voucher.ts'

/** Names one receipt: which agreement, which of its receipts. */
export const payType = struct('Pay', { agreement: hash(), sequence: uint(32) })
export type Pay = Infer<typeof payType>

/** A voucher on its way, with the receipts it newly pays in the order they entered the log. */
export const paymentType = struct('Payment', {
  /** Size of the receipt log before the first of `pays`. */
  fromSize: uint(64),
  pays: list(payType, PAYS_MAX),
  voucher: signedVoucherType
})
export type Payment = Infer<typeof paymentType>
