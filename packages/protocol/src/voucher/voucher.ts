import { hash, type Infer, struct, wei } from '../schema/index.ts'
import { type Signed, signed } from '../signature/index.ts'

/**
 * The buyer's signed *cumulative* amount on a channel, with a commitment to the receipts it pays for.
 * A later one replaces all earlier ones; only the newest is ever redeemed.
 */
export const voucherType = struct('Voucher', {
  channel: hash(),
  cumulative: wei,
  /** {@link ReceiptLog} commitment: every receipt this amount pays for. */
  commitment: hash()
})
export type Voucher = Infer<typeof voucherType>
export const signedVoucherType = signed(voucherType)
export type SignedVoucher = Signed<Voucher>
