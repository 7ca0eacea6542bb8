import { type Bonds, createBonds, exposedMax, type NetworkDescriptor } from '@archipel/client'
import { type Address, CodedError, isHex, type UnixSec, type Wei } from '@archipel/protocol'
import type { Context } from './context.ts'
import { codedError } from './errors/coded.ts'

/** The network's bonds, for questions. @throws CodedError E_NO_BONDS */
export async function openBonds(context: Context): Promise<Bonds> {
  const network = await context.network()
  return createBonds({ ...network, bonds: addressIn(network) })
}

/** The same with the wallet that owns the bond. Asks for its password when it must. @throws CodedError E_NO_BONDS */
export async function openBondsWithWallet(context: Context): Promise<Bonds> {
  const network = await context.network()
  const bonds = addressIn(network)
  const [{ createNativeSigner }, { privateKey }] = await Promise.all([
    import('@archipel/client/node'),
    context.wallet()
  ])
  return createBonds({ ...network, bonds, signer: createNativeSigner(privateKey) })
}

function addressIn({ name, bonds }: NetworkDescriptor): Address {
  if (bonds !== undefined) return bonds
  throw new CodedError('E_NO_BONDS', `the network ${name} has no bonds`, {
    facts: { network: name },
    hint: 'its descriptor names no Bonds contract'
  })
}

/** What of a bond one arbiter can take. */
export interface ExposureView {
  readonly arbiter: Address
  readonly cap: Wei
  readonly cover: Wei
  readonly reduceAt: UnixSec
}

/** All exposures of an owner that are not over. */
export async function exposuresOf(context: Context, bonds: Bonds, owner: Address): Promise<ExposureView[]> {
  const { signal } = context
  const { deployedAt } = await context.network()
  const arbiters = await bonds.arbitersOf(owner, { fromBlock: deployedAt }, { signal })
  const exposures = await Promise.all(
    arbiters.map(async arbiter => ({ arbiter, ...(await bonds.exposureOf(owner, arbiter, { signal })) }))
  )
  return exposures.filter(({ cap }) => cap > 0n)
}

/**
 * What must be exposed less, so that no more than `left` of the bond is needed: the newest exposures first, and those no
 * less than the owner has asked for already.
 */
export function planReductions(exposures: readonly ExposureView[], left: Wei): { arbiter: Address; cap: Wei }[] {
  let excess = exposures.reduce((sum, { cover }) => sum + cover, 0n) - exposedMax(left)
  const reductions: { arbiter: Address; cap: Wei }[] = []
  for (const { arbiter, cover } of exposures.toReversed()) {
    if (excess <= 0n) break
    const cut = cover < excess ? cover : excess
    if (cut === 0n) continue
    reductions.push({ arbiter, cap: cover - cut })
    excess -= cut
  }
  return reductions
}

/** Arbiters that a network may have, by what they are called on the command line. */
const ARBITERS = ['court', 'uptime'] as const

/** An arbiter by the name that it has in the network, or by its address. @throws CodedError E_USAGE, E_NO_ARBITER */
export function arbiterOf(text: string, network: NetworkDescriptor): Address {
  if (isHex(text, 20)) return text.toLowerCase() as Address
  const name = ARBITERS.find(known => known === text)
  if (name === undefined) {
    throw codedError('E_USAGE', `${JSON.stringify(text)} is no arbiter: ${ARBITERS.join(', ')}, or an address`)
  }
  const address = network[name]
  if (address !== undefined) return address
  throw new CodedError('E_NO_ARBITER', `the network ${network.name} has no contract named ${name}`, {
    facts: { network: network.name, name },
    hint: 'its descriptor names none; an address will do'
  })
}

/** What an arbiter is called in the network; its address when it has no name there. */
export function arbiterName(address: Address, network: NetworkDescriptor): string {
  return ARBITERS.find(name => network[name] === address) ?? address
}

/** @throws CodedError E_USAGE */
export function parseOwner(text: string): Address {
  if (isHex(text, 20)) return text.toLowerCase() as Address
  throw codedError('E_USAGE', `${JSON.stringify(text)} is not an address: 0x and 40 hex digits`)
}
