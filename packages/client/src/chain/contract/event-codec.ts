import { type Address, CodedError, type Hex, sameHex, type Wei } from '@archipel/protocol'
import { concat, EventFragment, type Interface } from 'ethers'
import type { RawLog } from '../transactions/receipt.ts'

/** Where on the chain an event is; `logIndex` orders the events of one block. */
export interface EventPlace {
  readonly blockNumber: number
  readonly logIndex: number
  readonly transactionHash: Hex
}

interface AnyEvent extends EventPlace {
  readonly name: string
}

/** Takes the arguments of a log by name. */
export type ReadArgument = (name: string) => unknown

/** The events of one contract: their topics, and what their logs mean. */
export interface EventCodec<Event extends AnyEvent> {
  /** First topic of an event's logs: the hash of its signature. */
  topicOf(name: Event['name']): Hex
  /** @returns undefined for a log that is not one of the contract's own, or not of that event's shape */
  decode(log: RawLog): Event | undefined
  /** @throws CodedError E_RPC_BAD_REPLY: money is counted from these, so who answers with others is not believed */
  decodeOf(contract: Address, log: RawLog): Event
  /** The events of one kind among the logs of a transaction. */
  among<Name extends Event['name']>(
    logs: readonly RawLog[],
    contract: Address,
    name: Name
  ): Extract<Event, { name: Name }>[]
}

/** @param fields how each event is made of its arguments; its name and place come by themselves */
export function createEventCodec<Event extends AnyEvent>(
  via: Interface,
  fields: Readonly<Record<Event['name'], (read: ReadArgument) => Record<string, unknown>>>
): EventCodec<Event> {
  /** ethers hashes a signature again on every look-up, and histories are long: fragments are found here by topic. */
  const fragments: ReadonlyMap<string, EventFragment> = new Map(
    via.fragments
      .filter((fragment): fragment is EventFragment => fragment instanceof EventFragment)
      .map(fragment => [fragment.topicHash, fragment])
  )
  const topics: ReadonlyMap<string, Hex> = new Map([...fragments].map(([topic, { name }]) => [name, topic as Hex]))
  const topicOf = (name: Event['name']) => topics.get(name)!

  function decode(log: RawLog): Event | undefined {
    const fragment = fragments.get(log.topics[0] ?? '')
    const describe = fields[fragment?.name as Event['name']]
    if (fragment === undefined || describe === undefined) return undefined
    const values = decodeValues(via, fragment, log)
    if (values === undefined) return undefined
    return { ...placeOf(log), name: fragment.name, ...describe(name => values.get(name)) } as unknown as Event
  }

  return {
    topicOf,
    decode,
    decodeOf(contract, log) {
      const event = sameHex(log.address, contract) ? decode(log) : undefined
      if (event !== undefined) return event
      throw new CodedError('E_RPC_BAD_REPLY', 'the RPC endpoint answered with events of another contract', {
        facts: { expected: contract, actual: log.address }
      })
    },
    among<Name extends Event['name']>(logs: readonly RawLog[], contract: Address, name: Name) {
      const ours = logs.filter(log => sameHex(log.address, contract) && log.topics[0] === topicOf(name))
      return ours.map(log => decode(log) as Extract<Event, { name: Name }>)
    }
  }
}

function decodeValues(via: Interface, fragment: EventFragment, { topics, data }: RawLog) {
  const indexed = fragment.inputs.filter(input => input.indexed)
  const plain = fragment.inputs.filter(input => !input.indexed)
  try {
    const coder = via.getAbiCoder()
    const fromTopics = coder.decode(indexed, concat(topics.slice(1)))
    const fromData = coder.decode(plain, data)
    return new Map<string, unknown>([
      ...indexed.map((input, i) => [input.name, fromTopics[i]] as const),
      ...plain.map((input, i) => [input.name, fromData[i]] as const)
    ])
  } catch {
    return undefined
  }
}

function placeOf({ blockNumber, logIndex, transactionHash }: RawLog): EventPlace {
  return { blockNumber: Number(blockNumber), logIndex: Number(logIndex), transactionHash }
}

/** Arguments as this program writes them. */
export const hexOf = (value: unknown): Hex => String(value).toLowerCase() as Hex
export const weiOf = (value: unknown): Wei => value as bigint

/** An address as a log has it among its topics. */
export function topicOfAddress(account: Address): Hex {
  return `0x${account.slice(2).toLowerCase().padStart(64, '0')}`
}
