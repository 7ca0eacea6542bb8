import type { ChannelId, UnixSec, Wei } from '@archipel/protocol'
import type { Economy } from './economy.ts'

/** When vouchers are turned into money. */
export interface RedeemRules extends Economy {
  /** A channel is due from this much on… */
  readonly amountMin: Wei
  /** …or once its first unredeemed voucher is this old, seconds. */
  readonly ageSecMax: number
  /** What is redeemed when the node stops: everything at any cost, what is worth its fee, or nothing. */
  readonly atStop: 'all' | 'worthwhile' | 'nothing'
}

/** A channel with vouchers to redeem, as the books have it. */
export interface Candidate {
  readonly id: ChannelId
  /** Channels of one token, payee and arbiter share transactions; this says which. */
  readonly parties: string
  /** What redeeming brings now. Above zero. */
  readonly payable: Wei
  /** Arrival of the first voucher that is not redeemed; 0 where unknown, which counts as long ago. */
  readonly dueSince: UnixSec
  /** From then on the payer may take what is left; 0 while no close was asked for. */
  readonly closeAt: UnixSec
}

/** Money that time runs out for goes its own way: whatever holds up the rest does not hold it up. */
export type Lane = 'urgent' | 'ordinary'

/** A transaction under way. */
export interface Flight {
  readonly lane: Lane
  readonly ids: readonly ChannelId[]
  /** Most that it may offer for a unit of gas; undefined: whatever it takes. */
  readonly feePerGasMaxWei: bigint | undefined
}

/** What went wrong with a channel lately. Forgotten with its next success. */
export interface Trouble {
  readonly failures: number
  /** When it was last sent, monotonic. */
  readonly sinceMs: number
  /** Left alone until then, monotonic. */
  readonly notBeforeMs: number
  /** Most channels that it shares a transaction with, itself included: halved with each batch that fails. */
  readonly companyMax: number
}

/** A lane that waits because of the chain rather than of any channel. */
export interface Pause {
  readonly failures: number
  readonly untilMs: number
}

export interface RedeemState {
  readonly flights: ReadonlyMap<number, Flight>
  readonly nextFlight: number
  readonly troubles: ReadonlyMap<ChannelId, Trouble>
  readonly pauses: Readonly<Record<Lane, Pause>>
  readonly isStopping: boolean
  readonly figures: RedeemFigures
}

export interface RedeemFigures {
  /** Transactions that were mined. */
  readonly transactions: number
  /** What they moved. */
  readonly paid: Wei
  /** What they cost, in the native coin. */
  readonly feeWei: bigint
  /** Attempts that came to nothing. */
  readonly failures: number
}

/**
 * Why an attempt failed. `chain`: nobody answers. `fee`: too dear, or no coin to pay with. `unknown`: sent, and it may
 * still be mined. `nothing`: there was nothing to pay, as when somebody else redeemed it. `batch`: anything else, so one of
 * its channels may be at fault.
 */
export type RedeemFault = 'chain' | 'fee' | 'unknown' | 'nothing' | 'batch'

export type RedeemEvent =
  /** The books were looked at. `feePerGasWei`: what gas costs now, undefined where that is not known. */
  | { readonly type: 'looked'; readonly candidates: readonly Candidate[]; readonly feePerGasWei: bigint | undefined }
  | {
      readonly type: 'mined'
      readonly flight: number
      readonly paid: Wei
      readonly feeWei: bigint
      /** Channels of the batch that it paid nothing for. */
      readonly skipped: readonly ChannelId[]
    }
  | { readonly type: 'failed'; readonly flight: number; readonly fault: RedeemFault }
  /** No more than one last time. */
  | { readonly type: 'stopping' }

export type RedeemEffect =
  | (Flight & { readonly type: 'redeem'; readonly flight: number })
  /** What the chain has of these differs from the books, or may: read it. */
  | { readonly type: 'read'; readonly ids: readonly ChannelId[] }

export interface Moment {
  /** Monotonic. */
  readonly ms: number
  readonly sec: UnixSec
  /** Chance, from 0 up to 1: for jitter. */
  readonly random: number
}

/** Channels in one transaction: far below the gas a transaction may use (EIP-7825). */
export const BATCH_MAX = 256
/** Transactions of a lane under way at once. */
export const FLIGHTS_MAX: Readonly<Record<Lane, number>> = { urgent: 4, ordinary: 2 }
/** Longest pauses of a lane: a chain that is down is asked once a minute, for money that time runs out for more often. */
const PAUSE_MS: Readonly<Record<Lane, { minMs: number; maxMs: number }>> = {
  urgent: { minMs: 500, maxMs: 5_000 },
  ordinary: { minMs: 1_000, maxMs: 60_000 }
}
/** A channel that fails alone is left alone for up to an hour; a closing one never for long. */
const TROUBLE_MS: Readonly<Record<Lane, { minMs: number; maxMs: number }>> = {
  urgent: { minMs: 1_000, maxMs: 30_000 },
  ordinary: { minMs: 2_000, maxMs: 3_600_000 }
}
/** What was just paid out is left alone for so long: the endpoint that is asked next may be a block behind. */
const COOL_MS = 2_000
export const LIMITS = { PAUSE_MS, TROUBLE_MS, COOL_MS }

export const INITIAL_STATE: RedeemState = {
  flights: new Map(),
  nextFlight: 1,
  troubles: new Map(),
  pauses: { urgent: { failures: 0, untilMs: 0 }, ordinary: { failures: 0, untilMs: 0 } },
  isStopping: false,
  figures: { transactions: 0, paid: 0n, feeWei: 0n, failures: 0 }
}
