import { createBonds, mintTestTokens, type NetworkDescriptor } from '@archipel/client'
import { createNativeSigner } from '@archipel/client/node'
import { createBondsDomain, proveKeyPossession, type Wei } from '@archipel/protocol'
import type { KeyPair } from '../wallet/keystore.ts'
import { faucet } from './funds.ts'
import { BONDS_AT_ONCE } from './limits.ts'

/** The two keys of a provider: its node's, and that of who answers for it. */
export interface Operator {
  readonly node: KeyPair
  readonly owner: KeyPair
}

/** What the operators of a devnet answer for their nodes with. */
export interface Collateral {
  /** Tokens in the bond of each. */
  readonly bond: Wei
  /** How many of them the court can take, to pay buyers back. */
  readonly exposed: Wei
}

/**
 * Has every operator answer for its node's key with a bond, a part of which is exposed to the court: so that somebody pays
 * where a jury finds a fault. Several at once, each with a key of its own. Nothing where the network has no court or no bonds.
 */
export async function postBonds(
  descriptor: NetworkDescriptor,
  operators: readonly Operator[],
  collateral: Collateral,
  options: { signal?: AbortSignal }
): Promise<void> {
  const { bonds, court, token, chainId } = descriptor
  if (bonds === undefined || court === undefined) return
  const domain = createBondsDomain(chainId, bonds)
  const waiting = operators.values()
  const post = async () => {
    for (const { node, owner } of waiting) {
      const amount = collateral.bond
      const door = createBonds({ ...descriptor, bonds, signer: createNativeSigner(owner.privateKey) })
      const possession = proveKeyPossession(createNativeSigner(node.privateKey), owner.address, domain)
      await Promise.all([
        door.registerKey(possession, options),
        mintTestTokens({ ...descriptor, signer: faucet(), token, to: owner.address, amount }, options)
      ])
      await door.bond(amount, options)
      await door.expose(court, collateral.exposed, options)
    }
  }
  await Promise.all(Array.from({ length: BONDS_AT_ONCE }, post))
}
