import { type Address, type ChannelId, type ChannelKey, channelId, encodeMeta, ZERO_ADDRESS } from '@archipel/protocol'
import { getCreateAddress } from 'ethers'
import { lower, type Person, personOf } from './calls.ts'
import type { Random } from './random.ts'

/** The address that forge gives every test contract; what it creates follows from it. */
const TEST_CONTRACT = '0x7FA9385bE102ac3EAc297483Dd6233D62b3e1496'

/** Who there is, and between whom money moves. */
export interface World {
  readonly escrow: Address
  /** The usual one, and one that keeps a hundredth of every transfer. */
  readonly tokens: readonly [Address, Address]
  readonly people: readonly Person[]
  readonly session: Person
  readonly forger: Person
  readonly arbiter: Person
  /** Few enough that a trace comes back to each of them, different enough that each rule meets its exception. */
  readonly keys: readonly ChannelKey[]
  readonly ids: ReadonlyMap<ChannelKey, ChannelId>
}

const KEYS = 14
const CLOSE_DELAYS_SEC = [3600, 3601, 86_400, 30 * 86_400]
const CLOSE_DELAYS_BAD_SEC = [0, 3599, 30 * 86_400 + 1, 2 ** 32 - 1]

export function createWorld(random: Random): World {
  const [escrow, usual, fee] = [1, 2, 3].map(nonce => lower(getCreateAddress({ from: TEST_CONTRACT, nonce })))
  const people = ['alice', 'bob', 'carol', 'dave'].map(personOf)
  const [session, forger, arbiter] = ['session', 'forger', 'arbiter'].map(personOf)
  const world = { escrow, tokens: [usual, fee], people, session, forger, arbiter } as Omit<World, 'keys' | 'ids'>
  const keys: ChannelKey[] = []
  while (keys.length < KEYS) {
    const key = randomKey(world, random, CLOSE_DELAYS_SEC)
    if (!keys.some(known => channelId(known) === channelId(key))) keys.push(key)
  }
  return { ...world, keys, ids: new Map(keys.map(key => [key, channelId(key)])) }
}

/** A key that no money may enter. */
export function badKey(world: World, random: Random): ChannelKey {
  if (random.chance(50)) return randomKey(world, random, CLOSE_DELAYS_BAD_SEC)
  return { ...randomKey(world, random, CLOSE_DELAYS_SEC), [random.pick(['payer', 'payee'])]: ZERO_ADDRESS }
}

function randomKey(
  { people, tokens, session, arbiter }: Omit<World, 'keys' | 'ids'>,
  random: Random,
  closeDelaysSec: readonly number[]
): ChannelKey {
  return {
    payer: random.pick(people.slice(0, 2)).address,
    payee: random.pick(people.slice(1, 3)).address,
    token: random.chance(75) ? tokens[0] : tokens[1],
    arbiter: random.chance(50) ? arbiter.address : ZERO_ADDRESS,
    meta: encodeMeta({
      signer: random.chance(60) ? session.address : ZERO_ADDRESS,
      closeDelaySec: random.pick(closeDelaysSec),
      salt: BigInt(random.below(2))
    })
  }
}
