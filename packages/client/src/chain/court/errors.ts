/** What the errors of the court mean, also where another contract's have the same name; see `decode-revert.ts`. */
export const COURT_MEANINGS: Readonly<Record<string, { code: string; message: string; hint?: string }>> = {
  BalanceInsufficient: {
    code: 'E_NO_STAKE',
    message: 'the balance in the court is too low for the stake',
    hint: 'deposit more into the court'
  },
  SeatUnitInvalid: { code: 'E_SEAT_UNIT', message: 'the price of a seat is a multiple of its quanta' },
  SeatsFull: { code: 'E_SEATS_FULL', message: 'the court counts no more seats' },
  SeatTaken: { code: 'E_SEAT_TAKEN', message: 'somebody has that seat' },
  NotSeatOwner: { code: 'E_NOT_SEAT_OWNER', message: "only the seat's owner may do that" },
  SeatLeaving: { code: 'E_SEAT_LEAVING', message: 'the seat is being left already' },
  LeaveTooEarly: { code: 'E_LEAVE_TOO_EARLY', message: 'the seat still answers for old cases' },
  NotArbiter: {
    code: 'E_NOT_ARBITER',
    message: "this court is not the channel's arbiter",
    hint: 'only channels that were opened with the court as their arbiter can be taken there'
  },
  CallerNotParty: { code: 'E_NOT_PARTY', message: 'only a party of the case may do that' },
  PayeeMismatch: { code: 'E_FILING_MISMATCH', message: 'the bid pays another account than the channel does' },
  AgreementMismatch: { code: 'E_FILING_MISMATCH', message: 'the receipt is about another agreement' },
  PriceExceeded: { code: 'E_PRICE_EXCEEDED', message: 'the receipt charges more than the bid allows' },
  NothingDue: { code: 'E_NOTHING_DUE', message: 'the receipt charges no more than was paid' },
  NoResult: { code: 'E_NOTHING_TO_JUDGE', message: 'only a receipt that states a result can state a wrong one' },
  FaultTooLate: { code: 'E_FAULT_TOO_LATE', message: 'a fault cannot be brought that long after its receipt' },
  CaseExists: { code: 'E_CASE_EXISTS', message: 'there was such a case already, and there is never another' },
  StageUnknown: {
    code: 'E_CASE_MOVED',
    message: 'that is not how the case stands: it moved, it is over, or it never was',
    hint: 'read the case again'
  },
  ChannelMismatch: { code: 'E_FILING_MISMATCH', message: 'the case is about another channel' },
  PhaseWrong: { code: 'E_CASE_PHASE', message: 'the case is not where that is possible' },
  TooLate: { code: 'E_CASE_TOO_LATE', message: 'the time for that is over' },
  TooEarly: { code: 'E_CASE_TOO_EARLY', message: "it is still somebody else's turn" },
  NotClaim: { code: 'E_NOT_CLAIM', message: 'only a claim has data and payments to ask about' },
  DemandsUsedUp: { code: 'E_DEMANDS_USED_UP', message: 'data was demanded as often as is allowed' },
  ChunkOutOfRange: { code: 'E_NO_SUCH_CHUNK', message: 'the data has no such chunk' },
  ProofInvalid: { code: 'E_BAD_PROOF', message: 'that does not prove what it should' },
  NotPaid: { code: 'E_NOT_PAID', message: 'vouchers have not paid all that is claimed' },
  NotSettled: {
    code: 'E_NOT_SETTLED',
    message: 'that payment was promised and not redeemed',
    hint: 'redeem its voucher first'
  },
  BlockTooEarly: { code: 'E_BLOCK_TOO_EARLY', message: 'the block that the jury is drawn with is not there yet' },
  BlockHashGone: {
    code: 'E_BLOCK_GONE',
    message: 'the hash of the block that the jury is drawn with cannot be had any more',
    hint: 'pin names another block'
  },
  AlreadyPinned: { code: 'E_ALREADY_PINNED', message: 'the block that the jury is drawn with is pinned' },
  SecretInvalid: { code: 'E_BAD_SECRET', message: "not the party's secret of this round, or shown before" },
  NotJuror: { code: 'E_NOT_JUROR', message: "the position was not drawn, or is another's" },
  AlreadyCommitted: { code: 'E_ALREADY_VOTED', message: 'that position has committed itself' },
  VoteInvalid: {
    code: 'E_BAD_VOTE',
    message: 'not the vote that was committed, or not all commitments of the round',
    hint: 'read the case again'
  },
  AppealsUsedUp: { code: 'E_APPEALS_USED_UP', message: 'there is no further round, or no time for one' }
}
