import { expect, it } from 'vitest'
import { bondsDomain, domain, owner, provider, session } from '../../scripts/vector-files/keys.ts'
import {
  createBondsDomain,
  keyPossessionType,
  proveKeyPossession,
  recoverPure,
  sign,
  validateKeyPossession
} from '../../src/index.ts'
import { expectCode } from '../helpers/check.ts'

const checks = { domain: bondsDomain, recover: recoverPure }
const possession = proveKeyPossession(provider, owner, bondsDomain)

it('names the key and who answers for it', () => {
  expect(possession.body).toEqual({ key: provider.address, owner })
  validateKeyPossession(possession, checks)
})

it('refuses one that another key signed', () => {
  const forged = sign(session, bondsDomain, keyPossessionType, { key: provider.address, owner })
  expectCode(() => validateKeyPossession(forged, checks), 'E_BAD_SIGNATURE')
})

it.each([
  ['another owner', { ...possession, body: { ...possession.body, owner: session.address } }, bondsDomain],
  ['another chain', possession, createBondsDomain(1, bondsDomain.verifyingContract)],
  ['another contract', possession, createBondsDomain(bondsDomain.chainId, domain.verifyingContract)],
  ["the escrow's domain", possession, domain]
])('refuses one that is for %s', (_, value, at) => {
  expectCode(() => validateKeyPossession(value, { ...checks, domain: at }), 'E_BAD_SIGNATURE')
})
