import { type Address, type Hash, type Hex, revocationBit, toHex, type UnixSec } from '@archipel/protocol'
import { credentialsInterface } from '../contract/interfaces.ts'
import type { TxReceipt } from '../transactions/receipt.ts'
import type { Sender, SendOptions } from '../transactions/sender.ts'

/**
 * Transactions of an issuer towards Credentials, simulated first and awaited as those of the escrow are. All of them may
 * be sent again: E_NOTHING_CHANGES says that it had been done.
 */
export interface CredentialsWrites {
  /**
   * Revokes credentials by their numbers, for ever; one transaction for each 256 that share a word.
   *
   * @returns a receipt for each word, in ascending order of words
   */
  revokeCredentials(indexes: readonly bigint[], options?: SendOptions): Promise<TxReceipt[]>
  /** Says that the sender's key is not its own since then. Can be moved back in time, never forth. */
  markCompromised(since: UnixSec, options?: SendOptions): Promise<TxReceipt>
  /** The same for another, with its signature over `KeyCompromise`. */
  markCompromisedFor(issuer: Address, since: UnixSec, signature: Uint8Array, options?: SendOptions): Promise<TxReceipt>
  /** Puts the present time to a digest that the sender stands by. */
  anchor(digest: Hash, options?: SendOptions): Promise<TxReceipt>
}

/** @param credentials the Credentials contract */
export function createCredentialsWrites(sender: Sender, credentials: Address): CredentialsWrites {
  const send = (operation: string, args: readonly unknown[], options?: SendOptions) => {
    const data = credentialsInterface.encodeFunctionData(operation, args) as Hex
    return sender.send({ operation, to: credentials, data }, options)
  }

  return {
    async revokeCredentials(indexes, options) {
      const receipts: TxReceipt[] = []
      for (const [word, mask] of masksOf(indexes)) receipts.push(await send('revoke', [word, mask], options))
      return receipts
    },
    markCompromised: (since, options) => send('markCompromised', [since], options),
    markCompromisedFor: (issuer, since, signature, options) =>
      send('markCompromisedFor', [issuer, since, toHex(signature)], options),
    anchor: (digest, options) => send('anchor', [digest], options)
  }
}

/** Words with a one for each of the numbers, by ascending word. */
function masksOf(indexes: readonly bigint[]): [word: bigint, mask: bigint][] {
  const masks = new Map<bigint, bigint>()
  for (const index of indexes) {
    const { word, bit } = revocationBit(index)
    masks.set(word, (masks.get(word) ?? 0n) | (1n << BigInt(bit)))
  }
  return [...masks].sort(([a], [b]) => (a < b ? -1 : 1))
}
