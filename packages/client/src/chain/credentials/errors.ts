/** What the errors of Credentials mean; part of the table of `decode-revert.ts`. */
export const CREDENTIALS_MEANINGS: Readonly<Record<string, { code: string; message: string; hint?: string }>> = {
  NothingChanges: { code: 'E_NOTHING_CHANGES', message: 'that was done before' },
  SinceOutOfRange: {
    code: 'E_SINCE_OUT_OF_RANGE',
    message: 'a key is compromised since some time up to now',
    hint: 'name the last second at which the key was surely in the right hands'
  },
  NotSignedByIssuer: { code: 'E_BAD_SIGNATURE', message: 'not signed by the issuer' }
}
