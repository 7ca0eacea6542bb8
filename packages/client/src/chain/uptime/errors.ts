/** What the errors of Uptime mean; part of the table of `decode-revert.ts`. */
export const UPTIME_MEANINGS: Readonly<Record<string, { code: string; message: string; hint?: string }>> = {
  ChannelMismatch: { code: 'E_TERMS_MISMATCH', message: 'the terms are about another channel' },
  PartiesMismatch: { code: 'E_TERMS_MISMATCH', message: "the channel's payee, token or arbiter are not the terms'" },
  TermsInvalid: {
    code: 'E_TERMS_ABSURD',
    message: 'the terms have no interval, or come to more than a channel counts'
  },
  WitnessesInvalid: {
    code: 'E_WITNESSES_INVALID',
    message: 'witnesses are strictly ascending, at most 31, and none of them a party'
  },
  QuorumInvalid: { code: 'E_WITNESSES_INVALID', message: 'a quorum is more than half of the witnesses' },
  NotAgreed: { code: 'E_NOT_AGREED', message: 'the terms are not signed by both parties' },
  QuorumMissing: {
    code: 'E_QUORUM_MISSING',
    message: 'too few witnesses speak',
    hint: 'ask more of them for their tally'
  },
  StatementsUnordered: {
    code: 'E_STATEMENTS_UNORDERED',
    message: 'statements go in the order of the witnesses, one each'
  },
  TallyImpossible: { code: 'E_TALLY_IMPOSSIBLE', message: 'a tally counts more intervals than it looked at' },
  TallyAhead: {
    code: 'E_TALLY_AHEAD',
    message: 'a tally looks at more intervals than have passed, or than count',
    hint: "wait for the chain's clock, or leave it out; after an end, only tallies up to it are credited"
  },
  NothingDue: { code: 'E_NOTHING_TO_REDEEM', message: 'all that is certified has been paid' },
  ProviderUnknown: { code: 'E_KEY_UNKNOWN', message: "nobody answers for the provider's key" },
  BondEmpty: { code: 'E_BOND_TOO_SMALL', message: 'nothing is left of what the owner has exposed' },
  CallerNotProvider: { code: 'E_NOT_PARTY', message: 'only the provider or its payee may do that' },
  ChannelFunded: {
    code: 'E_CHANNEL_FUNDED',
    message: 'the channel can pay for another interval, and nobody has asked to close it',
    hint: 'redeem what is due first, or go on serving'
  },
  ServiceEndedBefore: { code: 'E_SERVICE_ENDED', message: 'the service was ended before' }
}
