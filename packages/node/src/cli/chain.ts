import { type Chain, createChain, type TokenInfo } from '@archipel/client'
import { type Address, CodedError } from '@archipel/protocol'
import { TOKEN_DECIMALS } from '../config/units/amount.ts'
import { walletAddress } from '../wallet/wallet.ts'
import type { Context } from './context.ts'

/** The network's chain, for questions. */
export async function openChain(context: Context): Promise<Chain> {
  return createChain(await context.network())
}

/** The network's chain, with the wallet that pays. Asks for its password when it must. */
export async function openChainWithWallet(context: Context): Promise<Chain> {
  const network = await context.network()
  const [{ createNativeSigner }, { privateKey }] = await Promise.all([
    import('@archipel/client/node'),
    context.wallet()
  ])
  return createChain({ ...network, signer: createNativeSigner(privateKey) })
}

/** The address of the wallet chosen: needs no password. @throws CodedError E_NO_WALLET, E_KEYSTORE_INVALID */
export async function ownAddress(context: Context): Promise<Address> {
  const [{ wallet }, { keystore }] = await Promise.all([context.settings(), context.folder()])
  return walletAddress(keystore, wallet)
}

/** @throws CodedError E_TOKEN_UNSUPPORTED: amounts would be read and written a thousandfold wrong */
export async function tokenOf(chain: Chain, signal: AbortSignal): Promise<TokenInfo> {
  const token = await chain.tokenInfo({ signal })
  if (token.decimals === TOKEN_DECIMALS) return token
  throw new CodedError('E_TOKEN_UNSUPPORTED', `${token.symbol} has ${token.decimals} decimals, not ${TOKEN_DECIMALS}`, {
    facts: { token: chain.token, decimals: token.decimals }
  })
}
