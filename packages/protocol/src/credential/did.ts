import { CodedError } from '../errors.ts'
import type { Address } from '../primitives/hex.ts'

/** An account of a chain as a DID: `did:pkh`, https://github.com/w3c-ccg/did-pkh */
export function didOf(chainId: number, account: Address): string {
  return `did:pkh:${accountIdOf(chainId, account)}`
}

/** An account of a chain, contracts too, as CAIP-10 has it: `eip155:1:0x…`. */
export function accountIdOf(chainId: number, account: Address): string {
  return `eip155:${chainId}:${account.toLowerCase()}`
}

const DID = /^(?:did:pkh:)?eip155:([1-9][0-9]{0,15}):(0x[0-9a-fA-F]{40})$/

/**
 * Reads what {@link didOf} or {@link accountIdOf} wrote.
 *
 * @throws CodedError E_VC_MALFORMED
 */
export function accountOfDid(did: unknown): { readonly chainId: number; readonly account: Address } {
  const [, chain, account] = (typeof did === 'string' ? DID.exec(did) : null) ?? []
  const chainId = Number(chain)
  if (account === undefined || !Number.isSafeInteger(chainId)) {
    throw new CodedError('E_VC_MALFORMED', 'not an account of an EVM chain', {
      facts: { did: String(did).slice(0, 80) }
    })
  }
  return { chainId, account: account.toLowerCase() as Address }
}
