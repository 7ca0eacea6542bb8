import {
  type Address,
  CodedError,
  type Hash,
  type Hex,
  sameHex,
  type UnixSec,
  type Wei,
  ZERO_ADDRESS
} from '@archipel/protocol'
import { dataSlice, zeroPadValue } from 'ethers'
import { bondsInterface, read, tokenInterface } from '../contract/interfaces.ts'
import { readContractLogs } from '../escrow/history.ts'
import type { BlockRange } from '../escrow/reads.ts'
import type { CallOptions, Rpc } from '../rpc/rpc.ts'
import { findReceipt, type RawLog } from '../transactions/receipt.ts'
import { readBackers } from './backers.ts'
import type { Shares } from './shares.ts'

/** An owner's collateral. */
export interface BondState {
  readonly amount: Wei
  /** How much of it the owner has asked to take out. */
  readonly exiting: Wei
  /** From when on it may; 0 while it has not asked. */
  readonly exitAt: UnixSec
}

/** What one arbiter can take of an owner's bond. */
export interface ExposureState {
  /** Now. */
  readonly cap: Wei
  /** At any time in the next {@link BondsReads.exitDelaySec}: what a new agreement can rely on. */
  readonly cover: Wei
  /** From when on the owner may lower it to `cover`; 0 while it has not asked. */
  readonly reduceAt: UnixSec
}

/** Questions about keys and collateral that need no key. They throw what {@link Rpc.agree} throws. */
export interface BondsReads {
  /** Who answers for a node's key; undefined if nobody does. */
  ownerOf(key: Address, options?: CallOptions): Promise<Address | undefined>
  /**
   * Who answers for each of these keys with a bond that is not empty, in the order of the keys: one question for hundreds.
   */
  backersOf(keys: readonly Address[], options?: CallOptions): Promise<(Address | undefined)[]>
  /** The keys that an owner has registered, in their order. */
  keysOf(owner: Address, range: BlockRange, options?: CallOptions): Promise<Address[]>
  bondOf(owner: Address, options?: CallOptions): Promise<BondState>
  /** What is exposed to all arbiters together. The rest backs what needs no arbiter. */
  exposedOf(owner: Address, options?: CallOptions): Promise<Wei>
  exposureOf(owner: Address, arbiter: Address, options?: CallOptions): Promise<ExposureState>
  /** The arbiters that an owner was ever exposed to, each once. */
  arbitersOf(owner: Address, range: BlockRange, options?: CallOptions): Promise<Address[]>
  /** What slashes have credited to an account and it has not collected. */
  claimable(account: Address, options?: CallOptions): Promise<Wei>
  /** Whether an equivocation was punished, and what was paid to the harmed for it. */
  faultOf(fault: Hash, options?: CallOptions): Promise<{ readonly punished: boolean; readonly compensated: Wei }>
  /** What was taken for an equivocation, in the order of the chain. */
  slashesOf(fault: Hash, range: BlockRange, options?: CallOptions): Promise<FaultSlash[]>
  /** What a transaction cost, in the chain's native coin; undefined while it is not mined. */
  feeOf(transaction: Hash, options?: CallOptions): Promise<Wei | undefined>
  /** What has been burnt: held for ever, owed to nobody. */
  burnt(options?: CallOptions): Promise<Wei>
  /** What the contract holds for bonds, claims and burnt shares together. */
  bondLiabilities(options?: CallOptions): Promise<Wei>
  tokenBalance(account: Address, options?: CallOptions): Promise<Wei>
  /** What the contract may take of the account's tokens. */
  bondAllowance(account: Address, options?: CallOptions): Promise<Wei>
  exitDelaySec(options?: CallOptions): Promise<number>
  /** Time of the newest block: what delays are measured by. */
  blockTimeSec(options?: CallOptions): Promise<UnixSec>
}

/** What was taken for a fault by one transaction. */
export interface FaultSlash extends Shares {
  readonly transaction: Hash
  readonly harmed: Address
  /** Who sent the transaction. */
  readonly reporter: Address
}

