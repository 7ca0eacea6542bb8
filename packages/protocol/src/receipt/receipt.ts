import { hash, type Infer, struct, uint, wei } from '../schema/index.ts'
import { type Signed, signed } from '../signature/index.ts'

/** What running a job used. */
export const usageType = struct('Usage', {
  /** Running time of the program in milliseconds, transfers excluded. */
  runMs: uint(64),
  /** Most memory the program held. */
  memoryBytes: uint(64),
  /** Bytes of stdout, stderr and output files. */
  outputBytes: uint(64),
  /** Instructions executed, weighed; zero where the demand bounds none. */
  fuel: uint(64)
})
export type Usage = Infer<typeof usageType>

/** A tick: work so far, more to come. */
export const RECEIPT_TICK = 0
/** The last one: carries the result. */
export const RECEIPT_FINAL = 1

/** A provider's signed statement of work done. `amount` is cumulative over the agreement's receipts. */
export const receiptType = struct('Receipt', {
  agreement: hash(),
  /** 0, 1, 2 … within the agreement. */
  sequence: uint(32),
  /** {@link RECEIPT_TICK} or {@link RECEIPT_FINAL}. */
  kind: uint(8),
  /** Digest of the Result; zero in a tick. */
  result: hash(),
  usage: usageType,
  /** Due for this agreement up to now. */
  amount: wei,
  issuedAt: uint(64)
})
export type Receipt = Infer<typeof receiptType>
export const signedReceiptType = signed(receiptType)
export type SignedReceipt = Signed<Receipt>
