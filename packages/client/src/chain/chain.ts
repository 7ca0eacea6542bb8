import { type Address, CodedError, type Hash } from '@archipel/protocol'
import { type ChainCheck, checkChain } from './escrow/check-chain.ts'
import { type ChainClock, readClock } from './escrow/clock.ts'
import { readFeePaid } from './escrow/fee-paid.ts'
import { type ChainOrders, createChainOrders } from './escrow/orders.ts'
import { type ChainReads, createChainReads } from './escrow/reads.ts'
import { type ChainWrites, createChainWrites } from './escrow/writes.ts'
import { type CallOptions, createRpc, type RpcInit } from './rpc/rpc.ts'
import type { FeePolicy } from './transactions/fees.ts'
import { createSender, type Sender, type TransactionSigner } from './transactions/sender.ts'
import { createChainSource } from './watch/chain-source.ts'
import type { ChainSource } from './watch/source.ts'

/** One chain, its escrow and one token, as seen by one account or by nobody in particular. */
export interface Chain extends ChainReads, ChainWrites, ChainOrders {
  readonly chainId: number
  readonly escrow: Address
  readonly token: Address
  /** Who sends transactions; undefined when made without a key. */
  readonly address: Address | undefined
  /** What {@link createChainWatcher} follows. */
  readonly source: ChainSource
  /** @throws CodedError E_RPC_DOWN, E_WRONG_CHAIN, E_NO_CONTRACT */
  checkChain(options?: CallOptions): Promise<ChainCheck>
  /** What time it is for contracts, or was in a block. @throws what {@link ChainReads} throws */
  clock(options?: CallOptions & { block?: number }): Promise<ChainClock>
  /** What a transaction cost an account; undefined for one that is not mined, or not its own. */
  feePaid(transaction: Hash, account: Address, options?: CallOptions): Promise<bigint | undefined>
}

export interface ChainInit extends RpcInit {
  /** The Escrow contract. */
  escrow: Address
  /** The ERC-20 that this object's amounts are in. */
  token: Address
  /** Signs and pays for transactions. Without it there are only questions. */
  signer?: TransactionSigner | undefined
  /** For one transaction to be mined. */
  txTimeoutMs?: number | undefined
  /** Blocks, its own included, that a transaction must lie under to count as mined. 1 if left out. */
  confirmations?: number | undefined
  /** What transactions may cost where nobody says otherwise. */
  fees?: FeePolicy | undefined
}

/**
 * The only door between Archipel and a chain. Holds no connection and no timer: there is nothing to stop.
 *
 * @example
 * const chain = createChain({ ...network, signer })
 * await chain.checkChain()
 * await chain.deposit(10n ** 18n)
 */
export function createChain({ escrow, token, signer, txTimeoutMs, confirmations, fees, ...rpcInit }: ChainInit): Chain {
  const rpc = createRpc(rpcInit)
  const reads = createChainReads(rpc, escrow, token)
  const { nowMs } = rpcInit
  const sender =
    signer === undefined ? withoutKey : createSender({ rpc, signer, txTimeoutMs, confirmations, fees, nowMs })
  return {
    chainId: rpc.chainId,
    escrow,
    token,
    address: signer?.address,
    source: createChainSource(rpc, escrow),
    checkChain: options => checkChain(rpc, escrow, token, options),
    clock: ({ block, ...options } = {}) => readClock(rpc, options, block),
    feePaid: (transaction, account, options) => readFeePaid(rpc, transaction, account, options),
    ...reads,
    ...createChainWrites(sender, reads, escrow, token),
    ...createChainOrders(rpc, sender, escrow, token)
  }
}

/** Stands in for a sender where nobody gave a key. */
export const withoutKey: Sender = {
  get address(): Address {
    throw noSigner()
  },
  async send() {
    throw noSigner()
  },
  async estimateCost() {
    throw noSigner()
  }
}

function noSigner(): CodedError {
  return new CodedError('E_NO_SIGNER', 'this needs a key, and the chain was opened without one', {
    hint: 'name a wallet'
  })
}
