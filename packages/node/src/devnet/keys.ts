import { randomBytes } from 'node:crypto'
import type { Address } from '@archipel/protocol'
import { writePrivateFile } from '../config/private-file.ts'
import type { KeyPair } from '../wallet/keystore.ts'
import { createWallet, openWallet, passwordFileBeside, walletAddress } from '../wallet/wallet.ts'

const BUYER = 'default'

/**
 * A key whose password lies in a file beside it, so that commands use it without asking. Such a key guards play money:
 * it gets light parameters.
 */
export async function createDevnetKey(keystore: string, name: string): Promise<KeyPair> {
  const password = randomBytes(16).toString('hex')
  await writePrivateFile(passwordFileBeside(keystore, name), `${password}\n`)
  return createWallet(keystore, name, { password, strength: 'light' })
}

/**
 * The buyer's key: made at the first start, the same one later. A wallet that somebody made before there was a devnet is
 * left alone; without its password all we know is its address.
 */
export async function buyerKey(keystore: string): Promise<Address | KeyPair> {
  let address: Address
  try {
    address = await walletAddress(keystore, BUYER)
  } catch (err) {
    if ((err as { code?: string }).code !== 'E_NO_WALLET') throw err
    return createDevnetKey(keystore, BUYER)
  }
  try {
    return await openWallet(keystore, BUYER, { passwordFile: undefined, ask: undefined })
  } catch {
    return address
  }
}
