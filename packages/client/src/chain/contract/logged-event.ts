import { type Address, CodedError, sameHex } from '@archipel/protocol'
import type { Interface, LogDescription } from 'ethers'
import type { TxReceipt } from '../transactions/receipt.ts'

/**
 * The event that a successful transaction of some kind always logs; its last one if there are several.
 *
 * @throws CodedError E_RPC_BAD_REPLY when the receipt has none
 */
export function loggedEvent(
  receipt: TxReceipt,
  { contract, via, name }: { contract: Address; via: Interface; name: string }
): LogDescription['args'] {
  for (const log of receipt.logs.toReversed()) {
    if (!sameHex(log.address, contract)) continue
    const event = via.parseLog({ topics: [...log.topics], data: log.data })
    if (event?.name === name) return event.args
  }
  throw new CodedError('E_RPC_BAD_REPLY', `transaction ${receipt.hash} has no ${name} event`, {
    facts: { hash: receipt.hash }
  })
}