/** @param bonds the Bonds contract @param token the ERC-20 that amounts are in */
export function createBondsReads(rpc: Rpc, bonds: Address, token: Address): BondsReads {
  const ask = (method: string, args: readonly unknown[], options?: CallOptions) =>
    read(rpc, { to: bonds, via: bondsInterface, method, args }, options)
  const askWei = async (method: string, args: readonly unknown[], options?: CallOptions) =>
    BigInt((await ask(method, args, options))[0])

  const askToken = async (method: string, args: readonly unknown[], options?: CallOptions) =>
    BigInt((await read(rpc, { to: token, via: tokenInterface, method, args }, options))[0])

  /** Logs of one event whose topics are these, with another contract's refused: they say who answers for what. */
  async function history(name: string, topics: readonly (Hex | null)[], range: BlockRange, options?: CallOptions) {
    const topic = bondsInterface.getEvent(name)!.topicHash as Hex
    const logs = await readContractLogs(rpc, { contract: bonds, topics: [topic, ...topics], ...range }, options)
    for (const log of logs) if (!sameHex(log.address, bonds) || log.topics[0] !== topic) throw foreignLog(log, bonds)
    return logs
  }

  return {
    async ownerOf(key, options) {
      const [owner] = await ask('ownerOf', [key], options)
      return sameHex(owner, ZERO_ADDRESS) ? undefined : (owner.toLowerCase() as Address)
    },
    backersOf: (keys, options) => readBackers(rpc, { bonds, token }, keys, options),
    async keysOf(owner, range, options) {
      const logs = await history('KeyRegistered', [null, topicOfAddress(owner)], range, options)
      return logs.map(({ topics }) => addressOfTopic(topics[1]))
    },
    async bondOf(owner, options) {
      const [amount, exiting, exitAt] = await ask('bondOf', [token, owner], options)
      return { amount: BigInt(amount), exiting: BigInt(exiting), exitAt: Number(exitAt) }
    },
    exposedOf: (owner, options) => askWei('exposedOf', [token, owner], options),
    async exposureOf(owner, arbiter, options) {
      const args = [token, owner, arbiter]
      const [cap, cover, [, reduceAt]] = await Promise.all([
        askWei('exposureOf', args, options),
        askWei('coverOf', args, options),
        ask('reductionOf', args, options)
      ])
      return { cap, cover, reduceAt: Number(reduceAt) }
    },
    async arbitersOf(owner, range, options) {
      const logs = await history('Exposed', [topicOfAddress(token), topicOfAddress(owner)], range, options)
      return [...new Set(logs.map(({ topics }) => addressOfTopic(topics[3])))]
    },
    claimable: (account, options) => askWei('claimable', [token, account], options),
    async faultOf(fault, options) {
      const [punished, compensated] = await ask('faultOf', [token, fault], options)
      return { punished: Boolean(punished), compensated: BigInt(compensated) }
    },
    async slashesOf(fault, range, options) {
      const logs = await history('Slashed', [topicOfAddress(token), null, fault], range, options)
      return logs.flatMap(log => {
        const { args } = bondsInterface.parseLog({ topics: [...log.topics], data: log.data })!
        // An arbiter may call its own slashes whatever it likes.
        if (!sameHex(args.arbiter, ZERO_ADDRESS)) return []
        const { harmed, reporter, paidHarmed, paidReporter, burned } = args
        return [{ ...parties(harmed, reporter), transaction: log.transactionHash, paidHarmed, paidReporter, burned }]
      })
    },
    async feeOf(transaction, options) {
      const found = await findReceipt(rpc, transaction, options)
      return typeof found === 'string' ? undefined : found.feeWei
    },
    burnt: options => askWei('burnt', [token], options),
    bondLiabilities: options => askWei('liabilities', [token], options),
    tokenBalance: (account, options) => askToken('balanceOf', [account], options),
    bondAllowance: (account, options) => askToken('allowance', [account, bonds], options),
    exitDelaySec: async options => Number(await askWei('EXIT_DELAY_SEC', [], options)),
    async blockTimeSec(options) {
      const keyOf = (block: unknown) => String((block as RawBlock).timestamp)
      const question = { method: 'eth_getBlockByNumber', params: (block: string) => [block, false], keyOf }
      const [block] = await rpc.agree(question, options)
      return Number((block as RawBlock).timestamp)
    }
  }
}

interface RawBlock {
  readonly timestamp: Hex
}

function parties(harmed: string, reporter: string): Pick<FaultSlash, 'harmed' | 'reporter'> {
  return { harmed: harmed.toLowerCase() as Address, reporter: reporter.toLowerCase() as Address }
}

function topicOfAddress(address: Address): Hex {
  return zeroPadValue(address, 32).toLowerCase() as Hex
}

function addressOfTopic(topic: Hex | undefined): Address {
  return dataSlice(topic ?? '0x', 12).toLowerCase() as Address
}

function foreignLog({ address }: RawLog, bonds: Address): CodedError {
  return new CodedError('E_RPC_BAD_REPLY', 'the RPC endpoint answered with events of another kind', {
    facts: { expected: bonds, actual: address }
  })
}
