/**
 * What Archipel peers say to each other: types, bytes, signatures, checks and pure state machines.
 * No I/O at all: time, bytes and keys come in as arguments.
 *
 * @example
 * const domain = createSigningDomain(31337, escrow)
 * const offer = sign(signer, domain, offerType, body)
 * const { publicKey } = validateOffer(decodeOffer(bytes), { domain, recover, nowSec, token })
 */
export * from './agreement/agreement.ts'
export * from './agreement/buyer-step.ts'
export * from './agreement/provider-step.ts'
export * from './bid/bid.ts'
export * from './bid/validate.ts'
export { ballotsOf, type CaseVote } from './case/ballots.ts'
export * from './case/case.ts'
export * from './case/data-tree.ts'
export * from './case/filing.ts'
export * from './case/replay.ts'
export * from './case/rules.ts'
export * from './case/secrets.ts'
export * from './case/stage.ts'
export * from './channel/channel.ts'
export * from './cheque/cheque.ts'
export * from './cheque/validate.ts'
export * from './credential/claims.ts'
export * from './credential/credential.ts'
export * from './credential/did.ts'
export * from './credential/key-compromise.ts'
export * from './credential/validate.ts'
export * from './credential/verifiable-credential.ts'
export * from './demand/demand.ts'
export * from './demand/validate.ts'
export * from './dispute/claim.ts'
export { type Credited, creditOf } from './dispute/credit.ts'
export * from './dispute/fault.ts'
export { deadlineOf, nextMove } from './dispute/move.ts'
export * from './dispute/policy.ts'
export { type CaseWinner, winnerOf } from './dispute/ruling.ts'
export {
  type CaseAction,
  type CaseEvidence,
  type CaseLeaving,
  type CaseMove,
  type CaseOpinion,
  type CaseSide,
  type CaseStanding,
  type CaseWaiting,
  stakedQuanta
} from './dispute/standing.ts'
export * from './equivocation/equivocation.ts'
export * from './equivocation/fault.ts'
export * from './equivocation/find.ts'
export * from './equivocation/harm.ts'
export * from './errors.ts'
export * from './key/key-possession.ts'
export * from './limits.ts'
export * from './measure/measure.ts'
export * from './offer/offer.ts'
export * from './offer/select.ts'
export * from './offer/validate.ts'
export * from './order/opening.ts'
export * from './order/withdrawal.ts'
export * from './placement/choose.ts'
export { REJECTION_WORDS } from './placement/explain.ts'
export * from './placement/filter.ts'
export * from './price/price.ts'
export * from './primitives/bytes.ts'
export * from './primitives/hex.ts'
export * from './quorum/quorum.ts'
export * from './receipt/receipt.ts'
export * from './receipt/validate.ts'
export * from './receipt-log/log.ts'
export * from './receipt-log/proof.ts'
export * from './result/result.ts'
export * from './schema/index.ts'
export * from './signature/index.ts'
export * from './uptime/tally.ts'
export * from './uptime/terms.ts'
export * from './uptime/validate.ts'
export * from './uptime/worth.ts'
export * from './verdict.ts'
export * from './voucher/buyer-channel.ts'
export * from './voucher/due.ts'
export * from './voucher/payment.ts'
export * from './voucher/provider-channel.ts'
export * from './voucher/voucher.ts'
export * from './wire/failure.ts'
export * from './wire/negotiate.ts'
