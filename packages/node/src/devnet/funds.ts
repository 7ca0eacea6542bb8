import { createChain, deployContracts, mintTestTokens, type NetworkDescriptor } from '@archipel/client'
import { createNativeSigner } from '@archipel/client/node'
import { type Address, fromHex, type Wei } from '@archipel/protocol'
import type { KeyPair } from '../wallet/keystore.ts'
import { DEVNET_CHAIN_ID, FAUCET_KEY } from './anvil.ts'
import { createRpc } from './rpc.ts'

/** What a devnet gives away. */
export interface Funds {
  /** Native coin for the gas of each provider, of its owner and of the buyer. */
  readonly gas: Wei
  /** Tokens of the buyer. */
  readonly tokens: Wei
  /** How many of them go into its balance in the escrow. */
  readonly deposit: Wei
  /** Tokens in each provider's bond. */
  readonly bond: Wei
}

const WHOLE = 10n ** 18n
export const DEFAULT_FUNDS: Funds = {
  gas: 100n * WHOLE,
  tokens: 10_000n * WHOLE,
  deposit: 1_000n * WHOLE,
  bond: 100n * WHOLE
}

interface CallOptions {
  signal?: AbortSignal
}

/** Puts the contracts on a fresh chain. They get the same addresses each time. */
export async function deployNetwork(name: string, rpcUrl: string, options: CallOptions): Promise<NetworkDescriptor> {
  const rpc = { rpcUrls: [rpcUrl], chainId: DEVNET_CHAIN_ID }
  const deployment = await deployContracts({ ...rpc, signer: faucet() }, options)
  // Everybody on a devnet is known: a provider that is added to try something needs no bond first.
  return { name, ...rpc, ...deployment, bootstrap: [], allowPrivateAddresses: true, unbondedOffers: true }
}

/** Gives accounts what they need to pay for gas, out of nothing. */
export async function giveGas(rpcUrl: string, accounts: readonly Address[], amount: Wei): Promise<void> {
  const rpc = createRpc(rpcUrl)
  const hex = toHexQuantity(amount)
  await Promise.all(accounts.map(account => rpc('anvil_setBalance', [account, hex])))
}

/** Gives the buyer tokens, and puts some into the escrow when its key is at hand. */
export async function fundBuyer(
  descriptor: NetworkDescriptor,
  buyer: Address | KeyPair,
  { tokens, deposit }: Funds,
  options: CallOptions
): Promise<void> {
  const to = typeof buyer === 'string' ? buyer : buyer.address
  await mintTestTokens({ ...descriptor, signer: faucet(), to, amount: tokens }, options)
  if (typeof buyer === 'string') return
  const chain = createChain({ ...descriptor, signer: createNativeSigner(buyer.privateKey) })
  await chain.deposit(deposit, options)
}

/** Signs for an account that every devnet has funded from the start. */
export function faucet() {
  return createNativeSigner(fromHex(FAUCET_KEY))
}

function toHexQuantity(amount: Wei): string {
  return `0x${amount.toString(16)}`
}
