/** What the custom errors of Bonds mean that the escrow does not have, for the table in `decode-revert.ts`. */
export const BONDS_MEANINGS: Readonly<Record<string, { code: string; message: string; hint?: string }>> = {
  KeyTaken: { code: 'E_KEY_TAKEN', message: 'somebody answers for this key already, for ever' },
  KeyUnknown: {
    code: 'E_KEY_UNKNOWN',
    message: 'nobody answers for this key',
    hint: 'its owner registers it with: archipel bond add AMOUNT'
  },
  BondFull: { code: 'E_BOND_FULL', message: 'the bond cannot count that far' },
  BondInsufficient: {
    code: 'E_BOND_TOO_SMALL',
    message: 'the bond is smaller than that, or nothing of it can be taken'
  },
  BondExposed: {
    code: 'E_BOND_EXPOSED',
    message: 'arbiters must find more of the bond than that would leave, and a fifth is for none of them',
    hint: 'reduce what is exposed, or add to the bond'
  },
  ExitPending: {
    code: 'E_EXIT_PENDING',
    message: 'an exit is under way',
    hint: 'take it back to ask for another amount: archipel bond exit --cancel'
  },
  ExitTooEarly: { code: 'E_EXIT_TOO_EARLY', message: 'the bond cannot be taken out yet' },
  ExposureNotRaised: { code: 'E_EXPOSURE_NOT_RAISED', message: 'an exposure is only raised at once' },
  ExposureNotLowered: { code: 'E_EXPOSURE_NOT_LOWERED', message: 'only a lower exposure needs a request' },
  ReductionTooEarly: { code: 'E_REDUCTION_TOO_EARLY', message: 'the exposure cannot be lowered yet' },
  NotEquivocal: { code: 'E_NOT_EQUIVOCAL', message: 'the two do not contradict each other' },
  FaultPunished: { code: 'E_FAULT_PUNISHED', message: 'this was punished before' },
  HarmNotProven: { code: 'E_HARM_NOT_PROVEN', message: 'the bid and channel are not those of the receipts' }
}
