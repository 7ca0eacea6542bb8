/**
 * A trace: calls with what each must come to, in the bytes that packages/contracts/replay/Replay.t.sol reads. All numbers
 * are big-endian.
 *
 *     accounts 1 ‖ address 20 …                       contracts that are called, in the order of their creation
 *     views 2 ‖ (target 1 ‖ length 2 ‖ calldata) …    asked after every step
 *     steps 4 ‖ (caller 20 ‖ nowSec 8 ‖ target 1 ‖ ok 1 ‖ length 4 ‖ calldata
 *                ‖ answer 32 ‖ logs 32 ‖ state 32) …  hashes of what must come back
 */
import { writeFileSync } from 'node:fs'
import { type Address, fromHex, type Hex, keccak, uintToBytes } from '@archipel/protocol'

export interface Step {
  readonly caller: Address
  readonly nowSec: bigint
  /** Index of the contract. */
  readonly target: number
  readonly calldata: Hex
  readonly ok: boolean
  /** Exact bytes returned, or reverted with. */
  readonly answer: Hex
  /** Logs of the escrow, in order. */
  readonly logs: readonly Log[]
  /** Answers to the views after it, one after the other. */
  readonly state: readonly Uint8Array[]
  /** For whoever reads a report. */
  readonly about: string
}

export interface Log {
  readonly topics: readonly string[]
  readonly data: string
}

export interface View {
  readonly target: number
  readonly calldata: Hex
}

export interface Trace {
  readonly contracts: readonly Address[]
  readonly views: readonly View[]
  readonly steps: readonly Step[]
}

export function encodeTrace({ contracts, views, steps }: Trace): Uint8Array {
  return Buffer.concat([
    uintToBytes(BigInt(contracts.length), 1),
    ...contracts.map(address => fromHex(address, 20)),
    uintToBytes(BigInt(views.length), 2),
    ...views.flatMap(({ target, calldata }) => {
      const bytes = fromHex(calldata)
      return [Uint8Array.of(target), uintToBytes(BigInt(bytes.length), 2), bytes]
    }),
    uintToBytes(BigInt(steps.length), 4),
    ...steps.flatMap(encodeStep)
  ])
}

export function writeTrace(file: string, trace: Trace): void {
  writeFileSync(file, encodeTrace(trace))
}

function encodeStep({ caller, nowSec, target, calldata, ok, answer, logs, state }: Step): Uint8Array[] {
  const bytes = fromHex(calldata)
  return [
    fromHex(caller, 20),
    uintToBytes(nowSec, 8),
    Uint8Array.of(target, ok ? 1 : 0),
    uintToBytes(BigInt(bytes.length), 4),
    bytes,
    keccak(fromHex(answer)),
    hashLogs(logs),
    keccak(...state)
  ]
}

/** Each log is hashed together with all before it; no log at all is zero. */
function hashLogs(logs: readonly Log[]): Uint8Array {
  let hash: Uint8Array = new Uint8Array(32)
  for (const { topics, data } of logs) hash = keccak(hash, ...topics.map(topic => fromHex(topic)), fromHex(data))
  return hash
}
