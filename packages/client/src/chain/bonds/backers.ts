import { type Address, fromHex, type Hex, toHex, ZERO_ADDRESS } from '@archipel/protocol'
import { bondsInterface, noContract } from '../contract/interfaces.ts'
import { BACKERS_PER_CALL_MAX } from '../limits.ts'
import { type CallOptions, type Rpc, replyErrorOf } from '../rpc/rpc.ts'

/**
 * Who answers for each of many keys with a bond that is not empty, in one question for {@link BACKERS_PER_CALL_MAX} keys.
 * A question for each key would be two calls; a peer that joins a large network has thousands of them.
 *
 * There is no contract for it: the question carries a few instructions that the endpoint runs as if they deployed one, which
 * is what `eth_call` without an address does. Nothing is deployed.
 *
 * @returns in the order of the keys; undefined where nobody does
 */
export async function readBackers(
  rpc: Rpc,
  { bonds, token }: { bonds: Address; token: Address },
  keys: readonly Address[],
  options?: CallOptions
): Promise<(Address | undefined)[]> {
  const backers: (Address | undefined)[] = []
  for (let at = 0; at < keys.length; at += BACKERS_PER_CALL_MAX)
    backers.push(...(await readSome(rpc, bonds, token, keys.slice(at, at + BACKERS_PER_CALL_MAX), options)))
  return backers
}

async function readSome(rpc: Rpc, bonds: Address, token: Address, keys: readonly Address[], options?: CallOptions) {
  const words = keys.map(key => key.slice(2).toLowerCase().padStart(64, '0')).join('')
  const data: Hex = `0x${programOf(bonds, token)}${words}`
  let answer: unknown
  try {
    ;[answer] = await rpc.agree({ method: 'eth_call', params: block => [{ data }, block] }, options)
  } catch (err) {
    if (/revert/i.test(replyErrorOf(err)?.message ?? '')) throw noContract(bonds, rpc.chainId, err)
    throw err
  }
  const bytes = typeof answer === 'string' && answer.length === 2 + 64 * keys.length ? fromHex(answer) : undefined
  if (bytes === undefined) throw noContract(bonds, rpc.chainId)
  return keys.map((_, i) => {
    const word = bytes.subarray(32 * i, 32 * (i + 1))
    const owner = toHex(word.subarray(12))
    // The byte above the owner's address says whether there is anything in the bond.
    return word[11] === 1 && owner !== ZERO_ADDRESS ? owner : undefined
  })
}

/**
 * Replaces each key by its owner, with a one above it where the owner's bond is not empty, and returns all of them. `#` is a
 * number, `@` a place, `name:` that place. Calls are put together at 0; the keys lie from 128 on.
 */
const PROGRAM = `
        @end CODESIZE SUB DUP1 @end #80 CODECOPY #80 ADD #80
  loop: DUP2 DUP2 LT ISZERO @done JUMPI
        #OWNER_OF #e0 SHL #00 MSTORE DUP1 MLOAD #04 MSTORE
        #20 #00 #24 #00 #BONDS GAS STATICCALL ISZERO @fail JUMPI #20 RETURNDATASIZE LT @fail JUMPI
        #00 MLOAD
        #BOND_OF #e0 SHL #00 MSTORE #TOKEN #04 MSTORE DUP1 #24 MSTORE
        #20 #00 #44 #00 #BONDS GAS STATICCALL ISZERO @fail JUMPI #20 RETURNDATASIZE LT @fail JUMPI
        #00 MLOAD ISZERO ISZERO #a0 SHL OR DUP2 MSTORE
        #20 ADD @loop JUMP
  done: #80 SWAP1 SUB #80 RETURN
  fail: #00 DUP1 REVERT
`

const OPCODES: Readonly<Record<string, string>> = {
  ADD: '01',
  SUB: '03',
  LT: '10',
  ISZERO: '15',
  OR: '17',
  SHL: '1b',
  CODESIZE: '38',
  CODECOPY: '39',
  RETURNDATASIZE: '3d',
  MLOAD: '51',
  MSTORE: '52',
  JUMP: '56',
  JUMPI: '57',
  GAS: '5a',
  DUP1: '80',
  DUP2: '81',
  SWAP1: '90',
  RETURN: 'f3',
  STATICCALL: 'fa',
  REVERT: 'fd'
}
const JUMPDEST = '5b'

function programOf(bonds: Address, token: Address): string {
  const selectorOf = (name: string) => bondsInterface.getFunction(name)!.selector.slice(2)
  const numbers: Readonly<Record<string, string>> = {
    OWNER_OF: selectorOf('ownerOf'),
    BOND_OF: selectorOf('bondOf'),
    BONDS: bonds.slice(2),
    TOKEN: token.slice(2)
  }
  const push = (hex: string) => `${(0x5f + hex.length / 2).toString(16)}${hex}`
  const places = new Map<string, number>()

  function assemble(): string {
    let text = ''
    for (const word of PROGRAM.trim().split(/\s+/)) {
      if (word.endsWith(':')) places.set(word.slice(0, -1), text.length / 2)
      if (word.endsWith(':')) text += JUMPDEST
      else if (word.startsWith('@')) text += push((places.get(word.slice(1)) ?? 0).toString(16).padStart(4, '0'))
      else if (word.startsWith('#')) text += push(numbers[word.slice(1)] ?? word.slice(1))
      else text += OPCODES[word]
    }
    places.set('end', text.length / 2)
    return text
  }

  // A place has two bytes wherever it is, so the second time all of them are right.
  assemble()
  return assemble()
}
